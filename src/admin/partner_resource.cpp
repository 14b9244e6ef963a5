// XMPP federated partners, and the block list that beats them.
#include "admin/object_resource.h"
#include "admin/resource.h"
#include "policy/negotiation.h"

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

}  // namespace

Resource make_partner_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
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
            response.body = answer(made).body;
            return response;
        }
        return collection<policy::Partner>(policies, request);
    });
}

Resource make_block_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
        return collection<policy::BlockedDomain>(policies, request);
    });
}

}  // namespace isthmus::admin
