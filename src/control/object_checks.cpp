#include "control/object_checks.h"

#include "policy/negotiation.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace isthmus::control {

using policy::AccessRule;
using policy::AllowedDomain;
using policy::BlockedDomain;
using policy::Objects;
using policy::Partner;
using policy::Policy;
using policy::Pool;
using policy::Site;

namespace {

Error refused(ErrorKind kind, std::string sentence) {
    return make_error(
        kind, kind == ErrorKind::Conflict ? "IST-API-003" : "IST-API-001", std::move(sentence), {});
}

template <class Object>
bool has(const std::vector<Object>& list, std::string_view id) {
    return std::ranges::any_of(
        list, [id](const Object& one) { return text::iequals(one.*Kind<Object>::kId, id); });
}

void warn_if_blocked(std::string_view domain,
                     const Policy& now,
                     std::vector<std::string>& warnings) {
    if (const BlockedDomain* block = now.block_of(domain); block != nullptr) {
        warnings.push_back(fmt::format(
            "{} is blocked by the entry '{}', which beats this.", domain, block->domain));
    }
}

bool covers(std::string_view pattern, std::string_view domain) {
    return pattern == "*" || pattern == domain ||
           (pattern.starts_with("*.") && domain.ends_with(pattern.substr(1)));
}

/// The place of the partner whose primary domain it is.
std::uint32_t partner_place(const policy::PartnerTable& partners, std::string_view domain) {
    const std::uint32_t place = partners.find(domain);
    const Partner* found = partners.at(place);
    return found != nullptr && found->domain == domain ? place : policy::PartnerTable::kNone;
}

}  // namespace

bool replace_in(policy::PartnerTable& partners, const Partner& partner) {
    const std::uint32_t place = partner_place(partners, partner.domain);
    if (place == policy::PartnerTable::kNone) {
        return false;
    }
    partners.replace(place, partner);
    return true;
}

void erase_from(policy::PartnerTable& partners, std::string_view domain) {
    const std::uint32_t place = partner_place(partners, domain);
    if (place != policy::PartnerTable::kNone) {
        partners.erase(place);
    }
}

std::vector<policy::Provider> shipped_providers() {
    const auto shipped = [](const char* name, const char* proxy) {
        return policy::Provider{.name = name,
                                .kind = policy::ProviderKind::Public,
                                .proxy_fqdn = proxy,
                                .verification_level = policy::VerificationLevel::AlwaysVerifiable,
                                .autodiscover_url = {}};
    };
    return {shipped("America Online", "sip.oscar.aol.com"),
            shipped("Windows Live", "federation.messenger.msn.com"),
            shipped("Yahoo!", "lcsap.msg.yahoo.com")};
}

bool may_be_implied(std::string_view kind, std::string_view id) {
    return kind == Kind<policy::AccessEdge>::kName ||
           kind == Kind<policy::GatewaySettings>::kName || kind == Kind<policy::Provider>::kName ||
           (kind == Kind<AccessRule>::kName && id == "Global");
}

Result<void> check_object(const Partner& object,
                          const Objects& next,
                          const Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings) {
    std::vector<std::string_view> domains{object.domain};
    domains.insert(
        domains.end(), object.additional_domains.begin(), object.additional_domains.end());
    for (const std::string_view domain : domains) {
        if (std::ranges::find(own_domains, domain) != own_domains.end()) {
            return refused(ErrorKind::Syntax,
                           fmt::format("'{}' is one of our own domains: a partner is another "
                                       "organisation's.",
                                       domain));
        }
        const Partner* holder = now.partner_of(domain);
        if (holder != nullptr && holder->domain != object.domain) {
            return refused(
                ErrorKind::Conflict,
                fmt::format(
                    "The domain '{}' belongs to the partner '{}'.", domain, holder->domain));
        }
        if (has(next.allowed_domains, domain)) {
            warnings.push_back(
                fmt::format("{} is an allowed SIP domain too: one domain is reached by SIP or by "
                            "XMPP, not by both. Delete the SIP entry when it is moved.",
                            domain));
        }
        warn_if_blocked(domain, now, warnings);
    }
    const auto verdict = policy::judge(object);
    if (verdict.status == policy::NegotiationVerdict::Status::Warn) {
        warnings.push_back(fmt::format("{} Will use: {}.", verdict.sentence, verdict.methods()));
    }
    return {};
}

Result<void> check_object(const AccessRule& object,
                          const Objects& next,
                          const Policy& /*now*/,
                          const std::vector<std::string>& /*own_domains*/,
                          std::vector<std::string>& warnings) {
    const std::string_view identity = object.identity;
    if (identity != "Global") {
        const std::string_view name = identity.substr(identity.find(':') + 1);
        if (auto good = check_name("identity", name); !good) {
            return good;
        }
        if (identity.starts_with("Site:") && !has(next.sites, name)) {
            return make_error(
                ErrorKind::NotFound,
                "IST-API-002",
                fmt::format("There is no site '{}' for the policy to hold for.", name),
                {});
        }
    }
    if (object.enable_xmpp_access && !object.enable_federation_access) {
        warnings.emplace_back(
            "enable_xmpp_access has no effect while enable_federation_access is false: both are "
            "needed.");
    }
    return {};
}

Result<void> check_object(const AllowedDomain& object,
                          const Objects& next,
                          const Policy& now,
                          const std::vector<std::string>& /*own_domains*/,
                          std::vector<std::string>& warnings) {
    if (has(next.blocked_domains, object.domain)) {
        return refused(ErrorKind::Conflict,
                       fmt::format("'{}' is on the block list; a domain is allowed or blocked.",
                                   object.domain));
    }
    if (const Partner* partner = now.partner_of(object.domain); partner != nullptr) {
        warnings.push_back(
            fmt::format("{} belongs to the XMPP partner {} too: one domain is reached by SIP or by "
                        "XMPP, not by both.",
                        object.domain,
                        partner->domain));
    }
    warn_if_blocked(object.domain, now, warnings);
    return {};
}

Result<void> check_object(const BlockedDomain& object,
                          const Objects& next,
                          const Policy& now,
                          const std::vector<std::string>& own_domains,
                          std::vector<std::string>& warnings) {
    if (has(next.allowed_domains, object.domain)) {
        return refused(ErrorKind::Conflict,
                       fmt::format("'{}' is an allowed SIP domain; a domain is allowed or blocked.",
                                   object.domain));
    }
    if (std::ranges::find(own_domains, object.domain) != own_domains.end()) {
        return refused(ErrorKind::Syntax,
                       fmt::format("'{}' is one of our own domains.", object.domain));
    }
    for (const Partner& partner : now.partners()) {
        if (warnings.size() < 10 && covers(object.domain, partner.domain)) {
            warnings.push_back(
                fmt::format("The XMPP partner {} can no longer be talked to.", partner.domain));
        }
    }
    return {};
}

Result<void> check_object(const policy::Provider& object,
                          const Objects& /*next*/,
                          const Policy& /*now*/,
                          const std::vector<std::string>& /*own_domains*/,
                          std::vector<std::string>& /*warnings*/) {
    return check_name("name", object.name);
}

Result<void> check_object(const Site& object,
                          const Objects& /*next*/,
                          const Policy& /*now*/,
                          const std::vector<std::string>& /*own_domains*/,
                          std::vector<std::string>& /*warnings*/) {
    return check_name("name", object.name);
}

Result<void> check_object(const Pool& object,
                          const Objects& next,
                          const Policy& /*now*/,
                          const std::vector<std::string>& /*own_domains*/,
                          std::vector<std::string>& /*warnings*/) {
    if (!has(next.sites, object.site)) {
        return make_error(ErrorKind::NotFound,
                          "IST-API-002",
                          fmt::format("There is no site '{}'.", text::escape_for_log(object.site)),
                          {});
    }
    return {};
}

std::string site_is_used_by(const Site& site, const Objects& objects, bool is_first) {
    std::string made;
    const auto add = [&](std::string what) {
        made += (is_first && made.empty() ? "" : ", ") + what;
    };
    if (has(objects.rules, "Site:" + site.name)) {
        add("its site policy");
    }
    const auto pools = std::ranges::count_if(
        objects.pools, [&](const Pool& pool) { return text::iequals(pool.site, site.name); });
    if (pools != 0) {
        add(fmt::format("{} pools", pools));
    }
    return made;
}

}  // namespace isthmus::control
