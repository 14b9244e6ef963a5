// Administrators: GET and POST /admins, GET, PATCH and DELETE /admins/NAME, and their verbs; the
// sessions that are open; the roles that there are.
#include "admin/answers.h"
#include "admin/fields.h"
#include "admin/resource.h"
#include "base/digest.h"
#include "base/text.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace isthmus::admin {

namespace json = boost::json;

namespace {

json::object json_of(const control::AccountStatus& status) {
    const store::Account& account = status.account;
    const auto role = control::role_named(account.role).value_or(control::Role::None);
    return {{"name", account.name},
            {"role", account.role},
            {"lync_role", control::lync_name_of(role)},
            {"enabled", account.is_enabled},
            {"totp", account.is_totp_confirmed},
            {"recovery_codes_left", status.recovery_codes_left},
            {"locked_for_seconds", status.locked_for},
            {"created_at", time_or_null(account.created_at)},
            {"password_set_at", time_or_null(account.password_set_at)},
            {"last_sign_in_at", time_or_null(account.last_sign_in_at)},
            {"last_sign_in_from", account.last_sign_in_from}};
}

/// Of what an administrator changes, not of what sign-ins do.
std::string etag_of(const store::Account& account) {
    return fmt::format("\"{}\"",
                       digest::sha256_hex(json::serialize(json::array{account.name,
                                                                      account.role,
                                                                      account.is_enabled,
                                                                      account.is_totp_confirmed,
                                                                      account.password_set_at}))
                           .substr(0, 32));
}

HttpResponse shown(const Result<control::AccountStatus>& status,
                   int code = 200,
                   bool is_trial = false) {
    if (!status) {
        return problem(status.error());
    }
    json::object body = json_of(*status);
    if (is_trial) {
        body["dry_run"] = true;
    }
    HttpResponse response = answer(body, code);
    response.headers.emplace_back("ETag", etag_of(status->account));
    return response;
}

Result<control::AccountChange> read_change(const json::object& body) {
    auto role = text_field(body, "role");
    auto enabled = flag_field(body, "enabled");
    auto password = text_field(body, "password");
    if (!role || !enabled || !password) {
        return !role ? role.error() : !enabled ? enabled.error() : password.error();
    }
    return control::AccountChange{*std::move(role), *enabled, *std::move(password)};
}

void create(control::AdminService& admins, const HttpRequest& request, HttpReply reply) {
    const auto body = parse_body(request);
    if (!body) {
        return reply(problem(body.error()));
    }
    if (auto good = only_fields(*body, {"name", "role", "enabled", "password"}); !good) {
        return reply(problem(good.error()));
    }
    const auto name = required_text(*body, "name");
    const auto given = read_change(*body);
    if (!name || !given) {
        return reply(problem(name ? given.error() : name.error()));
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return reply(problem(edit.error()));
    }
    const bool trial = edit->dry_run;
    admins.create(*name, *given, request.author, trial, [reply, trial](const auto& made) {
        reply(shown(made, trial ? 200 : 201, trial));
    });
}

/// Who read an account before somebody else changed it does not overwrite that.
std::optional<HttpResponse> check_match(control::AdminService& admins,
                                        const HttpRequest& request,
                                        const std::string& name) {
    const std::string_view wanted = request.header("if-match");
    const auto now = admins.get(name);
    if (wanted.empty() || wanted == "*" || !now || wanted == etag_of(now->account)) {
        return std::nullopt;
    }
    return problem(make_error(
        ErrorKind::Conflict, "IST-API-005", "The administrator was changed in the meantime.", {}));
}

void change(control::AdminService& admins, const HttpRequest& request, HttpReply reply) {
    const std::string& name = request.arguments.at(0);
    const auto body = parse_body(request);
    if (!body) {
        return reply(problem(body.error()));
    }
    if (auto good = only_fields(*body, {"role", "enabled", "password"}); !good) {
        return reply(problem(good.error()));
    }
    const auto given = read_change(*body);
    if (!given) {
        return reply(problem(given.error()));
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return reply(problem(edit.error()));
    }
    const bool trial = edit->dry_run;
    admins.set(name, *given, request.author, trial, [reply, trial](const auto& made) {
        reply(shown(made, 200, trial));
    });
}

HttpResponse confirm_totp(control::AdminService& admins,
                          const HttpRequest& request,
                          const std::string& name) {
    const auto body = parse_body(request);
    if (!body) {
        return problem(body.error());
    }
    if (auto good = only_fields(*body, {"code"}); !good) {
        return problem(good.error());
    }
    const auto code = required_text(*body, "code");
    if (!code) {
        return problem(code.error());
    }
    const auto codes = admins.confirm_totp(name, *code, request.author);
    return codes
               ? answer(json::object{{"totp", true},
                                     {"recovery_codes", json::array(codes->begin(), codes->end())}})
               : problem(codes.error());
}

void verb(const SignInServices& services, const HttpRequest& request, const HttpReply& reply) {
    const std::string& name = request.arguments.at(0);
    if (request.verb == "unlock") {
        return reply(shown(services.admins.unlock(name, request.author)));
    }
    if (request.verb == "reset-totp") {
        return reply(shown(services.admins.reset_totp(name, request.author)));
    }
    if (request.verb == "enrol-totp") {
        const auto made = services.admins.enrol_totp(name, request.author);
        return reply(made ? answer(json::object{{"secret", made->secret}, {"uri", made->uri}}, 201)
                          : problem(made.error()));
    }
    if (request.verb == "confirm-totp") {
        return reply(confirm_totp(services.admins, request, name));
    }
    // "-" can be no account: who asks gets a link for himself.
    const auto link = services.admins.make_link(name == "-" ? "" : name, request.author);
    if (!link) {
        return reply(problem(link.error()));
    }
    const std::string panel = services.panel_url();
    reply(answer(json::object{{"admin", link->admin},
                              {"role", control::name_of(link->role)},
                              {"link", link->secret},
                              {"url",
                               panel.empty() ? json::value()
                                             : json::value(panel + "#sign-in=" + link->secret)},
                              {"expires_at", utc_text(link->expires_at)}},
                 201));
}

HttpResponse erase(const SignInServices& services,
                   const HttpRequest& request,
                   const std::string& name) {
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    const bool trial = edit->dry_run;
    const auto account = services.admins.get(name);
    const auto erased = services.admins.erase(name, request.author, trial);
    if (!erased) {
        return problem(erased.error());
    }
    json::object body{{"name", account->account.name}};
    // Tokens outlive who made them: whoever removes him must see which they are.
    json::array tokens;
    if (const auto all = services.tokens.list()) {
        for (const store::Token& token : *all) {
            if (token.created_by == account->account.name) {
                tokens.emplace_back(token.id);
            }
        }
    }
    body["tokens_left"] = std::move(tokens);
    if (trial) {
        body["dry_run"] = true;
    }
    return answer(body);
}

void one_account(const SignInServices& services, const HttpRequest& request, HttpReply reply) {
    const std::string& name = request.arguments.at(0);
    if (request.method == "GET") {
        return reply(shown(services.admins.get(name)));
    }
    if (auto stale = check_match(services.admins, request, name)) {
        return reply(*std::move(stale));
    }
    if (request.method == "PATCH") {
        return change(services.admins, request, std::move(reply));
    }
    reply(erase(services, request, name));
}

}  // namespace

Resource make_account_resource(const SignInServices& services) {
    return [&services](const HttpRequest& request, std::string_view /*rest*/, HttpReply reply) {
        if (!request.verb.empty()) {
            return verb(services, request, reply);
        }
        if (!request.arguments.empty()) {
            return one_account(services, request, std::move(reply));
        }
        if (request.method == "POST") {
            return create(services.admins, request, std::move(reply));
        }
        const auto all = services.admins.list();
        if (!all) {
            return reply(problem(all.error()));
        }
        json::array items;
        for (const control::AccountStatus& status : *all) {
            items.push_back(json_of(status));
        }
        reply(answer_all(std::move(items)));
    };
}

Resource make_sessions_resource(const SignInServices& services) {
    return at_once([&services](const HttpRequest& request, std::string_view /*rest*/) {
        if (!request.arguments.empty()) {
            const std::string& id = request.arguments.front();
            return services.admins.end_session(id, request.author)
                       ? answer(json::object{{"id", id}})
                       : not_found(request.path);
        }
        json::array items;
        for (const control::Session& session : services.admins.sessions()) {
            items.push_back(
                json::object{{"id", session.id},
                             {"admin", session.admin},
                             {"method", session.method},
                             {"origin", session.origin},
                             {"user_agent", session.user_agent},
                             {"began_at", utc_text(session.began)},
                             {"idle_seconds", services.context.monotonic() - session.last}});
        }
        return answer_all(std::move(items));
    });
}

Resource make_roles_resource() {
    return single([](const HttpRequest& /*request*/) {
        json::array items;
        for (const control::Role role : control::kRoles) {
            items.push_back(json::object{{"role", control::name_of(role)},
                                         {"lync_role", control::lync_name_of(role)},
                                         {"rights", rights_of(role)}});
        }
        return answer_all(std::move(items));
    });
}

}  // namespace isthmus::admin
