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

struct AccessEdge {
    bool allow_federated_users = false;
    bool allow_outside_users = true;
    bool allow_anonymous_users = false;

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
