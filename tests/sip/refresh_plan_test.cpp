// When subscriptions are refreshed. RFC 6665 §4.1.2, §4.1.3.
#include "sip/refresh_plan.h"

#include "support/counting_random.h"

#include <gtest/gtest.h>

namespace isthmus::sip {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kLeast = 60;

class RefreshPlanTest : public testing::Test {
  protected:
    /// Whole seconds from now, rounded up.
    std::int64_t next() const { return std::chrono::ceil<seconds>(plan.next() - now).count(); }

    void expect_next(std::int64_t least, std::int64_t most, const char* what) const {
        EXPECT_GE(next(), least) << what;
        EXPECT_LE(next(), most) << what;
    }

    isthmus::test::CountingRandom random;
    TimePoint now{seconds(1000)};
    RefreshPlan plan{1000};
};

TEST_F(RefreshPlanTest, Granted) {
    EXPECT_FALSE(plan.is_granted());
    plan.grant(now, 1000, kLeast, random);
    EXPECT_TRUE(plan.is_granted());
    expect_next(750, 800, "80 % or a little sooner");
    plan.grant(now, 5000, kLeast, random);
    expect_next(750, 800, "never more than was wanted");
    plan.grant(now, 1, kLeast, random);
    expect_next(45, 48, "nobody makes us hurry");
    EXPECT_FALSE(plan.is_expired(now + seconds(59)));
    EXPECT_TRUE(plan.is_expired(now + seconds(60)));
}

TEST_F(RefreshPlanTest, ScatteredOnce) {
    std::int64_t soonest = 1000;
    for (int i = 0; i < 100; ++i) {
        plan.scatter();
        plan.grant(now, 1000, kLeast, random);
        expect_next(100, 800, "any time before 80 %");
        soonest = std::min(soonest, next());
    }
    EXPECT_LT(soonest, 300);
    plan.grant(now, 1000, kLeast, random);
    expect_next(750, 800, "the next one keeps its distance");
}

TEST_F(RefreshPlanTest, WhatNotifySays) {
    plan.grant(now, 1000, kLeast, random);
    const TimePoint planned = plan.next();
    for (std::uint32_t left : {998U, 999U, 1000U, 1001U, 5000U}) {
        EXPECT_FALSE(plan.tell(now, left, kLeast, random)) << left;
        EXPECT_EQ(plan.next(), planned);
    }
    EXPECT_TRUE(plan.tell(now, 900, kLeast, random));
    expect_next(675, 720, "shorter");
    EXPECT_TRUE(plan.tell(now, 1000, kLeast, random));
    expect_next(675, 720, "longer: the refresh stays");
    EXPECT_FALSE(plan.is_expired(now + seconds(999)));
}

TEST_F(RefreshPlanTest, ShorterNeverPutsARefreshOff) {
    plan.grant(now, 1000, kLeast, random);
    now += seconds(740);
    const TimePoint planned = plan.next();
    EXPECT_TRUE(plan.tell(now, 200, kLeast, random));
    EXPECT_EQ(plan.next(), planned);
}

TEST_F(RefreshPlanTest, Retries) {
    plan.grant(now, 1000, kLeast, random);
    std::int64_t delay = 5;
    for (int i = 0; i < 8; ++i) {
        plan.retry(now, {}, random);
        expect_next(delay, delay + delay / 4 + 1, "twice as long each time");
        delay = std::min<std::int64_t>(delay * 2, 160);
    }
    plan.retry(now, 500, random);
    EXPECT_EQ(next(), 500);
    plan.retry(now, 1, random);
    expect_next(160, 201, "no sooner than the back-off");
    plan.forget_failures();
    plan.retry(now, {}, random);
    expect_next(5, 7, "from the beginning");
    plan.retry(now, 99999, random);
    EXPECT_EQ(next(), 1000) << "the expiry comes first";
}

}  // namespace
}  // namespace isthmus::sip
