// An XMPP federated partner: one allowed XMPP domain with its settings. Names and defaults are the
// original's (docs/decisions.md, Management).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::policy {

enum class PartnerType : std::uint8_t { PublicUnverified, PublicVerified, Federated };
enum class Negotiation : std::uint8_t { Required, Optional, NotSupported };

struct Partner {
    std::string domain;                           ///< primary; prepared U-labels, lower case
    std::vector<std::string> additional_domains;  ///< the same form
    std::string description;
    PartnerType partner_type = PartnerType::PublicUnverified;
    Negotiation tls_negotiation = Negotiation::Required;
    Negotiation sasl_negotiation = Negotiation::Required;
    bool support_dialback_negotiation = true;
    bool enable_keep_alive = true;
    std::optional<std::uint32_t> connection_limit;  ///< unset: the gateway's partner limit
    std::string proxy_fqdn;
    /// Ours, not the original's: SHA-256 of the only certificates that are accepted from it, 64 hex
    /// digits in lower case; empty: any that is trusted and proves the domain.
    std::vector<std::string> pinned_certificate;
    /// Ours as well: its DNS may lead to addresses of closed networks and of this machine, which is
    /// allowed for Federated partners anyway.
    bool allow_private_addresses = false;
    /// Ours as well: the web site of its domain may name the certificate that its servers show.
    bool allow_posh = false;
    bool enabled = true;

    bool operator==(const Partner&) const = default;
};

}  // namespace isthmus::policy
