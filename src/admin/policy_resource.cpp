// External access policies, whom they are granted to, and why two may talk or not.
#include "admin/fields.h"
#include "admin/object_facts.h"
#include "admin/object_resource.h"
#include "admin/resource.h"
#include "base/text.h"
#include "control/explain.h"
#include "control/user_search.h"
#include "control/user_service.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

Result<std::vector<std::string>> users_of(const json::object& body) {
    if (auto good = only_fields(body, {"users"}); !good) {
        return good.error();
    }
    const auto invalid = [](std::string sentence) {
        return make_error(ErrorKind::Syntax, "IST-API-001", std::move(sentence), {});
    };
    const json::value* given = body.if_contains("users");
    if (given == nullptr || !given->is_array() || given->get_array().empty() ||
        given->get_array().size() > 10'000) {
        return wrong_field(body, "users", "a list of 1 to 10000 users");
    }
    std::vector<std::string> made;
    for (const json::value& one : given->get_array()) {
        if (!one.is_string() || one.get_string().size() > 1024) {
            return invalid(fmt::format("users {}: must be texts of at most 1024 octets.",
                                       text::escape_for_log(json::serialize(one), 80)));
        }
        made.emplace_back(one.get_string());
    }
    return made;
}

struct Question {
    std::string user;
    std::string to;
    bool is_domain = false;

    json::object explain(const control::PolicyService& policies,
                         const policy::Policy& policy,
                         std::optional<bool> is_contact) const {
        const std::string_view whole = user;
        const std::size_t at = whole.rfind('@');
        const std::string_view remote = to;
        const std::size_t end = is_domain ? 0 : remote.rfind('@');
        const bool is_entered = policies.store().user(user).has_value();
        json::object made = control::to_json(control::explain(
            policy,
            policies.own_domains(),
            {.user = whole.substr(0, at),
             .user_domain = whole.substr(at + 1),
             .remote_domain = is_domain ? remote : remote.substr(end + 1)},
            {.is_contact = is_contact,
             .remote_user = remote.substr(0, end),
             .is_entered = is_entered,
             .near_user =
                 is_entered ? std::string() : control::nearest_user(policies.store(), user)}));
        made["user"] = user;
        made["to"] = to;
        return made;
    }
};

Result<Question> question_of(const control::CanonicalNames& names, const HttpRequest& request) {
    const auto invalid = [](std::string_view field, std::string_view given, std::string_view rule) {
        return make_error(
            ErrorKind::Syntax,
            "IST-API-001",
            fmt::format("{} {}: must be {}.", field, text::escape_for_log(given, 80), rule),
            {});
    };
    const std::string given_user = query_of(request, "user");
    std::string given_to = query_of(request, "to");
    if (given_to.empty()) {
        given_to = query_of(request, "domain");
    }
    const auto user = names.user(given_user);
    if (!user) {
        return invalid("user", given_user, "the address of a SIP user");
    }
    const bool is_domain = given_to.find('@') == std::string::npos;
    const auto to = is_domain ? names.domain(given_to) : names.contact(given_to);
    if (!to) {
        return invalid("to", given_to, "an XMPP address or domain");
    }
    return Question{*user, *to, is_domain};
}

}  // namespace

Resource make_policy_resource(control::PolicyService& policies, control::UserService& users) {
    return at_once([&policies, &users](const HttpRequest& request, std::string_view) {
        if (request.verb == "grant") {
            const auto body = parse_body(request);
            const auto edit = edit_of(request);
            const auto whom = body ? users_of(*body) : body.error();
            // Global holds for whoever has no policy of his own: to grant it is to take that away.
            std::string_view policy = request.arguments.front();
            if (text::iequals(policy, "global")) {
                policy = {};
            }
            return !whom   ? problem(whom.error())
                   : !edit ? problem(edit.error())
                           : committed_all(users.grant(*whom, policy, *edit));
        }
        return collection<policy::AccessRule>(
            policies, request, [&policies](json::array& shown) { add_modified(policies, shown); });
    });
}

Resource make_explain_resource(control::PolicyService& policies, FindContact find_contact) {
    return [&policies, find_contact = std::move(find_contact)](
               const HttpRequest& request, std::string_view, HttpReply reply) {
        const auto asked = question_of(policies.canonical(), request);
        if (!asked) {
            return reply(problem(asked.error()));
        }
        const auto tell = [question = *asked,
                           &policies,
                           policy = policies.snapshot(),
                           reply = std::move(reply)](std::optional<bool> is_contact) {
            reply(answer(question.explain(policies, *policy, is_contact)));
        };
        if (asked->is_domain) {
            return tell(std::nullopt);
        }
        find_contact(asked->user, asked->to, tell);
    };
}

}  // namespace isthmus::admin
