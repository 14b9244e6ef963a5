#include "support/manual_loop.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace isthmus::test {

// Not at the epoch of the clock: code that takes a default TimePoint for "now" shows.
ManualLoop::ManualLoop() : timers_(TimePoint{} + std::chrono::hours(1)) {}

void ManualLoop::post_after(Duration after, Work work) {
    later_.push({now() + after, order_++, std::make_shared<Work>(std::move(work))});
}

void ManualLoop::release_due() {
    while (!later_.empty() && later_.top().at <= now()) {
        posted_.push_back(std::move(*later_.top().work));
        later_.pop();
    }
}

void ManualLoop::turn() {
    release_due();
    for (std::size_t count = posted_.size(); count != 0; --count) {
        Work work = std::move(posted_.front());
        posted_.pop_front();
        work();
    }
    while (!ending_.empty()) {
        for (Work& work : std::exchange(ending_, {})) {
            work();
        }
    }
}

void ManualLoop::run() {
    constexpr int kEndless = 1'000'000;
    release_due();
    for (int turns = 0; !posted_.empty() || !ending_.empty(); ++turns) {
        if (turns == kEndless) {
            throw std::logic_error("the loop never comes to rest");
        }
        turn();
        release_due();
    }
}

void ManualLoop::advance(Duration by) {
    TimePoint end = now() + by;
    run();
    while (now() < end) {
        TimePoint next = end;
        if (auto deadline = timers_.next_deadline()) {
            next = std::min(next, *deadline);
        }
        if (!later_.empty()) {
            next = std::min(next, later_.top().at);
        }
        // A deadline that is due already still has to move the wheel on.
        timers_.advance_to(std::max(next, std::min(end, now() + std::chrono::milliseconds(1))));
        run();
    }
}

}  // namespace isthmus::test
