// The timer wheel against a naive model, and the orders that machines rely on.
#include "base/clock.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

using namespace std::chrono_literals;

namespace isthmus {
namespace {

TEST(Clock, FiresOnceNeverEarlyAndWithinOneTick) {
    Timers timers;
    int fired = 0;
    Timer timer(timers, [&] { ++fired; });
    timer.arm(500ms);
    timers.advance(499ms);
    EXPECT_EQ(fired, 0);
    timers.advance(1ms);
    EXPECT_EQ(fired, 1);
    timers.advance(1h);
    EXPECT_EQ(fired, 1);
    EXPECT_EQ(timers.armed(), 0U);
}

TEST(Clock, CallbackMayRearmCancelAndDestroy) {
    Timers timers;
    std::vector<int> order;
    auto victim = std::make_unique<Timer>(timers, [&] { order.push_back(3); });
    Timer* self = nullptr;
    Timer periodic(timers, [&] {
        order.push_back(1);
        victim.reset();
        if (order.size() < 3) {
            self->arm(10ms);
        }
    });
    self = &periodic;
    periodic.arm(10ms);
    victim->arm(10ms);
    timers.advance(1s);
    EXPECT_EQ(order, (std::vector<int>{1, 1, 1}));
}

TEST(Clock, NowInCallbackIsTheDeadline) {
    Timers timers;
    TimePoint seen{};
    Timer timer(timers, [&] { seen = timers.now(); });
    timer.arm(32s);
    timers.advance(100s);
    EXPECT_EQ(seen - TimePoint{}, 32s);
    EXPECT_EQ(timers.now() - TimePoint{}, 100s);
}

TEST(Clock, AgreesWithNaiveModelOverAllLevels) {
    std::mt19937_64 random(7);
    Timers timers;

    struct Entry {
        std::unique_ptr<Timer> timer;
        TimePoint due{};
        bool pending = false;
    };

    std::vector<Entry> entries(200);
    std::size_t fired = 0;
    for (Entry& entry : entries) {
        entry.timer = std::make_unique<Timer>(timers, [&] {
            ASSERT_TRUE(entry.pending);
            ASSERT_EQ(timers.now(), entry.due);
            entry.pending = false;
            ++fired;
        });
    }
    for (int round = 0; round < 20000; ++round) {
        Entry& entry = entries[random() % entries.size()];
        if (random() % 3 == 0) {
            entry.timer->cancel();
            entry.pending = false;
        } else {
            const auto scale = std::int64_t{1} << (random() % 28);
            const auto after =
                std::chrono::milliseconds(1 + static_cast<std::int64_t>(random()) % scale);
            const auto wait = std::max<std::chrono::milliseconds>(after, 1ms);
            entry.timer->arm(wait);
            entry.due = timers.now() + wait;
            entry.pending = true;
        }
        const auto deadline = timers.next_deadline();
        TimePoint earliest = TimePoint::max();
        for (const Entry& other : entries) {
            if (other.pending) {
                earliest = std::min(earliest, other.due);
            }
        }
        if (earliest == TimePoint::max()) {
            ASSERT_FALSE(deadline.has_value());
        } else {
            ASSERT_LE(*deadline, earliest);
        }
        timers.advance(std::chrono::milliseconds(random() % (round % 100 == 0 ? 10000000 : 50)));
        for (const Entry& other : entries) {
            ASSERT_FALSE(other.pending && other.due <= timers.now());
        }
    }
    EXPECT_GT(fired, 1000U);
}

}  // namespace
}  // namespace isthmus
