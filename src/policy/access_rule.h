// External access policies and the organisation's master switches. Names and defaults are the
// original's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::policy {

/// One external access policy; `identity` is "Global", "Site:NAME" or "Tag:NAME".
struct AccessRule {
    std::string identity;
    std::string description;
    bool enable_federation_access = false;
    bool enable_xmpp_access = false;
    bool enable_public_cloud_access = false;
    bool enable_public_cloud_audio_video_access = false;
    bool enable_outside_access = false;

    bool operator==(const AccessRule&) const = default;
};

/// Both are needed: XMPP is federation, too.
inline bool allows_xmpp(const AccessRule& rule) {
    return rule.enable_federation_access && rule.enable_xmpp_access;
}

enum class RoutingMethod : std::uint8_t { UseDnsSrvRouting, UseDefaultRouting };
/// How far the identity of a sender from outside is believed.
enum class VerificationLevel : std::uint8_t {
    UseSourceVerification,
    AlwaysVerifiable,
    AlwaysUnverifiable
};

/// Of the whole organisation. What speaks of conferences and SIP federation is kept for scripts and
/// migration: this gateway acts on allow_federated_users only.
struct AccessEdge {
    bool allow_anonymous_users = false;
    bool allow_federated_users = false;
    bool allow_outside_users = true;
    bool be_clearing_house = false;
    bool enable_partner_discovery = false;
    VerificationLevel discovered_partner_verification_level =
        VerificationLevel::UseSourceVerification;
    bool enable_archiving_disclaimer = false;
    bool enable_user_replicator = false;
    bool keep_crls_up_to_date_for_peers = true;
    bool mark_source_verifiable_on_outgoing_messages = true;
    std::uint32_t outgoing_tls_count_for_federated_partners = 4;  ///< 1 to 4
    std::uint32_t dns_srv_cache_record_count = 131072;
    std::uint32_t discovered_partner_standard_rate = 20;  ///< messages a second
    bool enable_discovered_partner_contacts_limit = true;
    std::uint32_t max_contacts_per_discovered_partner = 1000;
    std::uint32_t discovered_partner_report_period_minutes = 60;
    std::uint32_t max_accepted_certificates_stored = 1000;
    std::uint32_t max_rejected_certificates_stored = 500;
    std::uint32_t certificates_deleted_percentage = 20;
    std::string skype_search_url;
    RoutingMethod routing_method = RoutingMethod::UseDnsSrvRouting;
    std::string default_route_fqdn;  ///< with UseDefaultRouting only
    VerificationLevel verification_level = VerificationLevel::UseSourceVerification;
    bool is_public_provider = false;

    bool operator==(const AccessEdge&) const = default;
};

/// XMPP gateway configuration, global.
struct GatewaySettings {
    bool enabled = true;  ///< ours: the XMPP-only master switch
    std::uint32_t connection_limit = 1000;
    std::uint32_t partner_connection_limit = 20;
    std::string dialback_passphrase;
    bool enable_logging_all_message_bodies = false;
    std::uint32_t keep_alive_interval = 300;              ///< seconds
    std::uint32_t stream_establishment_timeout = 60;      ///< seconds
    std::uint32_t stream_inactivity_timeout = 600;        ///< seconds
    std::uint32_t subscription_refresh_interval = 28800;  ///< seconds
    std::uint32_t presence_restore_rate = 500;  ///< ours: subscriptions a second after a restart

    bool operator==(const GatewaySettings&) const = default;
};

}  // namespace isthmus::policy
