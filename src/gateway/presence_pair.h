// What the presence flow keeps of one pair of users besides their names. A million of them live in
// one process: small, and nothing that is not needed all the time.
#pragma once

#include "base/clock.h"
#include "gateway/kept_presence.h"
#include "subscriptions/book.h"
#include "subscriptions/compact_text.h"
#include "subscriptions/sip_watches_xmpp.h"
#include "subscriptions/xmpp_watches_sip.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace isthmus::gateway {

enum class Watch : std::uint8_t { XmppWatchesSip, SipWatchesXmpp };

std::string_view watch_name(Watch watch);  ///< "xmpp_watches_sip", ...

/// Handles of the dialogs in which devices of the SIP user watch, by slot.
class WatchDialogs {
  public:
    static constexpr std::size_t kMax = 20;

    /// A slot for a dialog that is about to be made; nothing if there are too many.
    std::optional<std::uint8_t> take() {
        for (std::size_t i = 0; i <= more_.size(); ++i) {
            if (at(i) == 0) {
                at(i) = kTaken;
                return static_cast<std::uint8_t>(i);
            }
        }
        if (more_.size() + 1 >= kMax) {
            return std::nullopt;
        }
        more_.push_back(kTaken);
        return static_cast<std::uint8_t>(more_.size());
    }

    void set(std::size_t slot, std::uint64_t handle) { at(slot) = handle; }

    void release(std::size_t slot) {
        if (slot <= more_.size()) {
            at(slot) = 0;
        }
        while (!more_.empty() && more_.back() == 0) {
            more_.pop_back();
        }
        if (more_.empty()) {
            more_.shrink_to_fit();
        }
    }

    void clear() {
        first_ = 0;
        more_ = {};
    }

    /// `use(handle)` of each that stands.
    template <class Use>
    void each(const Use& use) const {
        for (std::size_t i = 0; i <= more_.size(); ++i) {
            const std::uint64_t handle = i == 0 ? first_ : more_[i - 1];
            if (handle != 0 && handle != kTaken) {
                use(handle);
            }
        }
    }

    std::size_t count() const {
        std::size_t count = 0;
        each([&count](std::uint64_t) { ++count; });
        return count;
    }

    bool empty() const { return first_ == 0 && more_.empty(); }

  private:
    static constexpr std::uint64_t kTaken = ~std::uint64_t{0};

    std::uint64_t& at(std::size_t slot) { return slot == 0 ? first_ : more_[slot - 1]; }

    std::uint64_t first_ = 0;
    std::vector<std::uint64_t> more_;
};

struct Pair {
    subscriptions::XmppWatchesSip xmpp_watches_sip;
    subscriptions::SipWatchesXmpp sip_watches_xmpp;
    bool owes_subscribed = false;   ///< `subscribed` did not reach the XMPP user's server
    bool is_shown_offline = false;  ///< she was told that he is unavailable
    bool needs_turn = false;        ///< restored, not yet asked for again
    bool owes_state = false;        ///< a stanza to her found the link full
    std::uint8_t failure[2] = {};   ///< by Watch: place in the flow's list of codes; 0: none
    std::uint16_t saves[2] = {};    ///< by Watch: number of the last Save that is waited for
    std::uint32_t label = 0;        ///< partner, for the counters
    std::uint32_t since = 0;        ///< seconds since 1970, as the two below
    std::uint32_t last_notify = 0;
    std::uint32_t last_presence = 0;
    std::uint64_t dialog = 0;        ///< ours
    TimePoint retry_due[2] = {};     ///< by Watch; the epoch: nothing is planned
    KeptPresence sip_presence;       ///< what the XMPP user was told
    KeptPresence xmpp_presence;      ///< what she said
    subscriptions::CompactText uri;  ///< the SIP user's own; empty: "sip:" and his name
    WatchDialogs dialogs;
};

// With its names, what it keeps and its place in the index a pair stays far under 400 octets.
static_assert(sizeof(Pair) <= 136);

inline subscriptions::Standing standing_of(const Pair& pair, Watch watch) {
    return watch == Watch::XmppWatchesSip ? pair.xmpp_watches_sip.standing()
                                          : pair.sip_watches_xmpp.standing();
}

inline TimePoint& retry_of(Pair& pair, Watch watch) {
    return pair.retry_due[static_cast<std::size_t>(watch)];
}

using PairBook = subscriptions::Book<Pair>;
using PairHandle = subscriptions::PairHandle;

}  // namespace isthmus::gateway
