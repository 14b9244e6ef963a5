// Presence stanzas <-> PIDF documents: RFC 8048 §6, RFC 3922 §5 and §6.3, RFC 4480. Content only:
// who may see it and when it is sent is the subscriptions' affair.
#pragma once

#include "base/arena.h"
#include "sip/pidf.h"
#include "translate/error.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

#include <boost/system/result.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace isthmus::translate {

// --- XMPP to SIP ------------------------------------------------------------------------------

/// A document and the language that its NOTIFY names.
struct PresenceDocument {
    sip::Pidf pidf;
    std::string_view content_language;
};

/// The whole state of one presentity (RFC 3856 §6.8) after `stanzas`, which arrived in this order:
/// a tuple for each available resource, and one for the resource that left last. Nothing if none of
/// them is about availability (RFC 8048 §6.2 note 1), or the address has no URI. `stamp`, of
/// Stamps, becomes the time stamp of its tuples; without one they have that of delayed stanzas.
/// Shows become activities too, an idle client (XEP-0319) user-input: docs/presence.md has the
/// table.
std::optional<PresenceDocument> to_pidf(std::span<const xmpp::Presence> stanzas,
                                        Arena& arena,
                                        std::int64_t stamp = 0);

/// Gives out time stamps, each once, so that no two documents carry the same (RFC 3863 §4.1.7).
class Stamps {
  public:
    /// `now`: Unix time in microseconds; the result is it or a little later.
    std::int64_t next(std::int64_t now) { return last_ = std::max(now, last_ + 1); }

  private:
    std::int64_t last_ = 0;
};

/// A legal xs:ID for a resource, distinct for distinct ones: `ID-` and the resource with what an
/// NCName cannot hold as _xHH_ (RFC 8048 §6.2 note 2, gap G-17).
std::string_view tuple_id_of(std::string_view resource, Arena& arena);

// --- SIP to XMPP ------------------------------------------------------------------------------

struct PresenceContext {
    xmpp::Jid presentity;  ///< bare: the one of the dialog
    xmpp::Jid watcher;     ///< bare
    std::span<const std::string_view>
        announced;  ///< resources that the watcher holds for available
    std::string_view content_language;
    /// What the watcher was told last, for what the document does not speak of.
    std::span<const xmpp::Presence> kept;
    /// U-labels of the SIP domain, where it is not the presentity's XMPP domain.
    std::string_view entity_domain;
};

/// What the watcher is to receive, complete: each tuple's state, and `unavailable` for announced
/// resources that the document does not name any more. Appended to `into`. The error is the
/// response to the NOTIFY: 400, 413 if there is too much of it, or 403 for a document about
/// somebody else (gap G-22); nothing is appended then.
boost::system::result<void, Refusal> to_presence(sip::Pidf pidf,
                                                 const PresenceContext& context,
                                                 Arena& arena,
                                                 std::vector<xmpp::Presence>& into);
/// The same of a PIDF document.
boost::system::result<void, Refusal> to_presence(std::string_view document,
                                                 const PresenceContext& context,
                                                 Arena& arena,
                                                 std::vector<xmpp::Presence>& into);

}  // namespace isthmus::translate
