// API tokens: GET and POST /tokens, GET and DELETE /tokens/ID. The secret is in the answer to POST
// and nowhere else.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

json::object json_of(const store::Token& token, std::int64_t now) {
    return {{"id", token.id},
            {"role", token.role},
            {"description", token.description},
            {"state", token.expires_at <= now ? "expired" : "valid"},
            {"created_by", token.created_by},
            {"created_at", time_or_null(token.created_at)},
            {"expires_at", time_or_null(token.expires_at)},
            {"last_used_at", time_or_null(token.last_used_at)},
            {"last_used_from", token.last_used_from}};
}

HttpResponse create(const SignInServices& services, const HttpRequest& request) {
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    if (auto good = only_fields(*body, {"role", "expires", "description"}); !good) {
        return problem(good.error());
    }
    const auto role = required_text(*body, "role");
    const auto expires = text_field(*body, "expires");
    const auto description = text_field(*body, "description");
    if (!role || !expires || !description) {
        return problem(!role ? role.error() : !expires ? expires.error() : description.error());
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    const bool is_trial = edit->dry_run;
    const auto made = services.tokens.create(
        *role, expires->value_or("30d"), description->value_or(""), request.author, is_trial);
    if (!made) {
        return problem(made.error());
    }
    json::object shown = json_of(made->token, services.context.wall());
    if (is_trial) {
        shown["dry_run"] = true;
        return answer(shown);
    }
    shown["token"] = made->secret;
    return answer(shown, 201);
}

}  // namespace

Resource make_token_resource(const SignInServices& services) {
    return at_once([&services](const HttpRequest& request, std::string_view /*rest*/) {
        const std::int64_t now = services.context.wall();
        if (request.arguments.empty()) {
            if (request.method == "POST") {
                return create(services, request);
            }
            const auto all = services.tokens.list();
            if (!all) {
                return problem(all.error());
            }
            json::array items;
            for (const store::Token& token : *all) {
                items.push_back(json_of(token, now));
            }
            return answer_all(std::move(items));
        }
        const std::string& id = request.arguments.front();
        if (request.method == "GET") {
            const auto found = services.tokens.get(id);
            return found ? answer(json_of(*found, now)) : problem(found.error());
        }
        const auto revoked = services.tokens.revoke(id, request.author);
        return revoked ? answer(json::object{{"id", id}}) : problem(revoked.error());
    });
}

}  // namespace isthmus::admin
