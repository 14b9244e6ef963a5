// XMPP federated partners, and the block list that beats them.
#include "admin/failure_card.h"
#include "admin/object_resource.h"
#include "admin/resource.h"
#include "policy/negotiation.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kStatus[] = {"good", "warn", "invalid"};

/// What the partner's settings come to, for those who look at one.
json::object verdict_of(const policy::Partner& partner) {
    const auto verdict = policy::judge(partner);
    return {{"status", kStatus[static_cast<std::size_t>(verdict.status)]},
            {"will_use", verdict.methods()},
            {"sentence", verdict.sentence},
            {"refused_by_panel", verdict.is_refused_by_panel}};
}

/// The streams between us and that partner, each with its last failure.
json::array links_of(const policy::Partner& partner, const control::Status& status) {
    json::array made;
    for (const control::StreamStatus& stream : status.streams) {
        const std::string& domain = stream.remote_domain;
        if (domain != partner.domain && std::ranges::find(partner.additional_domains, domain) ==
                                            partner.additional_domains.end()) {
            continue;
        }
        made.push_back(json::object{{"direction", stream.direction},
                                    {"local_domain", stream.local_domain},
                                    {"remote_domain", domain},
                                    {"state", stream.state},
                                    {"auth", stream.auth},
                                    {"tls", stream.tls},
                                    {"remote_address", stream.remote_address},
                                    {"queued", stream.queued},
                                    {"failure", failure_card(stream.last_error)}});
    }
    return made;
}

}  // namespace

Resource make_partner_resource(control::PolicyService& policies,
                               control::ReadStatus read_status,
                               control::PartnerTests* tests) {
    Resource others = at_once(
        [&policies, read = std::move(read_status)](const HttpRequest& request, std::string_view) {
            if (!request.verb.empty()) {
                const auto edit = edit_of(request);
                return edit ? committed(policies.set<policy::Partner>(
                                  request.arguments.front(),
                                  json::object{{"enabled", request.verb == "enable"}},
                                  *edit))
                            : problem(edit.error());
            }
            if (request.method == "GET" && !request.arguments.empty()) {
                const auto found = policies.get<policy::Partner>(request.arguments.front());
                if (!found) {
                    return problem(found.error());
                }
                json::object made = control::to_json(*found);
                HttpResponse response = answer_object(made);
                made["negotiation"] = verdict_of(*found);
                if (const auto status = read()) {
                    made["links"] = links_of(*found, *status);
                }
                response.body = answer(made).body;
                return response;
            }
            return collection<policy::Partner>(policies, request);
        });
    return [tests, others = std::move(others)](
               const HttpRequest& request, std::string_view rest, HttpReply reply) {
        if (request.verb != "test") {
            return others(request, rest, std::move(reply));
        }
        tests != nullptr ? test_partner(*tests, request, reply) : reply(not_found(request.path));
    };
}

Resource make_block_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
        return collection<policy::BlockedDomain>(policies, request);
    });
}

}  // namespace isthmus::admin
