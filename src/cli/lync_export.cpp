#include "cli/lync_export.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

using Names = std::initializer_list<std::string_view>;

/// What an object must hold to be of a kind: a pipeline may have stripped the type names.
struct Mark {
    LyncKind kind;
    Names properties;
};

const std::array<Mark, 8> kMarks = {{{LyncKind::User, {"sipaddress"}},
                                     {LyncKind::Partner, {"tlsnegotiation"}},
                                     {LyncKind::Gateway, {"partnerconnectionlimit"}},
                                     {LyncKind::Policy, {"enablefederationaccess"}},
                                     {LyncKind::Policy, {"enablexmppaccess"}},
                                     {LyncKind::Pool, {"fqdn", "site"}},
                                     {LyncKind::Site, {"siteid"}},
                                     {LyncKind::Site, {"identity", "pools"}}}};

struct Renamed {
    std::string_view lync;
    std::string_view ours;
};

constexpr std::array<Renamed, 6> kGatewayNumbers = {
    {{"connectionlimit", "connection_limit"},
     {"partnerconnectionlimit", "partner_connection_limit"},
     {"streamestablishmenttimeout", "stream_establishment_timeout"},
     {"streaminactivitytimeout", "stream_inactivity_timeout"},
     {"keepaliveinterval", "keep_alive_interval"},
     {"subscriptionrefreshinterval", "subscription_refresh_interval"}}};
constexpr std::array<Renamed, 5> kPolicyFlags = {
    {{"enablefederationaccess", "enable_federation_access"},
     {"enablexmppaccess", "enable_xmpp_access"},
     {"enableoutsideaccess", "enable_outside_access"},
     {"enablepubliccloudaccess", "enable_public_cloud_access"},
     {"enablepubliccloudaudiovideoaccess", "enable_public_cloud_audio_video_access"}}};

/// What is read besides those. Of users and of what PowerShell adds nothing is listed.
const std::set<std::string_view> kRead = {"identity",
                                          "description",
                                          "domain",
                                          "additionaldomains",
                                          "partnertype",
                                          "proxyfqdn",
                                          "connectionlimit",
                                          "enablekeepalive",
                                          "tlsnegotiation",
                                          "saslnegotiation",
                                          "supportdialbacknegotiation",
                                          "fqdn",
                                          "site",
                                          "siteid",
                                          "pools",
                                          "displayname",
                                          "name",
                                          "enableloggingallmessagebodies",
                                          "dialbackpassphrase"};

constexpr std::array<std::string_view, 3> kNegotiations = {"Required", "Optional", "NotSupported"};
constexpr std::array<std::string_view, 3> kTypes = {
    "Federated", "PublicVerified", "PublicUnverified"};

std::string domain_of(std::string_view name) {
    std::string domain = text::to_lower(text::trim(name));
    if (domain.ends_with('.')) {
        domain.pop_back();
    }
    return domain;
}

struct Identity {
    enum class Scope : std::uint8_t { Global, Site, User } scope = Scope::User;
    std::string name;

    std::string text() const {
        return scope == Scope::Global ? "Global"
               : scope == Scope::Site ? "Site:" + name
                                      : "Tag:" + name;
    }
};

/// "Tag:X" and "X" are the same.
Identity identity_of(std::string_view written) {
    written = text::trim(written);
    if (text::iequals(written, "global")) {
        return {Identity::Scope::Global, {}};
    }
    if (text::istarts_with(written, "site:")) {
        return {Identity::Scope::Site, std::string(text::trim(written.substr(5)))};
    }
    if (text::istarts_with(written, "tag:")) {
        written.remove_prefix(4);
    }
    return {Identity::Scope::User, std::string(text::trim(written))};
}

/// A description is one line here.
std::string description(const ClixmlObject& object, std::vector<std::string>& notes) {
    const std::string given = object.said("description");
    std::string line;
    for (const char c : given) {
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (!is_control) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    if (line != given) {
        notes.emplace_back("The description becomes one line.");
    }
    return line;
}

/// The value as it is spelt here; refused if it is none of them.
json::string one_of(std::span<const std::string_view> allowed,
                    const ClixmlObject& object,
                    std::string_view name,
                    std::string_view otherwise,
                    LyncObject& into) {
    const std::string given = object.said(name);
    if (given.empty()) {
        return json::string(otherwise);
    }
    const auto found = std::ranges::find_if(
        allowed, [&](std::string_view one) { return text::iequals(one, given); });
    if (found == allowed.end()) {
        into.is_refused = true;
        into.notes.push_back(
            fmt::format("{} is '{}', which it cannot be.", name, text::escape_for_log(given, 60)));
        return json::string(otherwise);
    }
    return json::string(*found);
}

}  // namespace

std::string_view name_of(LyncKind kind) {
    constexpr std::array<std::string_view, 6> kNames = {
        "site", "pool", "policy", "gateway", "partner", "user"};
    return kNames.at(static_cast<std::size_t>(kind));
}

std::size_t LyncReader::take(const Clixml& file) {
    std::size_t taken = 0;
    for (const ClixmlObject* object : file.pipeline) {
        const auto* const mark = std::ranges::find_if(kMarks, [&](const Mark& one) {
            return std::ranges::all_of(one.properties, [&](std::string_view name) {
                return object->properties.contains(std::string(name));
            });
        });
        if (mark == kMarks.end()) {
            made_.notes.push_back(fmt::format(
                "An object of an unknown kind was left out: {}.",
                text::escape_for_log(object->types.empty() ? object->text : object->types.front(),
                                     100)));
            continue;
        }
        ++taken;
        ++made_.read[mark->kind];
        read(mark->kind, *object);
    }
    return taken;
}

void LyncReader::read(LyncKind kind, const ClixmlObject& object) {
    if (kind != LyncKind::User) {
        for (const std::string& name : object.names) {
            const std::string lower = text::to_lower(name);
            const auto is_it = [&](const Renamed& one) { return one.lync == lower; };
            if (!kRead.contains(lower) && std::ranges::none_of(kGatewayNumbers, is_it) &&
                std::ranges::none_of(kPolicyFlags, is_it)) {
                ignored_.insert(name);
            }
        }
    }
    switch (kind) {
        case LyncKind::Site:
            return read_site(object);
        case LyncKind::Pool:
            return read_pool(object);
        case LyncKind::Policy:
            return read_policy(object);
        case LyncKind::Gateway:
            return read_gateway(object);
        case LyncKind::Partner:
            return read_partner(object);
        case LyncKind::User:
            return read_user(object);
    }
}

LyncExport LyncReader::finish() {
    for (const std::string& site : sites_) {
        add({.kind = LyncKind::Site, .id = site, .body = {{"name", site}}});
    }
    std::vector<LyncObject> read = std::exchange(made_.objects, {});
    for (const LyncKind kind :
         {LyncKind::Site, LyncKind::Pool, LyncKind::Policy, LyncKind::Gateway, LyncKind::Partner}) {
        std::ranges::copy_if(read, std::back_inserter(made_.objects), [&](const LyncObject& one) {
            return one.kind == kind;
        });
    }
    compare_domains();
    made_.ignored.assign(ignored_.begin(), ignored_.end());
    return std::move(made_);
}

void LyncReader::add(LyncObject object) {
    const std::string key = fmt::format("{} {}", name_of(object.kind), text::to_lower(object.id));
    if (!known_.insert(key).second) {
        made_.notes.push_back(fmt::format("{} {} is there more than once; the first counts.",
                                          name_of(object.kind),
                                          text::escape_for_log(object.id, 100)));
        return;
    }
    made_.objects.push_back(std::move(object));
}

void LyncReader::read_user(const ClixmlObject& object) {
    std::string uri = object.said("sipaddress");
    if (text::istarts_with(uri, "sip:")) {
        uri.erase(0, 4);
    }
    if (uri.empty()) {
        ++made_.users_without_address;
    } else if (!object.is_true("enabled", true)) {
        ++made_.disabled_users;
    } else {
        made_.users.push_back({.uri = text::to_lower(uri),
                               .display_name = object.said("displayname"),
                               .policy = identity_of(object.said("externalaccesspolicy")).name,
                               .pool = domain_of(object.said("registrarpool"))});
    }
}

void LyncReader::read_pool(const ClixmlObject& object) {
    const std::string fqdn = domain_of(object.said("fqdn"));
    const std::string site = identity_of(object.said("site")).name;
    if (!fqdn.empty() && !site.empty()) {
        sites_.insert(site);
        add({.kind = LyncKind::Pool, .id = fqdn, .body = {{"site", site}}});
    }
}

void LyncReader::read_site(const ClixmlObject& object) {
    for (const std::string_view name : {"identity", "displayname", "name"}) {
        if (std::string site = identity_of(object.said(name)).name; !site.empty()) {
            sites_.insert(std::move(site));
            return;
        }
    }
}

void LyncReader::read_policy(const ClixmlObject& object) {
    const Identity identity = identity_of(object.said("identity"));
    if (identity.scope == Identity::Scope::Site) {
        sites_.insert(identity.name);
    }
    LyncObject policy{.kind = LyncKind::Policy, .id = identity.text()};
    policy.body = {{"identity", policy.id}, {"description", description(object, policy.notes)}};
    for (const Renamed& flag : kPolicyFlags) {
        policy.body[flag.ours] = object.is_true(flag.lync);
    }
    if (object.is_true("enablexmppaccess") && !object.is_true("enablefederationaccess")) {
        policy.notes.emplace_back("XMPP without federation lets nobody talk: both are needed.");
    }
    add(std::move(policy));
}

void LyncReader::read_gateway(const ClixmlObject& object) {
    LyncObject gateway{.kind = LyncKind::Gateway};
    for (const Renamed& one : kGatewayNumbers) {
        if (const auto value = object.number(one.lync)) {
            gateway.body[one.ours] = *value;
        }
    }
    if (object.is_true("enableloggingallmessagebodies")) {
        gateway.notes.emplace_back(
            "Bodies of messages were logged there; here they are not until you switch it on.");
    }
    if (!object.said("dialbackpassphrase").empty()) {
        made_.has_passphrase = true;
        gateway.notes.emplace_back(
            "The dialback passphrase is not taken over; a new one is made here, or give it to "
            "isthmus gateway set --dialback-passphrase -.");
    }
    add(std::move(gateway));
}

json::array LyncReader::additional_domains(const ClixmlObject& object, LyncObject& partner) const {
    std::vector<ClixmlValue> given;
    if (const ClixmlValue* value = object.find("additionaldomains")) {
        given = value->object != nullptr && value->object->is_list ? value->object->items
                                                                   : std::vector{*value};
    }
    json::array made;
    for (const ClixmlValue& one : given) {
        const ClixmlValue* inside = one.object != nullptr ? one.object->find("domain") : nullptr;
        const std::string domain = domain_of(inside != nullptr ? inside->called() : one.called());
        if (domain.empty()) {
            continue;
        }
        if (domain == partner.id || std::ranges::find(made, json::value(domain)) != made.end()) {
            partner.notes.push_back(fmt::format("{} is there twice; once is enough.", domain));
        } else {
            made.emplace_back(domain);
        }
    }
    return made;
}

void LyncReader::read_partner(const ClixmlObject& object) {
    const std::string domain = domain_of(object.said("domain"));
    const std::string identity = domain_of(object.said("identity"));
    LyncObject partner{.kind = LyncKind::Partner, .id = domain.empty() ? identity : domain};
    if (partner.id.empty()) {
        made_.notes.emplace_back("A partner without a domain was left out.");
        return;
    }
    if (!domain.empty() && !identity.empty() && domain != identity) {
        partner.is_refused = true;
        partner.notes.push_back(
            fmt::format("Its Identity says {} and its Domain {}.", identity, domain));
    }
    const auto limit = object.number("connectionlimit");
    if (limit == 0U) {
        partner.notes.emplace_back("ConnectionLimit 0 becomes the gateway's limit.");
    }
    partner.body["domain"] = partner.id;
    partner.body["description"] = description(object, partner.notes);
    partner.body["additional_domains"] = additional_domains(object, partner);
    partner.body["partner_type"] =
        one_of(kTypes, object, "partnertype", "PublicUnverified", partner);
    partner.body["tls_negotiation"] =
        one_of(kNegotiations, object, "tlsnegotiation", "Required", partner);
    partner.body["sasl_negotiation"] =
        one_of(kNegotiations, object, "saslnegotiation", "Required", partner);
    partner.body["support_dialback_negotiation"] =
        object.is_true("supportdialbacknegotiation", true);
    partner.body["enable_keep_alive"] = object.is_true("enablekeepalive", true);
    partner.body["connection_limit"] =
        limit && *limit != 0 ? json::value(*limit) : json::value(nullptr);
    partner.body["proxy_fqdn"] = domain_of(object.said("proxyfqdn"));
    add(std::move(partner));
}

/// A domain belongs to one partner only.
void LyncReader::compare_domains() {
    std::map<std::string, std::string> holders;
    for (LyncObject& partner : made_.objects) {
        if (partner.kind != LyncKind::Partner) {
            continue;
        }
        std::vector<std::string> domains{partner.id};
        for (const json::value& one : partner.body["additional_domains"].as_array()) {
            domains.push_back(json::value_to<std::string>(one));
        }
        for (const std::string& domain : domains) {
            const auto [held, is_new] = holders.emplace(domain, partner.id);
            if (!is_new) {
                partner.is_refused = true;
                partner.notes.push_back(
                    fmt::format("{} belongs to the partner {} already.", domain, held->second));
            }
        }
    }
}

}  // namespace isthmus::cli
