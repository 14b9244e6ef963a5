// Cmdlets that change users: grants, enabling and disabling; and the roles of administrators.
#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_objects.h"
#include "cli/cs_users.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

constexpr std::size_t kBatch = 4000;  ///< users in one call of the API, which takes 1 MiB

void pass_thru(Call& call, json::object user, std::string_view name, const json::value& value) {
    if (call.given().flag("PassThru") && !call.is_what_if()) {
        if (user.if_contains("display_name") == nullptr) {
            user = call.find("users/" + encode_segment(user_text(user, "uri"))).value_or(user);
        }
        user[name] = value;
        call.put(user_item(user));
    }
}

std::string policy_name(const std::string& given) {
    const std::string name = text::istarts_with(given, "tag:") ? given.substr(4) : given;
    if (text::iequals(name, "global") || text::istarts_with(name, "site:") || name.empty()) {
        throw Fault(fmt::format("Policy \"{}\" is not a user policy. You can assign only a user "
                                "policy to a specific user.",
                                text::escape_for_log(given, 100)),
                    "global and site policies hold for everybody who has no user policy",
                    "give the name of a user policy, or $null to take away what was assigned");
    }
    return name;
}

void take_policies(Call& call, const std::vector<json::object>& users) {
    for (const json::object& user : users) {
        const std::string uri = user_text(user, "uri");
        call.guard([&] {
            if (!user_text(user, "policy").empty()) {
                call.name_missing(
                    fmt::format("Management object not found for identity \"{}\".", uri));
                (void)call.change(
                    {"DELETE", fmt::format("users/{}/policy", encode_segment(uri)), {}, {}, uri});
            }
            pass_thru(call, user, "policy", "");
        });
    }
}

void give_policy(Call& call, const std::vector<json::object>& users, const std::string& name) {
    for (std::size_t at = 0; at < users.size(); at += kBatch) {
        const std::size_t end = std::min(at + kBatch, users.size());
        json::array batch;
        for (std::size_t i = at; i < end; ++i) {
            batch.emplace_back(user_text(users[i], "uri"));
        }
        const std::string first = user_text(users[at], "uri");
        const std::string on =
            end - at == 1 ? first : fmt::format("{} and {} more", first, end - at - 1);
        const std::string target = fmt::format("policies/{}:grant", encode_segment("Tag:" + name));
        call.name_missing(
            fmt::format("Policy \"{}\" is not a user policy. You can assign only a "
                        "user policy to a specific user.",
                        text::escape_for_log(name, 100)));
        (void)call.change({"POST", target, {{"users", std::move(batch)}}, {}, on});
        for (std::size_t i = at; i < end; ++i) {
            pass_thru(call, users[i], "policy", json::string(name));
        }
    }
}

std::string address_part(std::string text) {
    std::ranges::replace(text, ' ', '.');
    return text;
}

/// -SipAddress, or what -SipAddressType makes of the identity.
std::string new_address(const Bound& given, const std::string& identity) {
    const std::string type = given.text("SipAddressType");
    const std::string domain = given.text("SipDomain");
    std::string address = given.text("SipAddress");
    const bool is_address = identity.find('@') != std::string::npos;
    if (!address.empty() || type.empty()) {
        address = address.empty() && is_address ? identity : address;
    } else if (type == "UserPrincipalName" || type == "EmailAddress") {
        address = is_address ? identity : "";
    } else if (domain.empty()) {
        throw Fault(
            "Cannot process command because of one or more missing mandatory parameters: "
            "SipDomain.",
            fmt::format("-SipAddressType {} needs a domain", type),
            "give -SipDomain as well");
    } else if (type == "SamAccountName") {
        const std::size_t slash = identity.find('\\');
        address = slash == std::string::npos
                      ? ""
                      : fmt::format("{}@{}", identity.substr(slash + 1), domain);
    } else {
        address = is_address ? "" : fmt::format("{}@{}", address_part(identity), domain);
    }
    if (address.empty()) {
        throw Fault(fmt::format("There is no SIP address to be made of \"{}\".",
                                text::escape_for_log(identity, 100)),
                    "the gateway does not ask a directory for the user's other names",
                    "give -SipAddress sip:user@domain");
    }
    return text::istarts_with(address, "sip:") ? address.substr(4) : address;
}

json::object new_user(const Bound& given, const std::string& identity) {
    json::object user{{"uri", new_address(given, identity)}, {"enabled", true}, {"homed", "here"}};
    if (!given.text("RegistrarPool").empty()) {
        user["pool"] = given.text("RegistrarPool");
    }
    if (identity.find('\\') != std::string::npos) {
        user["logon"] = identity;
    } else if (identity.find('=') != std::string::npos) {
        user["dn"] = identity;
    } else if (identity.find('@') == std::string::npos) {
        user["display_name"] = identity;
    } else if (!text::istarts_with(identity, "sip:")) {
        user["upn"] = identity;
    }
    return user;
}

std::vector<json::object> known_users(Call& call, const std::string& identity) {
    try {
        return find_users(call, identity);
    } catch (const Fault& fault) {
        if (fault.exit_code() == 1) {
            return {};
        }
        throw;
    }
}

struct Role {
    const char* name;
    const char* rights;
    bool is_standard;
};

// docs/decisions.md: the roles of the original that this gateway has, and ours.
constexpr Role kRoles[] = {
    {"CsAdministrator", "Read Users Troubleshoot Configure Administer Trace", true},
    {"CsUserAdministrator", "Read Users Troubleshoot", true},
    {"CsViewOnlyAdministrator", "Read", true},
    {"CsHelpDesk", "Read Troubleshoot", true},
    {"Tracer", "Read Troubleshoot Trace", false},
};

ItemPtr role_item(const Role& role) {
    List names;
    for (const Cmdlet& one : cmdlets()) {
        if (!one.right.empty() &&
            std::string_view(role.rights).find(one.right) != std::string_view::npos) {
            names.emplace_back(one.name);
        }
    }
    auto made = std::make_shared<Item>();
    made->id = role.name;
    made->add("Identity", role.name);
    made->add("IsStandardRole", role.is_standard);
    made->add("Cmdlets", std::move(names));
    made->add("ConfigScopes", List{Value("Global")});
    made->add("UserScopes", List{Value("Global")});
    return made;
}

}  // namespace

void grant_policy(Call& call) {
    const Bound& given = call.given();
    if (given.has("Global") || given.has("Group")) {
        throw Fault("A policy cannot be granted to all users or to a group here.",
                    "that belongs to Teams: the global policy holds for everybody who has no other",
                    "change it: Set-CsExternalAccessPolicy -Identity global ...");
    }
    const bool takes = given.find("PolicyName")->is_null();
    const std::string name = takes ? std::string() : policy_name(given.text("PolicyName"));
    const std::vector<json::object> users = users_of(call);
    const std::string identity = given.text("Identity");
    if (users.size() > 1 && identity.find('*') != std::string::npos && !call.is_what_if() &&
        !call.is_confirmed(fmt::format("{} users that match \"{}\"", users.size(), identity),
                           true)) {
        return;
    }
    if (users.empty()) {
        call.warn("No user was found; nothing was granted.");
    }
    takes ? take_policies(call, users) : give_policy(call, users, name);
}

void set_users(Call& call) {
    const Value* enabled = call.given().find("Enabled");
    for (const json::object& user : users_of(call)) {
        const std::string uri = user_text(user, "uri");
        call.guard([&] {
            if (enabled == nullptr) {
                call.warn("The command completed, but no settings were given to change.");
            } else {
                (void)call.change({"PATCH",
                                   "users/" + encode_segment(uri),
                                   {{"enabled", is_true(*enabled)}},
                                   {},
                                   uri});
                pass_thru(call, user, "enabled", is_true(*enabled));
            }
        });
    }
}

void enable_user(Call& call) {
    const Bound& given = call.given();
    std::vector<std::string> identities{given.text("Identity")};
    if (!given.has("Identity")) {
        identities.clear();
        for (const Value& one : *call.input()) {
            const auto* item = one.as<ItemPtr>();
            identities.push_back(item != nullptr ? (*item)->id : to_text(one));
        }
    }
    for (const std::string& identity : identities) {
        call.guard([&] {
            const std::vector<json::object> known = known_users(call, identity);
            if (known.empty()) {
                const json::object user = new_user(given, identity);
                const auto made = call.change({"POST", "users", user, {}, user_text(user, "uri")});
                if (made && given.flag("PassThru")) {
                    call.put(user_item(*made));
                }
                return;
            }
            for (const json::object& user : known) {
                const std::string uri = user_text(user, "uri");
                json::object body{{"enabled", true}};
                if (!given.text("RegistrarPool").empty()) {
                    body["pool"] = given.text("RegistrarPool");
                }
                (void)call.change(
                    {"PATCH", "users/" + encode_segment(uri), std::move(body), {}, uri});
                pass_thru(call, user, "enabled", true);
            }
        });
    }
}

void disable_users(Call& call) {
    for (const json::object& user : users_of(call)) {
        const std::string uri = user_text(user, "uri");
        call.guard([&] {
            const std::string target = "users/" + encode_segment(uri);
            const auto done = call.change({"PATCH", target, {{"enabled", false}}, {}, uri});
            if (done && !user_text(user, "policy").empty()) {
                (void)call.ask("DELETE", target + "/policy");
            }
            pass_thru(call, user, "enabled", false);
        });
    }
}

void get_admin_roles(Call& call) {
    const std::string identity = call.given().text("Identity");
    const std::string filter = call.given().text("Filter");
    bool is_found = false;
    for (const Role& role : kRoles) {
        if ((identity.empty() || text::iequals(identity, role.name)) &&
            (filter.empty() || is_like(role.name, filter))) {
            call.put(role_item(role));
            is_found = true;
        }
    }
    if (!is_found && !identity.empty()) {
        throw Fault(fmt::format(R"(Cannot find "Role" "{}" because it does not exist.)",
                                text::escape_for_log(identity, 100)),
                    "there are five roles, and no more can be made",
                    "Get-CsAdminRole shows them",
                    1);
    }
}

}  // namespace isthmus::cli::cs
