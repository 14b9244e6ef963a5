// Who can be reached at present, the XMPP domains and the SIP systems that pairs speak of, and the
// walks over all pairs that a change of it leads to.
#pragma once

#include "base/clock.h"
#include "gateway/presence_pair.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace isthmus::gateway {

enum class Reach : std::uint8_t {
    Up,
    AtRest,  ///< it was well when the stream to it was closed, because nothing was said
    Doubtful,
    Lost,
    Down
};

/// An XMPP domain that pairs speak of.
struct PresenceDomain {
    std::size_t pairs = 0;
    Reach reach = Reach::Up;
    PairHandle sample = 0;  ///< one of them, to ask whether the domain is there
    std::uint32_t place = 0;
    bool owes_state = false;   ///< some pairs do
    TimePoint since{};         ///< when it was found to be away, or came to rest
    std::size_t failures = 0;  ///< questions since that did not leave
};

/// The SIP system of a served domain.
struct PresencePeer {
    std::size_t pairs = 0;
    bool is_down = false;
    bool is_asked = false;
    TimePoint since{};  ///< when it was found to be down
    unsigned ticks = 0;
    std::uint32_t place = 0;
    PairHandle sample = 0;  ///< one of them, to see whether its dialog is known
    TimePoint checked_at{};
    TimePoint suspected_at{};
    TimePoint trusted_until{};
    unsigned forgotten = 0;  ///< dialogs, since suspected_at
};

enum class PresenceWalk : std::uint8_t {
    Restore,
    PartnerDown,
    PartnerUp,
    PartnerDrained,
    PeerDown,
    PeerUp,
    PeerCheck,
    Policy
};

/// A walk over all pairs, in slices.
struct PresenceSweep {
    PresenceWalk walk = PresenceWalk::Restore;
    std::string domain;  ///< of the contact or the user; empty: all
    std::uint32_t place = 0;
    unsigned checks = 0;  ///< of PeerCheck
};

}  // namespace isthmus::gateway
