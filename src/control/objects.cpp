#include "control/objects.h"

#include "base/text.h"
#include "control/properties.h"
#include "policy/negotiation.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::AccessEdge;
using policy::AccessRule;
using policy::GatewaySettings;
using policy::Partner;

namespace {

constexpr std::string_view kPartnerTypes[] = {"PublicUnverified", "PublicVerified", "Federated"};
constexpr std::string_view kNegotiations[] = {"Required", "Optional", "NotSupported"};
constexpr std::string_view kRoutingMethods[] = {"UseDnsSrvRouting", "UseDefaultRouting"};
constexpr std::size_t kDescription = 1024;

/// 64 hex digits in lower case.
Result<std::string> canonical_fingerprint(std::string_view given) {
    constexpr std::size_t kDigits = 64;
    std::array<char, kDigits> made{};
    std::size_t count = 0;
    for (const char c : given) {
        if (text::hex_value(c) < 0 && c != ':') {
            return make_error(ErrorKind::Syntax, "not hexadecimal");
        }
        if (c != ':' && count++ < kDigits) {
            made.at(count - 1) = text::lower(c);
        }
    }
    if (count != kDigits) {
        return make_error(ErrorKind::Syntax, "not 64 digits");
    }
    return std::string(made.data(), kDigits);
}

}  // namespace

Result<void> check_name(std::string_view what, std::string_view name) {
    bool is_good = !name.empty() && name.size() <= 64 && text::is_utf8(name) &&
                   text::trim(name).size() == name.size();
    for (const char c : name) {
        is_good = is_good && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '/' &&
                  c != ':' && c != '*' && c != '?';
    }
    if (!is_good) {
        return make_error(
            ErrorKind::Syntax,
            "IST-API-001",
            fmt::format("{} '{}': must be 1 to 64 octets without control characters, none of / : "
                        "* ? and no space at the ends.",
                        what,
                        text::escape_for_log(name, 80)),
            {});
    }
    return {};
}

Result<std::string> canonical_pattern(std::string_view pattern, const Canonical& domain) {
    if (pattern == "*") {
        return std::string(pattern);
    }
    const bool is_wild = pattern.starts_with("*.");
    auto rest = domain(is_wild ? pattern.substr(2) : pattern);
    if (rest && is_wild) {
        rest->insert(0, "*.");
    }
    return rest;
}

std::string policy_identity(std::string_view id) {
    if (text::iequals(id, "global")) {
        return "Global";
    }
    if (text::istarts_with(id, "site:")) {
        return fmt::format("Site:{}", id.substr(5));
    }
    if (text::istarts_with(id, "tag:")) {
        return fmt::format("Tag:{}", id.substr(4));
    }
    return fmt::format("Tag:{}", id);
}

json::object to_json(const Partner& partner) {
    json::array domains(partner.additional_domains.begin(), partner.additional_domains.end());
    json::value limit;
    if (partner.connection_limit) {
        limit = *partner.connection_limit;
    }
    return {
        {"domain", partner.domain},
        {"additional_domains", std::move(domains)},
        {"description", partner.description},
        {"partner_type", word_of(partner.partner_type, kPartnerTypes)},
        {"tls_negotiation", word_of(partner.tls_negotiation, kNegotiations)},
        {"sasl_negotiation", word_of(partner.sasl_negotiation, kNegotiations)},
        {"support_dialback_negotiation", partner.support_dialback_negotiation},
        {"enable_keep_alive", partner.enable_keep_alive},
        {"connection_limit", std::move(limit)},
        {"proxy_fqdn", partner.proxy_fqdn},
        {"pinned_certificate",
         json::array(partner.pinned_certificate.begin(), partner.pinned_certificate.end())},
        {"allow_private_addresses", partner.allow_private_addresses},
        {"allow_posh", partner.allow_posh},
        {"enabled", partner.enabled},
    };
}

Result<void> apply(Partner& to, const json::object& change, const CanonicalNames& canonical) {
    Partner copy = to;
    auto result = apply_to_copy(copy, change, [&](Partner& partner, Properties& properties) {
        properties.name("domain", partner.domain, canonical.domain, "a domain name");
        properties.domains("additional_domains", partner.additional_domains, canonical.domain);
        properties.text("description", partner.description, kDescription);
        properties.choice("partner_type", partner.partner_type, kPartnerTypes);
        properties.choice("tls_negotiation", partner.tls_negotiation, kNegotiations);
        properties.choice("sasl_negotiation", partner.sasl_negotiation, kNegotiations);
        properties.flag("support_dialback_negotiation", partner.support_dialback_negotiation);
        properties.flag("enable_keep_alive", partner.enable_keep_alive);
        properties.optional_number("connection_limit", partner.connection_limit, 1, 1'000'000);
        properties.host("proxy_fqdn", partner.proxy_fqdn);
        properties.list("pinned_certificate",
                        partner.pinned_certificate,
                        canonical_fingerprint,
                        "SHA-256 fingerprint");
        properties.flag("allow_private_addresses", partner.allow_private_addresses);
        properties.flag("allow_posh", partner.allow_posh);
        properties.flag("enabled", partner.enabled);
    });
    if (!result) {
        return result;
    }
    const auto verdict = policy::judge(copy);
    if (verdict.status == policy::NegotiationVerdict::Status::Invalid) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          verdict.sentence,
                          fmt::format("tls_negotiation {}, sasl_negotiation {}, "
                                      "support_dialback_negotiation {}: no way of authenticating "
                                      "is left",
                                      word_of(copy.tls_negotiation, kNegotiations),
                                      word_of(copy.sasl_negotiation, kNegotiations),
                                      copy.support_dialback_negotiation));
    }
    std::erase(copy.additional_domains, copy.domain);
    to = std::move(copy);
    return result;
}

json::object to_json(const AccessRule& rule) {
    return {
        {"identity", rule.identity},
        {"description", rule.description},
        {"enable_federation_access", rule.enable_federation_access},
        {"enable_xmpp_access", rule.enable_xmpp_access},
        {"enable_public_cloud_access", rule.enable_public_cloud_access},
        {"enable_public_cloud_audio_video_access", rule.enable_public_cloud_audio_video_access},
        {"enable_outside_access", rule.enable_outside_access},
    };
}

Result<void> apply(AccessRule& to, const json::object& change, const CanonicalNames& /*names*/) {
    return apply_to_copy(to, change, [](AccessRule& rule, Properties& properties) {
        properties.text("identity", rule.identity, 128);
        rule.identity = policy_identity(rule.identity);
        properties.text("description", rule.description, kDescription);
        properties.flag("enable_federation_access", rule.enable_federation_access);
        properties.flag("enable_xmpp_access", rule.enable_xmpp_access);
        properties.flag("enable_public_cloud_access", rule.enable_public_cloud_access);
        properties.flag("enable_public_cloud_audio_video_access",
                        rule.enable_public_cloud_audio_video_access);
        properties.flag("enable_outside_access", rule.enable_outside_access);
    });
}

json::object to_json(const AccessEdge& edge) {
    return {
        {"allow_anonymous_users", edge.allow_anonymous_users},
        {"allow_federated_users", edge.allow_federated_users},
        {"allow_outside_users", edge.allow_outside_users},
        {"be_clearing_house", edge.be_clearing_house},
        {"enable_partner_discovery", edge.enable_partner_discovery},
        {"discovered_partner_verification_level",
         word_of(edge.discovered_partner_verification_level, kVerificationLevels)},
        {"enable_archiving_disclaimer", edge.enable_archiving_disclaimer},
        {"enable_user_replicator", edge.enable_user_replicator},
        {"keep_crls_up_to_date_for_peers", edge.keep_crls_up_to_date_for_peers},
        {"mark_source_verifiable_on_outgoing_messages",
         edge.mark_source_verifiable_on_outgoing_messages},
        {"outgoing_tls_count_for_federated_partners",
         edge.outgoing_tls_count_for_federated_partners},
        {"dns_srv_cache_record_count", edge.dns_srv_cache_record_count},
        {"discovered_partner_standard_rate", edge.discovered_partner_standard_rate},
        {"enable_discovered_partner_contacts_limit", edge.enable_discovered_partner_contacts_limit},
        {"max_contacts_per_discovered_partner", edge.max_contacts_per_discovered_partner},
        {"discovered_partner_report_period_minutes", edge.discovered_partner_report_period_minutes},
        {"max_accepted_certificates_stored", edge.max_accepted_certificates_stored},
        {"max_rejected_certificates_stored", edge.max_rejected_certificates_stored},
        {"certificates_deleted_percentage", edge.certificates_deleted_percentage},
        {"skype_search_url", edge.skype_search_url},
        {"routing_method", word_of(edge.routing_method, kRoutingMethods)},
        {"default_route_fqdn", edge.default_route_fqdn},
        {"verification_level", word_of(edge.verification_level, kVerificationLevels)},
        {"is_public_provider", edge.is_public_provider},
    };
}

Result<void> apply(AccessEdge& to, const json::object& change, const CanonicalNames& /*names*/) {
    return apply_to_copy(to, change, [](AccessEdge& edge, Properties& properties) {
        constexpr std::int64_t kMost = 1'000'000;
        properties.flag("allow_anonymous_users", edge.allow_anonymous_users);
        properties.flag("allow_federated_users", edge.allow_federated_users);
        properties.flag("allow_outside_users", edge.allow_outside_users);
        properties.flag("be_clearing_house", edge.be_clearing_house);
        properties.flag("enable_partner_discovery", edge.enable_partner_discovery);
        properties.choice("discovered_partner_verification_level",
                          edge.discovered_partner_verification_level,
                          kVerificationLevels);
        properties.flag("enable_archiving_disclaimer", edge.enable_archiving_disclaimer);
        properties.flag("enable_user_replicator", edge.enable_user_replicator);
        properties.flag("keep_crls_up_to_date_for_peers", edge.keep_crls_up_to_date_for_peers);
        properties.flag("mark_source_verifiable_on_outgoing_messages",
                        edge.mark_source_verifiable_on_outgoing_messages);
        properties.number("outgoing_tls_count_for_federated_partners",
                          edge.outgoing_tls_count_for_federated_partners,
                          1,
                          4);
        properties.number("dns_srv_cache_record_count", edge.dns_srv_cache_record_count, 0, kMost);
        properties.number(
            "discovered_partner_standard_rate", edge.discovered_partner_standard_rate, 1, kMost);
        properties.flag("enable_discovered_partner_contacts_limit",
                        edge.enable_discovered_partner_contacts_limit);
        properties.number("max_contacts_per_discovered_partner",
                          edge.max_contacts_per_discovered_partner,
                          1,
                          kMost);
        properties.number("discovered_partner_report_period_minutes",
                          edge.discovered_partner_report_period_minutes,
                          1,
                          kMost);
        properties.number(
            "max_accepted_certificates_stored", edge.max_accepted_certificates_stored, 0, kMost);
        properties.number(
            "max_rejected_certificates_stored", edge.max_rejected_certificates_stored, 0, kMost);
        properties.number(
            "certificates_deleted_percentage", edge.certificates_deleted_percentage, 0, 100);
        properties.text("skype_search_url", edge.skype_search_url, kDescription);
        properties.choice("routing_method", edge.routing_method, kRoutingMethods);
        properties.fqdn("default_route_fqdn", edge.default_route_fqdn);
        properties.choice("verification_level", edge.verification_level, kVerificationLevels);
        properties.flag("is_public_provider", edge.is_public_provider);
        const bool by_dns = edge.routing_method == policy::RoutingMethod::UseDnsSrvRouting;
        if (edge.enable_partner_discovery && !by_dns) {
            properties.fail_alone("enable_partner_discovery",
                                  "needs routing_method UseDnsSrvRouting.");
        }
        if (!by_dns && edge.default_route_fqdn.empty()) {
            properties.fail_alone("default_route_fqdn",
                                  "is required with routing_method UseDefaultRouting.");
        }
    });
}

json::object to_json(const GatewaySettings& settings) {
    return {
        {"enabled", settings.enabled},
        {"connection_limit", settings.connection_limit},
        {"partner_connection_limit", settings.partner_connection_limit},
        {"dialback_passphrase_is_set", !settings.dialback_passphrase.empty()},
        {"enable_logging_all_message_bodies", settings.enable_logging_all_message_bodies},
        {"keep_alive_interval", settings.keep_alive_interval},
        {"stream_establishment_timeout", settings.stream_establishment_timeout},
        {"stream_inactivity_timeout", settings.stream_inactivity_timeout},
        {"subscription_refresh_interval", settings.subscription_refresh_interval},
        {"presence_restore_rate", settings.presence_restore_rate},
    };
}

Result<void> apply(GatewaySettings& to,
                   const json::object& change,
                   const CanonicalNames& /*names*/) {
    return apply_to_copy(to, change, [](GatewaySettings& settings, Properties& properties) {
        constexpr std::int64_t kDay = 86400;
        constexpr std::int64_t kConnections = 1'000'000;
        properties.flag("enabled", settings.enabled);
        properties.number("connection_limit", settings.connection_limit, 1, kConnections);
        properties.number(
            "partner_connection_limit", settings.partner_connection_limit, 1, kConnections);
        properties.text("dialback_passphrase", settings.dialback_passphrase, 1024);
        bool is_set = false;  // as it was read; only the passphrase itself changes it
        properties.flag("dialback_passphrase_is_set", is_set);
        properties.flag("enable_logging_all_message_bodies",
                        settings.enable_logging_all_message_bodies);
        properties.number("keep_alive_interval", settings.keep_alive_interval, 1, kDay);
        properties.number(
            "stream_establishment_timeout", settings.stream_establishment_timeout, 1, kDay);
        properties.number("stream_inactivity_timeout", settings.stream_inactivity_timeout, 1, kDay);
        properties.number(
            "subscription_refresh_interval", settings.subscription_refresh_interval, 60, kDay);
        properties.number("presence_restore_rate", settings.presence_restore_rate, 10, 10'000);
    });
}

}  // namespace isthmus::control
