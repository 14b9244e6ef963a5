// What all four transaction machines share: the timer values and the list in which a machine says
// what it wants done. RFC 3261 §17.1.1.1 and Table 4.
#pragma once

#include "base/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace isthmus::sip {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr Duration t1 = milliseconds(500);  ///< round trip estimate
inline constexpr Duration t2 = seconds(4);         ///< longest interval between retransmissions
inline constexpr Duration t4 = seconds(5);         ///< longest life of a message in the network

/// Of the client's machine for all but INVITE.
inline constexpr Duration timer_f = 64 * t1;

/// RFC 4320 §4.1: when Timer E of the peer has been reset to T2, 0.5 + 1 + 2 s after its request.
inline constexpr Duration timer_e_reaches_t2 = 7 * t1;

inline constexpr TimePoint never = TimePoint::max();

/// Actions of a machine, to be done in this order.
template <class Action>
class ActionList {
  public:
    ActionList() = default;

    template <class... More>
    explicit ActionList(Action first, More... more) {
        add(first);
        (add(more), ...);
    }

    void add(Action action) { actions_[size_++] = action; }

    const Action* begin() const { return actions_.data(); }

    const Action* end() const { return actions_.data() + size_; }

    std::size_t size() const { return size_; }

    bool operator==(const ActionList&) const = default;

  private:
    std::array<Action, 3> actions_{};
    std::uint8_t size_ = 0;
};

}  // namespace isthmus::sip
