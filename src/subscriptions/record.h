// What must survive of one SIP user and one XMPP user: who may watch whom, and the dialogs of the
// SIP user's devices. Authorisations last until somebody takes them back; dialogs are disposable
// (gap G-10).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::subscriptions {

/// Of one direction of one pair. RFC 6121 §3, as far as the gateway must know it.
enum class Standing : std::uint8_t {
    None,
    Pending,  ///< asked for, not decided
    Active,   ///< granted
};

std::string_view standing_name(Standing standing);  ///< "none", "pending", "active"

/// A dialog in which a SIP device watches the contact.
struct WatchDialog {
    std::string saved;            ///< as sip::Notifiers::save() made it
    std::int64_t expires_at = 0;  ///< seconds since 1970

    bool operator==(const WatchDialog&) const = default;
};

struct Record {
    std::string user;      ///< our SIP user as compared: "alice@contoso.example"
    std::string contact;   ///< bare JID, prepared: "juliet@fabrikam.example"
    std::string user_uri;  ///< the SIP user's own spelling, "sip:Alice@contoso.example" (gap G-02)
    Standing sip_watches_xmpp = Standing::None;
    Standing xmpp_watches_sip = Standing::None;
    std::int64_t since = 0;  ///< seconds since 1970: when the pair was made
    std::vector<WatchDialog> dialogs;
    /// Resources of the SIP user that the XMPP user holds for available, perhaps some that have
    /// left since: what a restart has to take back if they are gone then.
    std::vector<std::string> shown;

    bool operator==(const Record&) const = default;
};

}  // namespace isthmus::subscriptions
