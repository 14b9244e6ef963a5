// XMPP federated partners, and the block list that beats them.
#include "admin/failure_card.h"
#include "admin/object_facts.h"
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

HttpResponse one_partner(const control::PolicyService& policies,
                         const std::string& name,
                         const control::ReadStatus& read_status,
                         const control::ReadUsage& read_usage) {
    const auto found = policies.get<policy::Partner>(name);
    if (!found) {
        return problem(found.error());
    }
    return answer_completed(control::to_json(*found), [&](json::array& shown) {
        json::object& one = shown.front().get_object();
        one["negotiation"] = verdict_of(*found);
        if (const auto status = read_status()) {
            one["links"] = links_of(*found, *status);
        }
        add_last_message(read_usage, shown);
    });
}

/// POST partners/DOMAIN:retry.
HttpResponse retry(const control::PolicyService& policies,
                   const control::TrafficService& traffic,
                   const HttpRequest& request) {
    const auto found = policies.get<policy::Partner>(request.arguments.front());
    if (!found) {
        return problem(found.error());
    }
    const auto links = traffic.retry_links(*found, request.author);
    return links ? answer(json::object{{"domain", found->domain}, {"links", *links}})
                 : problem(links.error());
}

}  // namespace

Resource make_partner_resource(control::PolicyService& policies,
                               control::ReadStatus read_status,
                               control::ReadUsage read_usage,
                               control::PartnerTests* tests,
                               const control::TrafficService* traffic) {
    Resource others = at_once(
        [&policies, read_status = std::move(read_status), read_usage = std::move(read_usage)](
            const HttpRequest& request, std::string_view) {
            if (!request.verb.empty()) {
                const auto edit = edit_of(request);
                return edit ? committed(policies.set<policy::Partner>(
                                  request.arguments.front(),
                                  json::object{{"enabled", request.verb == "enable"}},
                                  *edit))
                            : problem(edit.error());
            }
            if (request.method == "GET" && !request.arguments.empty()) {
                return one_partner(policies, request.arguments.front(), read_status, read_usage);
            }
            return collection<policy::Partner>(
                policies, request, [&read_usage](json::array& shown) {
                    add_last_message(read_usage, shown);
                });
        });
    return [&policies, tests, traffic, others = std::move(others)](
               const HttpRequest& request, std::string_view rest, HttpReply reply) {
        if (request.verb == "retry") {
            return reply(traffic != nullptr ? retry(policies, *traffic, request)
                                            : not_found(request.path));
        }
        if (request.verb != "test") {
            return others(request, rest, std::move(reply));
        }
        tests != nullptr ? test_partner(*tests, request, reply) : reply(not_found(request.path));
    };
}

Resource make_block_resource(control::PolicyService& policies, control::ReadUsage read_usage) {
    return at_once(
        [&policies, read = std::move(read_usage)](const HttpRequest& request, std::string_view) {
            return collection<policy::BlockedDomain>(
                policies, request, [&policies, &read](json::array& shown) {
                    add_block_facts(policies, read, shown);
                });
        });
}

}  // namespace isthmus::admin
