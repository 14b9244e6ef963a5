// The event loop for tests: turns are run by hand and time is advanced by hand, so 32 seconds of
// Timer F cost nothing and every run is the same.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

namespace isthmus::test {

/// One turn: all work posted before the turn began, then the end-of-turn work (flushes). The order
/// is that of posting. Single-threaded.
class ManualLoop {
  public:
    using Work = std::function<void()>;

    ManualLoop();

    Timers& timers() { return timers_; }

    TimePoint now() const { return timers_.now(); }

    /// To be run in the next turn.
    void post(Work work) { posted_.push_back(std::move(work)); }

    /// To be run in the first turn that is no earlier than `after` from now; order of posting for
    /// equal times.
    void post_after(Duration after, Work work);

    /// To be run when the current turn (or, between turns, the next) ends.
    void at_end_of_turn(Work work) { ending_.push_back(std::move(work)); }

    void turn();

    /// Turns until nothing is left to do at this time. Fails the test when that never happens.
    void run();

    /// Moves the time on, stopping at every deadline on the way to run what it caused.
    void advance(Duration by);

  private:
    struct Later {
        TimePoint at;
        std::uint64_t order = 0;
        std::shared_ptr<Work> work;
    };

    struct IsLater {
        bool operator()(const Later& a, const Later& b) const {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };

    void release_due();

    Timers timers_;
    std::deque<Work> posted_;
    std::vector<Work> ending_;
    std::priority_queue<Later, std::vector<Later>, IsLater> later_;
    std::uint64_t order_ = 0;
};

}  // namespace isthmus::test
