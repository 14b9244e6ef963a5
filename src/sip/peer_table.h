// What is known of each configured peer: whether it answers, since when, and what went wrong last.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <vector>

namespace isthmus::sip {

/// Index -1, somebody who is no peer, is passed over. A note costs a comparison and an assignment.
class PeerTable {
  public:
    PeerTable(std::size_t peers, const Timers& timers) : timers_(timers), peers_(peers) {}

    void asked(int peer) {
        if (PeerHealth* one = find(peer)) {
            ++one->pending;
        }
    }

    /// The outcome of what was asked is known.
    void settled(int peer) {
        if (PeerHealth* one = find(peer)) {
            --one->pending;
        }
    }

    /// It answered, whatever it said, or sent something of its own.
    void heard(int peer) {
        PeerHealth* one = find(peer);
        if (one != nullptr && one->state != PeerHealth::State::Up) {
            one->state = PeerHealth::State::Up;
            one->since = timers_.now();
        }
    }

    void failed(int peer, const Error& why);

    const std::vector<PeerHealth>& all() const { return peers_; }

  private:
    PeerHealth* find(int peer) {
        const auto index = static_cast<std::size_t>(peer);
        return peer >= 0 && index < peers_.size() ? &peers_[index] : nullptr;
    }

    const Timers& timers_;
    std::vector<PeerHealth> peers_;
};

}  // namespace isthmus::sip
