// Administrators, their tokens, sessions and one-time links.
#include "base/text.h"
#include "cli/fields.h"
#include "cli/program.h"
#include "cli/secret_input.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const Columns kAccounts = {{"name", "role", "enabled", "totp", "last_sign_in_at"},
                           {"locked_for_seconds", "last_sign_in_from", "lync_role", "created_at"}};
const Columns kTokens = {{"id", "role", "state", "expires_at", "description"},
                         {"created_by", "created_at", "last_used_at", "last_used_from"}};
const Columns kSessions = {{"id", "admin", "method", "origin", "began_at", "idle_seconds"},
                           {"user_agent"}};
const Columns kRoles = {{"role", "lync_role", "rights"}, {}};

std::string account_path(const Program& program, const char* verb = "") {
    return "admins/" + encode_segment(program.given("NAME")) + verb;
}

/// role, enabled and password as far as they were given.
json::object given_account(const Program& program) {
    json::object body;
    if (!program.given("--role").empty()) {
        body["role"] = program.given("--role");
    }
    if (const std::string& enabled = program.given("--enabled"); !enabled.empty()) {
        if (enabled != "true" && enabled != "false") {
            throw NotUsable({"--enabled: that is neither true nor false",
                             "it is a switch",
                             "write --enabled true or --enabled false"});
        }
        body["enabled"] = enabled == "true";
    }
    if (program.has("--password-stdin")) {
        body["password"] = read_secret("password");
    }
    return body;
}

int create_account(const Program& program) {
    if (!program.has("--password-stdin")) {
        throw NotUsable({"a password is required",
                         "what stands in arguments can be read by others",
                         "give --password-stdin, and the password on stdin"});
    }
    json::object body = given_account(program);
    body["name"] = program.given("NAME");
    return program.change("POST", "admins", body, "created");
}

/// Shows the recovery codes, which nobody shows again.
int confirm_totp(const Program& program) {
    const json::object body{{"code", read_secret_once("code that the authenticator shows")}};
    return program.request(
        "POST", account_path(program, ":confirm-totp"), body, [](const auto& made) {
            fmt::print(stderr,
                       "the second factor counts from now on; recovery codes, shown only now:\n");
            for (const json::value& code : made.at("recovery_codes").as_array()) {
                fmt::print("{}\n", text::escape_for_log(code.as_string()));
            }
        });
}

int enrol_totp(const Program& program) {
    const bool is_terminal = isatty(STDIN_FILENO) != 0 && !program.switches().no_input;
    const int code =
        program.request("POST", account_path(program, ":enrol-totp"), {}, [&](const auto& made) {
            fmt::print("{}\n{}\n", text_of(made, "secret"), text_of(made, "uri"));
            if (!is_terminal) {
                fmt::print(stderr,
                           "it counts when its first code was seen: isthmus admin confirm-totp "
                           "NAME, the code on stdin\n");
            }
        });
    return code == 0 && is_terminal && !program.switches().dry_run ? confirm_totp(program) : code;
}

int set_account(const Program& program) {
    if (program.has("--totp")) {
        return enrol_totp(program);
    }
    const json::object body = given_account(program);
    if (body.empty()) {
        throw NotUsable({"there is nothing to change",
                         "no property was given",
                         "give --role, --enabled or --password-stdin"});
    }
    return program.change("PATCH", account_path(program), body, "changed");
}

int delete_account(const Program& program) {
    const auto tell = [](const json::object& answer) {
        fmt::print(stderr, "deleted\n");
        const json::value* left = answer.if_contains("tokens_left");
        if (left == nullptr || !left->is_array() || left->get_array().empty()) {
            return;
        }
        fmt::print(stderr, "tokens that he made still work; `isthmus admin token revoke ID` ends");
        for (const json::value& id : left->get_array()) {
            fmt::print(stderr, " {}", text::escape_for_log(std::string(id.as_string())));
        }
        fmt::print(stderr, "\n");
    };
    return program.request("DELETE", account_path(program), {}, tell, {}, Program::Trial::Asked);
}

/// Data on stdout is the link alone, so that it can be passed on.
int make_link(const Program& program) {
    const std::string& name = program.given("--as");
    return program.request("POST",
                           fmt::format("admins/{}:link", name.empty() ? "-" : encode_segment(name)),
                           {},
                           [](const json::object& made) {
                               fmt::print(stderr,
                                          "signs in as {} ({}) once, until {}\n",
                                          text_of(made, "admin"),
                                          text_of(made, "role"),
                                          text_of(made, "expires_at"));
                               const std::string url = text_of(made, "url");
                               fmt::print("{}\n", url.empty() ? text_of(made, "link") : url);
                           });
}

int create_token(const Program& program) {
    json::object body{{"role", program.given("--role")}};
    for (const char* name : {"--expires", "--description"}) {
        if (!program.given(name).empty()) {
            body[name + 2] = program.given(name);
        }
    }
    const auto tell = [](const json::object& made) {
        fmt::print(stderr,
                   "token {} of the role {}, valid until {}; it is shown only now\n",
                   text_of(made, "id"),
                   text_of(made, "role"),
                   text_of(made, "expires_at"));
        fmt::print("{}\n", text_of(made, "token"));
    };
    return program.request("POST", "tokens", body, tell, {}, Program::Trial::Asked);
}

void add_account_commands(Program& program, CLI::App& admin) {
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(
            program.command(admin, name, help, std::move(action)), "NAME", "the administrator");
    };
    program.command(admin, "list", "all administrators", [&program] {
        return program.show("admins", {.columns = kAccounts, .nothing = [] {
                                           return "there is no administrator; isthmus admin create "
                                                  "NAME --role admin makes one";
                                       }});
    });
    program.command(admin, "roles", "the roles and their rights", [&program] {
        return program.show("roles", {.columns = kRoles});
    });
    named("get", "one administrator", [&program] {
        return program.show(account_path(program), {.columns = kAccounts});
    });
    CLI::App& create = named("create",
                             "a new administrator: create NAME --role ROLE --password-stdin",
                             [&program] { return create_account(program); });
    CLI::App& set = named(
        "set", "another role, password, or disabled", [&program] { return set_account(program); });
    program.option(create, "--role", "admin, user-admin, viewer, helpdesk or tracer", true);
    program.option(set, "--role", "admin, user-admin, viewer, helpdesk or tracer");
    for (CLI::App* one : {&create, &set}) {
        program.option(*one, "--enabled", "true or false; who is disabled cannot sign in");
        program.flag(*one,
                     "--password-stdin",
                     "read the password from stdin; at a terminal it is asked for");
    }
    named("delete", "remove an administrator and end his sessions", [&program] {
        return delete_account(program);
    });
    named("unlock", "let him try again at once after too many failures", [&program] {
        return program.change(
            "POST", account_path(program, ":unlock"), {}, "unlocked", Program::Trial::None);
    });
    program.flag(set, "--totp", "a second factor: the same as enrol-totp, and alone");
    named("enrol-totp", "a second factor: shows its secret, then wants its first code", [&program] {
        return enrol_totp(program);
    });
    named("confirm-totp", "the first code of a new second factor, on stdin", [&program] {
        return confirm_totp(program);
    });
    named("reset-totp", "take away a second factor that he has lost", [&program] {
        return program.change(
            "POST", account_path(program, ":reset-totp"), {}, "reset", Program::Trial::None);
    });
    program.option(program.command(admin,
                                   "link",
                                   "a link that signs a browser in, once, within ten minutes",
                                   [&program] { return make_link(program); }),
                   "--as",
                   "as this administrator; yourself unless given");
}

void add_token_commands(Program& program, CLI::App& token) {
    program.command(token, "list", "all tokens, without their secrets", [&program] {
        return program.show("tokens", {.columns = kTokens, .nothing = [] {
                                           return "there is no token; isthmus token create --role "
                                                  "ROLE makes one, and prints it once";
                                       }});
    });
    CLI::App& create =
        program.command(token,
                        "create",
                        "a token, printed once: create --role ROLE --expires 30d > FILE",
                        [&program] { return create_token(program); });
    program.option(create, "--role", "admin, user-admin, viewer, helpdesk or tracer", true);
    program.option(create, "--expires", "30d, 12h, 45m; 30d unless given, at most 366d");
    program.option(create, "--description", "what it is for");
    program.word(program.command(token,
                                 "revoke",
                                 "it lets nobody in from now on",
                                 [&program] {
                                     return program.change(
                                         "DELETE",
                                         "tokens/" + encode_segment(program.given("ID")),
                                         {},
                                         "revoked",
                                         Program::Trial::None);
                                 }),
                 "ID",
                 "as list shows it");
}

}  // namespace

void add_admin_commands(Program& program) {
    CLI::App& admin = program.group("admin", "administrators, tokens, sessions, sign-in links");
    add_account_commands(program, admin);

    add_token_commands(program,
                       program.group(admin, "token", "tokens for scripts and other machines"));
    add_token_commands(program, program.group("token", "the same as isthmus admin token"));

    CLI::App& session = program.group(admin, "session", "who is signed in with a browser");
    program.command(session, "list", "all sessions", [&program] {
        return program.show("sessions", {.columns = kSessions, .nothing = [] {
                                             return "nobody is signed in with a browser; isthmus "
                                                    "admin link prints an address that signs one "
                                                    "in";
                                         }});
    });
    program.word(program.command(session,
                                 "end",
                                 "sign him out",
                                 [&program] {
                                     return program.change(
                                         "DELETE",
                                         "sessions/" + encode_segment(program.given("ID")),
                                         {},
                                         "ended",
                                         Program::Trial::None);
                                 }),
                 "ID",
                 "as list shows it");
}

}  // namespace isthmus::cli
