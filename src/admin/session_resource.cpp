// The caller's own session: POST signs in, GET says who he is, DELETE signs out; his password and
// second factor; the one-time link; and the ways to sign in, before one has.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/gate.h"
#include "admin/oidc_login.h"
#include "admin/resource.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kStrict = "SameSite=Strict";

json::object json_of(const control::Author& author,
                     const std::optional<control::Session>& session) {
    json::object made{{"admin", author.admin},
                      {"origin", author.origin},
                      {"role", control::name_of(author.role)},
                      {"lync_role", control::lync_name_of(author.role)},
                      {"rights", rights_of(author.role)}};
    if (session) {
        made["method"] = session->method;
        made["account"] = session->is_account;
        made["csrf"] = session->csrf;
        made["idle_limit_seconds"] = control::Sessions::kIdle;
        made["began_at"] = utc_text(session->began);
        made["ends_at"] = utc_text(session->began + control::Sessions::kAbsolute);
    } else {
        made["method"] =
            author.origin == "unix" && !author.admin.starts_with("token/") ? "unix" : "token";
        made["account"] = false;
    }
    return made;
}

HttpResponse signed_in(const Result<control::SignedIn>& result) {
    if (!result) {
        return problem(result.error());
    }
    const control::Session& session = result->session;
    HttpResponse response =
        answer(json_of({{session.admin, session.origin}, session.role}, session));
    response.headers.emplace_back("Set-Cookie",
                                  set_cookie(kSessionCookie, result->cookie, kStrict));
    return response;
}

void sign_in(const SignInServices& services, const HttpRequest& request, HttpReply reply) {
    const auto body = parse_body(request);
    if (!body) {
        return reply(problem(body.error()));
    }
    if (auto good = only_fields(*body, {"name", "password", "code"}); !good) {
        return reply(problem(good.error()));
    }
    auto name = required_text(*body, "name");
    auto password = required_text(*body, "password");
    auto code = text_field(*body, "code");
    if (!name || !password || !code) {
        return reply(problem(!name ? name.error() : !password ? password.error() : code.error()));
    }
    const std::string origin = request.author.origin;
    services.sign_in.with_password({.name = *name,
                                    .password = *std::move(password),
                                    .code = code->value_or(""),
                                    .origin = origin,
                                    .user_agent = std::string(request.header("user-agent"))},
                                   [&services, name = *name, origin, reply = std::move(reply)](
                                       const Result<control::SignedIn>& result) {
                                       HttpResponse response = signed_in(result);
                                       if (response.status == 429) {
                                           response.headers.emplace_back(
                                               "Retry-After",
                                               std::to_string(std::max<std::int64_t>(
                                                   1, services.sign_in.locked_for(name, origin))));
                                       }
                                       reply(std::move(response));
                                   });
}

void session(const SignInServices& services, const HttpRequest& request, HttpReply reply) {
    if (request.method == "POST") {
        return sign_in(services, request, std::move(reply));
    }
    if (request.method == "GET") {
        return reply(answer(json_of(request.author, request.session)));
    }
    if (request.session) {
        services.sign_in.sign_out(*request.session, request.author);
    }
    HttpResponse response = answer(json::object{{"signed_out", request.session.has_value()}});
    response.headers.emplace_back(
        "Set-Cookie", set_cookie(kSessionCookie, "", fmt::format("{}; Max-Age=0", kStrict)));
    reply(std::move(response));
}

HttpResponse use_link(const SignInServices& services, const HttpRequest& request) {
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    const auto only = only_fields(*body, {"link"});
    const auto link = required_text(*body, "link");
    if (!only || !link) {
        return problem(only ? link.error() : only.error());
    }
    const std::string& origin = request.author.origin;
    if (services.sign_in.is_address_locked(origin)) {
        return problem(make_error(
            ErrorKind::Limit, "IST-AUTH-011", "Too many failed sign-ins; try again later.", {}));
    }
    return signed_in(services.sign_in.with_link(*link, origin, request.header("user-agent")));
}

/// Password and second factor belong to accounts: tokens, links of local users and providers have
/// their own.
std::optional<HttpResponse> without_account(const HttpRequest& request) {
    if (request.session && request.session->is_account) {
        return std::nullopt;
    }
    return problem(make_error(ErrorKind::Conflict,
                              "IST-API-001",
                              "Only who has signed in with an account can change its password and "
                              "second factor.",
                              {}));
}

void password(const SignInServices& services, const HttpRequest& request, HttpReply reply) {
    if (auto refused = without_account(request)) {
        return reply(*std::move(refused));
    }
    const auto body = parse_body(request);
    if (!body) {
        return reply(problem(body.error()));
    }
    const auto only = only_fields(*body, {"current", "new"});
    const auto current = required_text(*body, "current");
    const auto wanted = required_text(*body, "new");
    if (!only || !current || !wanted) {
        return reply(problem(!only ? only.error() : !current ? current.error() : wanted.error()));
    }
    services.own.change_password(request.author,
                                 request.session->id,
                                 *current,
                                 *wanted,
                                 [reply = std::move(reply)](const Result<void>& done) {
                                     if (done) {
                                         return reply(answer(json::object{{"changed", true}}));
                                     }
                                     const std::string_view code = done.error().code;
                                     reply(problem(done.error(),
                                                   code == "IST-AUTH-013"   ? "new"
                                                   : code == "IST-AUTH-020" ? "current"
                                                                            : ""));
                                 });
}

Result<std::string> read_code(const HttpRequest& request) {
    const auto body = parse_body(request);
    if (!body) {
        return body.error();
    }
    if (auto only = only_fields(*body, {"code"}); !only) {
        return only.error();
    }
    return required_text(*body, "code");
}

HttpResponse totp(const SignInServices& services, const HttpRequest& request) {
    if (auto refused = without_account(request)) {
        return *std::move(refused);
    }
    if (request.method == "POST") {
        const auto made = services.own.enrol_totp(request.author);
        return made ? answer(json::object{{"secret", made->secret}, {"uri", made->uri}}, 201)
                    : problem(made.error());
    }
    const auto code = read_code(request);
    if (!code) {
        return problem(code.error());
    }
    const auto removed = services.own.remove_totp(request.author, *code);
    return removed ? answer(json::object{{"totp", false}}) : problem(removed.error());
}

HttpResponse confirm_totp(const SignInServices& services, const HttpRequest& request) {
    if (auto refused = without_account(request)) {
        return *std::move(refused);
    }
    const auto code = read_code(request);
    if (!code) {
        return problem(code.error());
    }
    const auto codes = services.own.confirm_totp(request.author, *code);
    if (!codes) {
        return problem(codes.error());
    }
    return answer(json::object{{"totp", true},
                               {"recovery_codes", json::array(codes->begin(), codes->end())}});
}

/// A browser that comes back from the provider is shown the sign-in page, which says what the code
/// means: the JSON of a problem would be a dead end. Programs get the JSON.
HttpReply for_a_browser(const HttpRequest& request, const HttpReply& reply) {
    if (request.header("accept").find("text/html") == std::string_view::npos) {
        return reply;
    }
    return [reply](HttpResponse response) {
        if (response.status < 400) {
            return reply(std::move(response));
        }
        boost::system::error_code error;
        const json::value said = json::parse(response.body, error);
        const json::object* fields = error ? nullptr : said.if_object();
        const json::value* code = fields != nullptr ? fields->if_contains("code") : nullptr;
        HttpResponse page{.status = 303, .content_type = "text/plain"};
        page.headers.emplace_back(
            "Location",
            fmt::format("/#refused={}",
                        code != nullptr && code->is_string() ? code->get_string().c_str() : ""));
        reply(std::move(page));
    };
}

}  // namespace

void add_session_resources(const SignInServices& services,
                           std::map<std::string, Resource, std::less<>>& to) {
    to["session"] = [&services](const HttpRequest& request, std::string_view, HttpReply reply) {
        session(services, request, std::move(reply));
    };
    to["session:link"] =
        single([&services](const HttpRequest& request) { return use_link(services, request); });
    to["session:methods"] = single([&services](const HttpRequest& request) {
        return answer(json::object{{"password", true},
                                   {"oidc", services.oidc != nullptr},
                                   {"signed_in", request.session.has_value()}});
    });
    to["session:password"] = [&services](
                                 const HttpRequest& request, std::string_view, HttpReply reply) {
        password(services, request, std::move(reply));
    };
    to["session:totp"] =
        single([&services](const HttpRequest& request) { return totp(services, request); });
    to["session:totp-confirm"] =
        single([&services](const HttpRequest& request) { return confirm_totp(services, request); });
}

void add_sign_in_resources(const SignInServices& services,
                           std::map<std::string, Resource, std::less<>>& to) {
    add_session_resources(services, to);
    to["sessions"] = make_sessions_resource(services);
    to["admins"] = make_account_resource(services);
    to["tokens"] = make_token_resource(services);
    to["roles"] = make_roles_resource();
    if (services.oidc != nullptr) {
        to["oidc"] = [oidc = services.oidc](const HttpRequest& request,
                                            std::string_view rest,
                                            const HttpReply& reply) {
            const HttpReply answered = for_a_browser(request, reply);
            rest == "login" ? oidc->login(request, answered) : oidc->callback(request, answered);
        };
    }
}

}  // namespace isthmus::admin
