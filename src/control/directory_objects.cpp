// The objects beside partners and policies: SIP domains, providers, sites, pools, users.
#include "base/text.h"
#include "control/objects.h"
#include "control/properties.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::AllowedDomain;
using policy::BlockedDomain;
using policy::Pool;
using policy::Provider;
using policy::Site;
using policy::User;

namespace {

constexpr std::string_view kProviderKinds[] = {"hosted", "public"};
constexpr std::string_view kHomes[] = {"here", "legacy"};
constexpr std::string_view kSources[] = {"manual", "csv", "ldap"};
constexpr std::size_t kComment = 1024;
constexpr std::string_view kDomain = "a domain name";

}  // namespace

json::object to_json(const AllowedDomain& domain) {
    return {
        {"domain", domain.domain},
        {"kind", "allowed"},
        {"proxy_fqdn", domain.proxy_fqdn},
        {"comment", domain.comment},
        {"mark_for_monitoring", domain.mark_for_monitoring},
        {"verification_level", word_of(domain.verification_level, kVerificationLevels)},
    };
}

Result<void> apply(AllowedDomain& to, const json::object& change, const CanonicalNames& canonical) {
    return apply_to_copy(to, change, [&](AllowedDomain& domain, Properties& properties) {
        properties.name("domain", domain.domain, canonical.domain, kDomain);
        properties.fixed("kind", "allowed");
        properties.fqdn("proxy_fqdn", domain.proxy_fqdn);
        properties.text("comment", domain.comment, kComment);
        properties.flag("mark_for_monitoring", domain.mark_for_monitoring);
        properties.choice("verification_level", domain.verification_level, kVerificationLevels);
    });
}

json::object to_json(const BlockedDomain& domain) {
    return {{"domain", domain.domain}, {"kind", "blocked"}, {"comment", domain.comment}};
}

Result<void> apply(BlockedDomain& to, const json::object& change, const CanonicalNames& canonical) {
    return apply_to_copy(to, change, [&](BlockedDomain& domain, Properties& properties) {
        properties.name(
            "domain",
            domain.domain,
            [&](std::string_view given) { return canonical_pattern(given, canonical.domain); },
            "a domain name, or *.DOMAIN for all below it, or * for all");
        properties.fixed("kind", "blocked");
        properties.text("comment", domain.comment, kComment);
    });
}

json::object to_json(const Provider& provider) {
    return {
        {"name", provider.name},
        {"kind", word_of(provider.kind, kProviderKinds)},
        {"proxy_fqdn", provider.proxy_fqdn},
        {"enabled", provider.enabled},
        {"verification_level", word_of(provider.verification_level, kVerificationLevels)},
        {"enabled_shared_address_space", provider.enabled_shared_address_space},
        {"hosts_ocs_users", provider.hosts_ocs_users},
        {"is_local", provider.is_local},
        {"autodiscover_url", provider.autodiscover_url},
    };
}

Result<void> apply(Provider& to, const json::object& change, const CanonicalNames& /*names*/) {
    return apply_to_copy(to, change, [](Provider& provider, Properties& properties) {
        properties.text("name", provider.name, 64);
        properties.choice("kind", provider.kind, kProviderKinds);
        properties.fqdn("proxy_fqdn", provider.proxy_fqdn);
        properties.flag("enabled", provider.enabled);
        properties.choice("verification_level", provider.verification_level, kVerificationLevels);
        properties.flag("enabled_shared_address_space", provider.enabled_shared_address_space);
        properties.flag("hosts_ocs_users", provider.hosts_ocs_users);
        properties.flag("is_local", provider.is_local);
        properties.text("autodiscover_url", provider.autodiscover_url, kComment);
        if (provider.proxy_fqdn.empty()) {
            properties.fail_alone("proxy_fqdn",
                                  "is required: the host name of the provider's Access Edge.");
        }
    });
}

json::object to_json(const Site& site) {
    return {{"name", site.name}, {"description", site.description}};
}

Result<void> apply(Site& to, const json::object& change, const CanonicalNames& /*names*/) {
    return apply_to_copy(to, change, [](Site& site, Properties& properties) {
        properties.text("name", site.name, 64);
        properties.text("description", site.description, kComment);
    });
}

json::object to_json(const Pool& pool) {
    return {{"fqdn", pool.fqdn}, {"site", pool.site}};
}

Result<void> apply(Pool& to, const json::object& change, const CanonicalNames& /*names*/) {
    return apply_to_copy(to, change, [](Pool& pool, Properties& properties) {
        properties.fqdn("fqdn", pool.fqdn);
        properties.text("site", pool.site, 64);
    });
}

json::object to_json(const User& user) {
    return {
        {"uri", user.uri},
        {"display_name", user.display_name},
        {"enabled", user.enabled},
        {"site", user.site},
        {"pool", user.pool},
        {"homed", word_of(user.homed, kHomes)},
        {"policy", user.policy},
        {"source", word_of(user.source, kSources)},
        {"upn", user.upn},
        {"logon", user.logon},
        {"dn", user.dn},
    };
}

Result<void> apply(User& to, const json::object& change, const CanonicalNames& canonical) {
    return apply_to_copy(to, change, [&](User& user, Properties& properties) {
        properties.name("uri", user.uri, canonical.user, "the address of a SIP user, USER@DOMAIN");
        properties.text("display_name", user.display_name, 256);
        properties.flag("enabled", user.enabled);
        properties.text("site", user.site, 64);
        properties.fqdn("pool", user.pool);
        properties.choice("homed", user.homed, kHomes);
        properties.text("policy", user.policy, 128);
        if (!user.policy.empty()) {
            user.policy = policy_identity(user.policy);
        }
        properties.choice("source", user.source, kSources);
        properties.text("upn", user.upn, 256);
        properties.text("logon", user.logon, 256);
        properties.text("dn", user.dn, 1024);
    });
}

}  // namespace isthmus::control
