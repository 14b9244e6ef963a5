// SIP domains and providers as the original lists them, and the block list. Allowed domains and
// providers are kept for scripts, migration and warnings: who may talk XMPP is said by partners.
// The block list holds for both protocols and beats every allow.
#pragma once

#include "policy/access_rule.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::policy {

struct AllowedDomain {
    std::string domain;  ///< prepared U-labels, lower case
    std::string proxy_fqdn;
    std::string comment;
    bool mark_for_monitoring = false;
    VerificationLevel verification_level = VerificationLevel::UseSourceVerification;

    bool operator==(const AllowedDomain&) const = default;
};

struct BlockedDomain {
    /// One domain, or "*.fabrikam.example" for everything below it (not for itself), or "*".
    std::string domain;
    std::string comment;

    bool operator==(const BlockedDomain&) const = default;
};

enum class ProviderKind : std::uint8_t { Hosted, Public };

/// SIP federated provider.
struct Provider {
    std::string name;
    ProviderKind kind = ProviderKind::Hosted;
    std::string proxy_fqdn;
    bool enabled = false;
    VerificationLevel verification_level = VerificationLevel::UseSourceVerification;
    bool enabled_shared_address_space = false;  ///< hosted only
    bool hosts_ocs_users = false;               ///< hosted only
    bool is_local = false;                      ///< hosted only
    std::string autodiscover_url;               ///< hosted only

    bool operator==(const Provider&) const = default;
};

}  // namespace isthmus::policy
