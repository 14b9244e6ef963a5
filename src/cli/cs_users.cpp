#include "cli/cs_users.h"

#include "base/text.h"
#include "cli/api_client.h"
#include "cli/cs_compare.h"
#include "cli/cs_shell.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::cli::cs {

namespace json = boost::json;

namespace {

constexpr Kind kUserKind{"User", "user", "users", "uri", nullptr, nullptr, false, {}};

std::string without_scheme(const std::string& address) {
    return text::istarts_with(address, "sip:") ? address.substr(4) : address;
}

std::string without_domain(const std::string& logon) {
    const std::size_t slash = logon.find('\\');
    return slash == std::string::npos ? logon : logon.substr(slash + 1);
}

Value text_or_null(std::string text) {
    return text.empty() ? Value() : Value(std::move(text));
}

/// Of names of users only the asterisk is a wildcard.
std::string pattern_of(const std::string& identity) {
    std::string out;
    for (const char c : identity) {
        out += c == '?' || c == '[' || c == '`' ? std::string{'`', c} : std::string(1, c);
    }
    return out;
}

/// A backslash of DOMAIN\logon is no wildcard, so it needs no care.
bool is_like_named(const json::object& user, const std::string& pattern) {
    return is_like(user_text(user, "display_name"), pattern) ||
           is_like(user_text(user, "uri"), without_scheme(pattern)) ||
           (pattern.find('\\') != std::string::npos && is_like(user_text(user, "logon"), pattern));
}

std::string attribute_of(const json::object& user, const std::string& name) {
    static constexpr std::pair<std::string_view, const char*> kKnown[] = {
        {"displayname", "display_name"},
        {"cn", "display_name"},
        {"name", "display_name"},
        {"userprincipalname", "upn"},
        {"distinguishedname", "dn"},
        {"msrtcsip-primaryuseraddress", "uri"},
    };
    for (const auto& [known, property] : kKnown) {
        if (name == known) {
            const std::string value = user_text(user, property);
            return std::string_view(property) == "uri" ? "sip:" + value : value;
        }
    }
    if (name == "samaccountname") {
        return without_domain(user_text(user, "logon"));
    }
    if (name == "msrtcsip-userenabled") {
        const json::value* enabled = user.if_contains("enabled");
        return enabled != nullptr && enabled->is_bool() && enabled->get_bool() ? "TRUE" : "FALSE";
    }
    throw Fault(fmt::format("-LdapFilter cannot ask for the attribute '{}'.", name),
                "of each user the gateway keeps displayName, userPrincipalName, sAMAccountName, "
                "distinguishedName and msRTCSIP-PrimaryUserAddress",
                "use -OU or -Filter, or sort users into sites by isthmus user import");
}

/// The switches of Get-CsUser.
bool passes(const Bound& given, const json::object& user) {
    const bool is_legacy = user_text(user, "homed") == "legacy";
    if (given.flag("UnAssignedUser") && !user_text(user, "pool").empty()) {
        return false;
    }
    if ((given.flag("OnLyncServer") || given.flag("OnModernServer")) && is_legacy) {
        return false;
    }
    if (given.flag("OnOfficeCommunicationServer") && !is_legacy) {
        return false;
    }
    const std::string unit = given.text("OU");
    const std::string dn = user_text(user, "dn");
    if (!unit.empty()) {
        const bool is_below = dn.size() > unit.size() && dn[dn.size() - unit.size() - 1] == ',' &&
                              text::iequals(dn.substr(dn.size() - unit.size()), unit);
        if (!is_below) {
            return false;
        }
    }
    const std::string filter = given.text("LdapFilter");
    return filter.empty() ||
           matches_ldap(filter, [&](const std::string& name) { return attribute_of(user, name); });
}

std::size_t limit_of(const Bound& given) {
    const std::string text = given.text("ResultSize");
    if (text.empty() || text::iequals(text, "Unlimited")) {
        return SIZE_MAX;
    }
    const auto number = text::to_number(text);
    if (!number || *number == 0) {
        throw Fault(fmt::format("-ResultSize cannot be \"{}\".", text::escape_for_log(text, 40)),
                    "it must be a whole number above 0, or Unlimited",
                    "leave it out to get all users");
    }
    return *number;
}

}  // namespace

std::string user_text(const json::object& user, const char* name) {
    const json::value* value = user.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

ItemPtr user_item(const json::object& user) {
    auto made = std::make_shared<Item>();
    made->kind = &kUserKind;
    made->id = user_text(user, "uri");
    const std::string dn = user_text(user, "dn");
    std::string policy = user_text(user, "policy");
    policy = text::istarts_with(policy, "tag:") ? policy.substr(4) : policy;
    const json::value* enabled = user.if_contains("enabled");
    made->add("Identity", dn.empty() ? "sip:" + made->id : dn);
    made->add("ExternalAccessPolicy", text_or_null(std::move(policy)));
    made->add("RegistrarPool", text_or_null(user_text(user, "pool")));
    made->add("Enabled",
              enabled == nullptr || value_of(*enabled).is_null() || is_true(value_of(*enabled)));
    made->add("SipAddress", "sip:" + made->id);
    made->add("DisplayName", text_or_null(user_text(user, "display_name")));
    made->add("SamAccountName", text_or_null(without_domain(user_text(user, "logon"))));
    made->add("UserPrincipalName", text_or_null(user_text(user, "upn")));
    made->add("Site", text_or_null(user_text(user, "site")));
    made->add("Homed", text_or_null(user_text(user, "homed")));
    return made;
}

std::vector<json::object> find_users(Call& call, const std::string& identity) {
    if (identity.find('*') != std::string::npos) {
        std::vector<json::object> found = call.list("users");
        const std::string pattern = pattern_of(identity);
        std::erase_if(found,
                      [&](const json::object& user) { return !is_like_named(user, pattern); });
        return found;
    }
    // The gateway knows all forms; it says so if a display name is that of several users.
    const auto user = call.find("users/" + encode_segment(without_scheme(identity)));
    if (!user) {
        throw Fault(
            fmt::format("Management object not found for identity \"{}\".",
                        text::escape_for_log(identity, 200)),
            "no user has that SIP address, user principal name, DOMAIN\\logon, display name "
            "or distinguished name",
            "Get-CsUser shows all users; Enable-CsUser enters one",
            1);
    }
    return {*user};
}

std::vector<json::object> users_of(Call& call) {
    if (call.given().has("Identity")) {
        return find_users(call, call.given().text("Identity"));
    }
    if (call.input() == nullptr) {
        throw Fault(
            "Cannot process command because of one or more missing mandatory parameters: "
            "Identity.",
            "which user?",
            "give -Identity, or pipe in what Get-CsUser shows");
    }
    std::vector<json::object> users;
    for (const Value& one : *call.input()) {
        call.guard([&] {
            const auto* item = one.as<ItemPtr>();
            if (item == nullptr) {
                for (json::object& user : find_users(call, to_text(one))) {
                    users.push_back(std::move(user));
                }
                return;
            }
            const auto* address = (*item)->find("SipAddress");
            if (address == nullptr) {
                throw Fault("The input object cannot be bound: it has no SIP address.",
                            "users are wanted",
                            "pipe in what Get-CsUser shows");
            }
            const auto* policy = (*item)->find("ExternalAccessPolicy");
            const std::string uri = without_scheme(to_text(address->value));
            users.push_back(
                {{"uri", uri}, {"policy", policy == nullptr ? "?" : to_text(policy->value)}});
        });
    }
    return users;
}

void get_users(Call& call) {
    const Bound& given = call.given();
    const Value* filter = given.find("Filter");
    if (filter != nullptr && given.has("LdapFilter")) {
        throw Fault("Parameter set cannot be resolved using the specified named parameters.",
                    "-Filter and -LdapFilter exclude each other",
                    "give one of them");
    }
    Condition condition;
    if (filter != nullptr) {
        condition = parse_condition(to_text(*filter), true);
        warn_of_unknown(call, condition, *user_item({}));
    }
    const bool is_all = !given.has("Identity") && call.input() == nullptr;
    const std::size_t limit = limit_of(given);
    std::size_t count = 0;
    for (const json::object& user : is_all ? call.list("users") : users_of(call)) {
        if (count == limit || !passes(given, user)) {
            continue;
        }
        const bool is_partial = user.if_contains("display_name") == nullptr;
        ItemPtr item = user_item(
            is_partial ? call.find("users/" + encode_segment(user_text(user, "uri"))).value_or(user)
                       : user);
        bool is_wanted = true;
        if (filter != nullptr) {
            call.session().with_current(Value(item), [&] {
                is_wanted = holds(
                    condition, [&](const Expression& one) { return call.session().evaluate(one); });
            });
        }
        if (is_wanted) {
            call.put(std::move(item));
            ++count;
        }
    }
}

}  // namespace isthmus::cli::cs
