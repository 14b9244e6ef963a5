#include "control/guess_guard.h"

#include <gtest/gtest.h>

namespace isthmus::control {
namespace {

constexpr GuessLimits kLimits{
    .free_failures = 2, .first_lock = 30, .most_lock = 100, .forget_after = 1000, .most_keys = 3};

TEST(GuessGuard, DelaysDoubleUpToTheirLimit) {
    GuessGuard guard(kLimits);
    std::int64_t now = 0;
    EXPECT_FALSE(guard.fail("a", now));
    EXPECT_FALSE(guard.fail("a", now));
    for (const std::int64_t wait : {30, 60, 100, 100}) {
        EXPECT_EQ(guard.locked_for("a", now), 0);
        EXPECT_TRUE(guard.fail("a", now));
        EXPECT_EQ(guard.locked_for("a", now), wait);
        EXPECT_EQ(guard.locked_for("a", now + wait - 1), 1);
        now += wait;
    }
    EXPECT_EQ(guard.locked_for("b", now), 0) << "others are not concerned";
}

TEST(GuessGuard, ForgetsAfterATimeWithoutFailure) {
    GuessGuard guard(kLimits);
    guard.fail("a", 0);
    guard.fail("a", 0);
    EXPECT_FALSE(guard.fail("a", 1001));
    EXPECT_FALSE(guard.fail("a", 1001));
    EXPECT_TRUE(guard.fail("a", 1001));
}

TEST(GuessGuard, SuccessTakesBackOneOrAll) {
    GuessGuard guard(kLimits);
    guard.fail("a", 0);
    guard.fail("a", 0);
    guard.take_back("a");
    EXPECT_FALSE(guard.fail("a", 0));
    EXPECT_TRUE(guard.fail("a", 0));
    guard.forget("a");
    EXPECT_EQ(guard.locked_for("a", 0), 0);
    EXPECT_EQ(guard.size(), 0U);
    guard.take_back("a");
}

TEST(GuessGuard, HoldsNoMoreKeysThanItsLimit) {
    GuessGuard guard(kLimits);
    for (const char* key : {"a", "b", "c"}) {
        guard.fail(key, 0);
    }
    guard.fail("a", 1);
    guard.fail("d", 2);
    EXPECT_EQ(guard.size(), 3U);
    EXPECT_TRUE(guard.fail("a", 2)) << "b was the oldest";
    EXPECT_FALSE(guard.fail("b", 2));
}

TEST(GuessGuard, TellsOnceALock) {
    GuessGuard guard(kLimits);
    for (int i = 0; i < 3; ++i) {
        guard.fail("a", 0);
    }
    EXPECT_TRUE(guard.is_first_try_while_locked("a"));
    EXPECT_FALSE(guard.is_first_try_while_locked("a"));
    guard.fail("a", 40);
    EXPECT_TRUE(guard.is_first_try_while_locked("a"));
}

TEST(GuessGuard, OnePartyHasASlash64) {
    EXPECT_EQ(address_key("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(address_key("2001:db8::1"), address_key("2001:db8::ffff:1"));
    EXPECT_NE(address_key("2001:db8::1"), address_key("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace isthmus::control
