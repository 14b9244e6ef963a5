// Our users, and the sites and pools that they belong to.
#include "admin/fields.h"
#include "admin/object_resource.h"
#include "admin/resource.h"
#include "base/text.h"
#include "control/faults.h"
#include "control/user_service.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

Result<store::UserFilter> filter_of(const HttpRequest& request) {
    const auto paging = paging_of(request, 100, control::UserService::kMaxLimit);
    if (!paging) {
        return paging.error();
    }
    store::UserFilter made{.text = query_of(request, "q"),
                           .site = query_of(request, "site"),
                           .pool = text::to_lower(query_of(request, "pool")),
                           .policy = query_of(request, "policy"),
                           .offset = paging->offset,
                           .limit = paging->limit};
    if (!made.policy.empty()) {
        made.policy = control::policy_identity(made.policy);
    }
    const std::string homed = query_of(request, "homed");
    if (!homed.empty() && homed != "here" && homed != "legacy") {
        return control::invalid("homed: must be here or legacy.");
    }
    if (!homed.empty()) {
        made.homed = homed == "here" ? policy::Homed::Here : policy::Homed::Legacy;
    }
    const std::string enabled = query_of(request, "enabled");
    if (!enabled.empty() && enabled != "true" && enabled != "false") {
        return control::invalid("enabled: must be true or false.");
    }
    if (!enabled.empty()) {
        made.enabled = enabled == "true";
    }
    return made;
}

HttpResponse list(const control::UserService& users, const HttpRequest& request) {
    const auto filter = filter_of(request);
    const auto page = filter ? users.list(*filter) : filter.error();
    if (!page) {
        return problem(page.error());
    }
    json::array items;
    for (const policy::User& user : page->users) {
        items.push_back(users.describe(user));
    }
    return answer(json::object{{"items", std::move(items)},
                               {"total", page->total},
                               {"total_is_exact", page->is_total_exact}});
}

/// As committed(), with the ETag that GET gives: the policy in force is not part of the user.
HttpResponse user_committed(const Result<control::Committed>& result, int status = 200) {
    HttpResponse response = committed(result, status);
    if (!result || result->object.empty()) {
        return response;
    }
    json::object user = result->object;
    user.stable_erase("effective_policy");
    user.stable_erase("effective_scope");
    response.headers = {{"ETag", control::etag_of(user)}};
    return response;
}

/// users/{uri}/policy
HttpResponse policy_of(control::UserService& users, const HttpRequest& request) {
    const std::string& identity = request.arguments.front();
    if (request.method == "GET") {
        const auto user = users.get(identity);
        if (!user) {
            return problem(user.error());
        }
        const json::object all = users.describe(*user);
        json::object made;
        for (const char* name : {"uri", "policy", "effective_policy", "effective_scope"}) {
            made[name] = all.at(name);
        }
        return answer(made);
    }
    const auto edit = edit_of(request);
    const auto body = parse_body(request);
    if (!edit || !body) {
        return problem(edit ? body.error() : edit.error());
    }
    std::string policy;
    if (request.method == "PUT") {
        if (auto good = only_fields(*body, {"policy"}); !good) {
            return problem(good.error());
        }
        const json::value* given = body->if_contains("policy");
        if (given == nullptr || !(given->is_string() || given->is_null())) {
            return problem(control::invalid(fmt::format(
                "policy{}: must be the name of a user policy, or null.",
                given == nullptr ? "" : " " + text::escape_for_log(json::serialize(*given), 80))));
        }
        policy = given->is_string() ? std::string(given->get_string()) : std::string();
    }
    return committed_all(users.grant({&identity, 1}, policy, *edit));
}

/// users/{uri}/password
HttpResponse password_of(control::HomeService* home, const HttpRequest& request) {
    if (home == nullptr) {
        return problem(make_error(ErrorKind::NotFound,
                                  "IST-HOME-010",
                                  "There is no home server: [home] enabled is false.",
                                  {}));
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    if (request.method == "DELETE") {
        return committed(home->erase_password(request.arguments.front(), *edit));
    }
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    if (auto good = only_fields(*body, {"password"}); !good) {
        return problem(good.error());
    }
    const auto given = required_text(*body, "password");
    return given ? committed(home->set_password(request.arguments.front(), *given, *edit))
                 : problem(given.error());
}

HttpResponse one(control::UserService& users, const HttpRequest& request) {
    const std::string& identity = request.arguments.front();
    if (request.method == "GET") {
        const auto user = users.get(identity);
        if (!user) {
            return problem(user.error());
        }
        HttpResponse response = answer_object(control::to_json(*user));
        response.body = answer(users.describe(*user)).body;
        return response;
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    if (request.method == "DELETE") {
        return committed(users.erase(identity, *edit));
    }
    const auto body = parse_body(request);
    return body ? user_committed(users.set(identity, *body, *edit)) : problem(body.error());
}

}  // namespace

Resource make_user_resource(control::UserService& users, control::HomeService* home) {
    return at_once([&users, home](const HttpRequest& request, std::string_view rest) {
        if (rest.ends_with("/password") && request.raw_path.ends_with("/password")) {
            return password_of(home, request);
        }
        if (!request.arguments.empty()) {
            return rest.ends_with("/policy") && request.raw_path.ends_with("/policy")
                       ? policy_of(users, request)
                       : one(users, request);
        }
        if (request.method == "GET") {
            return list(users, request);
        }
        const auto edit = edit_of(request);
        const auto body = parse_body(request);
        return !body   ? problem(body.error())
               : !edit ? problem(edit.error())
                       : user_committed(users.create(*body, *edit), 201);
    });
}

Resource make_site_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
        return collection<policy::Site>(policies, request);
    });
}

Resource make_pool_resource(control::PolicyService& policies) {
    return at_once([&policies](const HttpRequest& request, std::string_view) {
        if (request.method != "PUT") {
            return collection<policy::Pool>(policies, request);
        }
        const std::string& fqdn = request.arguments.front();
        const auto edit = edit_of(request);
        auto body = parse_body(request);
        if (!edit || !body) {
            return problem(edit ? body.error() : edit.error());
        }
        if (policies.get<policy::Pool>(fqdn)) {
            return committed(policies.set<policy::Pool>(fqdn, *body, *edit));
        }
        if (!request.header("if-match").empty()) {
            // RFC 9110 §13.1.1: what is not there matches nothing, not even "*".
            return problem(make_error(
                ErrorKind::Conflict,
                "IST-API-005",
                fmt::format("There is no pool '{}' any more.", text::escape_for_log(fqdn, 80)),
                {}));
        }
        (*body)["fqdn"] = fqdn;
        return committed(policies.create<policy::Pool>(*body, *edit), 201);
    });
}

}  // namespace isthmus::admin
