// The switches that there is one of, SIP domains and providers, and the revisions of all objects.
#include "admin/fields.h"
#include "admin/object_facts.h"
#include "admin/object_resource.h"
#include "admin/resource.h"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

template <class Object>
Resource single_object(control::PolicyService& policies) {
    return single([&policies](const HttpRequest& request) {
        if (request.method == "GET") {
            return answer_object(
                control::to_json(policies.current().objects().*control::Kind<Object>::kPlace));
        }
        const auto edit = edit_of(request);
        const auto body = parse_body(request);
        return !body   ? problem(body.error())
               : !edit ? problem(edit.error())
                       : committed(policies.set_single<Object>(*body, *edit));
    });
}

HttpResponse sip_domains(control::PolicyService& policies,
                         const HttpRequest& request,
                         const Complete& complete) {
    if (!request.arguments.empty()) {
        const std::string& id = request.arguments.front();
        return policies.get<policy::BlockedDomain>(id)
                   ? one_object<policy::BlockedDomain>(policies, request, id, complete)
                   : one_object<policy::AllowedDomain>(policies, request, id);
    }
    if (request.method == "GET") {
        json::array items;
        for (const auto& domain : policies.current().objects().allowed_domains) {
            items.push_back(control::to_json(domain));
        }
        for (const auto& domain : policies.current().objects().blocked_domains) {
            items.push_back(control::to_json(domain));
        }
        std::ranges::sort(items, {}, [](const json::value& one) {
            return one.get_object().at("domain").get_string();
        });
        complete(items);
        return answer_all(std::move(items));
    }
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    const json::value* kind = body->if_contains("kind");
    if (kind == nullptr || !kind->is_string() ||
        (kind->get_string() != "allowed" && kind->get_string() != "blocked")) {
        return problem(wrong_field(*body, "kind", "allowed or blocked"));
    }
    return kind->get_string() == "allowed"
               ? create_object<policy::AllowedDomain>(policies, request)
               : create_object<policy::BlockedDomain>(policies, request);
}

json::object json_of(const store::Revision& one) {
    return {{"revision", one.number},
            {"at", one.at},
            {"admin", one.author.admin},
            {"origin", one.author.origin},
            {"action", one.action},
            {"object", one.object},
            {"reason", one.reason}};
}

HttpResponse one_revision(control::PolicyService& policies, const HttpRequest& request) {
    const auto number = text::to_number(request.arguments.front());
    const auto found = number ? policies.revision(*number) : std::nullopt;
    if (!number || (!found && !(request.verb == "rollback" && *number == 0))) {
        return problem(make_error(ErrorKind::NotFound,
                                  "IST-API-002",
                                  fmt::format("There is no revision '{}'.",
                                              text::escape_for_log(request.arguments.front(), 40)),
                                  {}));
    }
    if (!request.verb.empty()) {
        const auto edit = edit_of(request);
        return !edit ? problem(edit.error())
                     : committed_all(request.verb == "undo" ? policies.undo(*number, *edit)
                                                            : policies.rollback(*number, *edit));
    }
    constexpr std::size_t kMostChanges = 1000;
    json::array changes;
    const auto all = policies.changes(*number);
    for (const store::RevisionChange& change : all) {
        if (changes.size() == kMostChanges) {
            break;
        }
        const auto text_of = [](const std::optional<std::string>& text) {
            return text ? json::parse(*text) : json::value();
        };
        changes.push_back(json::object{{"kind", change.kind},
                                       {"id", change.id},
                                       {"before", text_of(change.before)},
                                       {"after", text_of(change.after)}});
    }
    json::object made = json_of(*found);
    made["changes"] = std::move(changes);
    made["changes_total"] = all.size();
    return answer(made);
}

}  // namespace

Resource make_access_edge_resource(control::PolicyService& policies) {
    return single_object<policy::AccessEdge>(policies);
}

Resource make_gateway_resource(control::PolicyService& policies) {
    return single_object<policy::GatewaySettings>(policies);
}

Resource make_sip_domain_resource(control::PolicyService& policies, control::ReadUsage read_usage) {
    return at_once(
        [&policies, read = std::move(read_usage)](const HttpRequest& request, std::string_view) {
            return sip_domains(policies, request, [&policies, &read](json::array& items) {
                add_block_facts(policies, read, items);
            });
        });
}

Resource make_provider_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
        return collection<policy::Provider>(policies, request);
    });
}

Resource make_revision_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
        if (!request.arguments.empty()) {
            return one_revision(policies, request);
        }
        const auto paging = paging_of(request, 100, 1000);
        const std::string given = query_of(request, "before");
        const auto before =
            given.empty() ? std::optional<std::uint64_t>(0) : text::to_number(given);
        if (!paging) {
            return problem(paging.error());
        }
        if (!before) {
            return problem(make_error(
                ErrorKind::Syntax,
                "IST-API-001",
                fmt::format("before {}: must be a whole number.", text::escape_for_log(given, 40)),
                {}));
        }
        json::array list;
        for (const store::Revision& one : policies.history(paging->limit, *before)) {
            list.push_back(json_of(one));
        }
        // Each has the next number, and none is ever taken away.
        return answer(
            json::object{{"items", std::move(list)}, {"total", policies.current().revision()}});
    });
}

}  // namespace isthmus::admin
