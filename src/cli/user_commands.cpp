// Our users, and the sites and pools that they belong to.
#include "base/text.h"
#include "cli/list_path.h"
#include "cli/program.h"
#include "cli/secret_input.h"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <string>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const std::vector<Property> kUser = {
    {"display_name", Property::Type::Text, "as people call him"},
    {"enabled", Property::Type::Flag, "false: he may talk to nobody"},
    {"site", Property::Type::Text, "a site; else that of his pool"},
    {"pool", Property::Type::Text, "FQDN of a pool that a site is known for"},
    {"homed", Property::Type::Text, "here or legacy: where the account is while a site moves"},
    {"upn", Property::Type::Text, "user principal name"},
    {"logon", Property::Type::Text, "DOMAIN\\name"},
    {"dn", Property::Type::Text, "distinguished name"},
};
const Columns kUserColumns = {
    {"uri", "display_name", "enabled", "site", "homed", "effective_policy", "effective_scope"},
    {"pool", "policy", "source", "upn", "logon"}};

void add_sites(Program& program) {
    CLI::App& site = program.group("site", "sites, and the pools that lie in them");
    program.command(site, "list", "all sites", [&program] {
        return program.show("sites", {.columns = {{"name", "description"}, {}}, .nothing = [] {
                                          return "there is no site; isthmus site create NAME makes "
                                                 "one";
                                      }});
    });
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(
            program.command(site, name, help, std::move(action)), "SITE", "its name");
    };
    program.properties(named("create",
                             "a new site",
                             [&program] {
                                 json::object body = program.body();
                                 body["name"] = program.given("SITE");
                                 return program.change("POST", "sites", body, "created");
                             }),
                       {{"description", Property::Type::Text, "free text"}});
    named("delete", "delete a site that nothing uses", [&program] {
        return program.change(
            "DELETE", "sites/" + encode_segment(program.given("SITE")), {}, "deleted");
    });
    program.command(site, "pools", "the pools and their sites", [&program] {
        return program.show("pools", {.columns = {{"fqdn", "site"}, {}}, .nothing = [] {
                                          return "no pool is known; isthmus site map --pool FQDN "
                                                 "SITE says where one lies";
                                      }});
    });
    program.option(named("map",
                         "say in which site a pool lies",
                         [&program] {
                             return program.change(
                                 "PUT",
                                 "pools/" + encode_segment(program.given("--pool")),
                                 {{"site", program.given("SITE")}},
                                 "mapped");
                         }),
                   "--pool",
                   "FQDN of the pool",
                   true);
}

int set_password(const Program& program, const std::string& path) {
    if (program.has("--delete")) {
        return program.change("DELETE", path, {}, "deleted");
    }
    return program.change("PUT", path, {{"password", read_secret("password")}}, "set");
}

void add_password(Program& program, CLI::App& command) {
    program.flag(command,
                 "--password-stdin",
                 "read the password from stdin, as is done without this flag too");
    program.flag(command, "--delete", "take it away: he is signed out and stays out");
}

}  // namespace

void add_user_commands(Program& program) {
    CLI::App& user = program.group("user", "our users: who needs a policy, a site or a state");
    const View view{.columns = kUserColumns, .nothing = [] {
                        return "no such user was entered, and none needs to be: who has no entry "
                               "is served under the global policy; isthmus user create and isthmus "
                               "user import enter some";
                    }};
    const auto path = [&program] { return "users/" + encode_segment(program.given("USER")); };
    CLI::App& list = program.command(user, "list", "who was entered", [&program, view] {
        return program.show(list_path(program,
                                      "users",
                                      {"--q",
                                       "--site",
                                       "--pool",
                                       "--policy",
                                       "--homed",
                                       "--enabled",
                                       "--offset",
                                       "--limit"}),
                            view);
    });
    program.option(list, "--q", "whose address or name holds this text");
    program.option(list, "--site", "of this site");
    program.option(list, "--pool", "of this pool");
    program.option(list, "--policy", "who was granted this policy");
    program.option(list, "--homed", "here or legacy");
    program.option(list, "--enabled", "true or false");
    program.option(list, "--offset", "leave out so many");
    program.option(list, "--limit", "at most so many, up to 1000; 100 unless given");
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(program.command(user, name, help, std::move(action)),
                            "USER",
                            "his SIP address, or another name that only he bears");
    };
    named("get", "one user, and the policy in force for him", [&program, path, view] {
        return program.show(path(), view);
    });
    program.properties(named("create",
                             "enter a user",
                             [&program] {
                                 json::object body = program.body();
                                 body["uri"] = program.given("USER");
                                 return program.change("POST", "users", body, "created");
                             }),
                       kUser);
    program.properties(named("set",
                             "change a user",
                             [&program, path] {
                                 return program.change("PATCH", path(), program.body(), "changed");
                             }),
                       kUser);
    named("delete", "take the entry away; Global holds for him then", [&program, path] {
        return program.change("DELETE", path(), {}, "deleted");
    });
    add_password(program,
                 named("password",
                       "set the password that he signs in to the home server with",
                       [&program, path] { return set_password(program, path() + "/password"); }));
    add_sites(program);
}

}  // namespace isthmus::cli
