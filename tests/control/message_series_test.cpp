// The last 24 hours in slices: what is counted where, what is forgotten, what a clock may do.
#include "control/message_series.h"

#include <gtest/gtest.h>

#include <vector>

namespace isthmus::control {
namespace {

using namespace std::chrono_literals;

class MessageSeriesTest : public testing::Test {
  protected:
    /// The wall clock goes on with the other one.
    void pass(Duration time) {
        for (const Duration step = 10s; time > Duration::zero(); time -= step) {
            wall += 10;
            timers.advance(step);
        }
    }

    void deliver(std::uint64_t count) { counts.ways[0].delivered += count; }

    static constexpr std::int64_t kStart = 1'700'000'100;  // a multiple of 300

    std::int64_t wall = kStart;
    Timers timers;
    MessageCounts counts;
    bool is_silent = false;
    std::vector<MessageSeries::Done> unanswered;
    MessageSeries series{[this](MessageSeries::Done done) {
                             if (is_silent) {
                                 unanswered.push_back(std::move(done));
                             } else {
                                 done(counts);
                             }
                         },
                         timers,
                         [this] { return wall; }};
};

TEST_F(MessageSeriesTest, EachMessageIsInTheFiveMinutesInWhichItEnded) {
    series.start();
    deliver(3);
    counts.ways[1] = {.delivered = 0, .refused = 2, .failed = 1};
    pass(290s);
    deliver(4);
    pass(10s);
    const auto& slices = series.slices();
    ASSERT_EQ(slices.size(), 2U);
    EXPECT_EQ(slices[0].at, kStart);
    EXPECT_EQ(slices[0].ways[0].delivered, 3U);
    EXPECT_EQ(slices[0].ways[1].refused, 2U);
    EXPECT_EQ(slices[0].ways[1].failed, 1U);
    EXPECT_EQ(slices[1].at, kStart + 300);
    EXPECT_EQ(slices[1].ways[0].delivered, 4U);
    EXPECT_EQ(slices[1].ways[1].refused, 0U);
}

TEST_F(MessageSeriesTest, OfQueuesTheMostThatWasSeen) {
    series.start();
    counts.queued = 7;
    counts.pending = 9;
    pass(10s);
    counts.queued = 2;
    counts.pending = 3;
    pass(10s);
    EXPECT_EQ(series.slices().back().queued, 7U);
    EXPECT_EQ(series.slices().back().pending, 9U);
    pass(280s);
    EXPECT_EQ(series.slices().back().queued, 2U);
}

TEST_F(MessageSeriesTest, ADayIsKeptAndNoMore) {
    series.start();
    pass(25h);
    const auto& slices = series.slices();
    ASSERT_EQ(slices.size(), MessageSeries::kSlices);
    EXPECT_EQ(slices.back().at, kStart + 25 * 3600);
    EXPECT_EQ(slices.front().at, slices.back().at - 287 * 300);
}

TEST_F(MessageSeriesTest, WithoutAnAnswerTheSlicesGoOnAndNothingIsLost) {
    series.start();
    is_silent = true;
    deliver(5);
    pass(10min);
    EXPECT_EQ(unanswered.size(), 1U) << "it does not ask again while it waits";
    ASSERT_EQ(series.slices().size(), 3U);
    EXPECT_EQ(series.slices().back().ways[0].delivered, 0U);
    is_silent = false;
    unanswered.front()(make_error(ErrorKind::Timeout, {}, "no answer", {}));
    pass(10s);
    EXPECT_EQ(series.slices().back().ways[0].delivered, 5U);
}

TEST_F(MessageSeriesTest, AClockThatIsSetBackMakesNoHoles) {
    series.start();
    deliver(1);
    pass(10s);
    wall -= 3600;
    deliver(1);
    pass(10s);
    ASSERT_EQ(series.slices().size(), 1U);
    EXPECT_EQ(series.slices().front().ways[0].delivered, 2U);
    wall += 365 * 86400;
    pass(10s);
    EXPECT_EQ(series.slices().size(), 1U) << "nor a year of empty slices";
}

}  // namespace
}  // namespace isthmus::control
