// What is remembered of messages: how each ended, so many of them, and no flood washes it away.
#include "gateway/message_history.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;

TEST(MessageHistory, KeepsWhatIsNeededToFindIt) {
    MessageHistory history;
    const TimePoint start = TimePoint() + 5s;
    history.add({.direction = Direction::XmppToSip,
                 .id = 7,
                 .code = "IST-SIP-003",
                 .text = "404 Not Found",
                 .step = "delivery",
                 .from = "romeo@fabrikam.example/orchard",
                 .to = "nobody@contoso.example",
                 .call_id = "c1",
                 .stanza_id = "s1",
                 .partner = "fabrikam.example",
                 .peer = "frontend",
                 .since = start},
                Outcome::Refused,
                start + 250ms);
    ASSERT_EQ(history.last(), 1U);
    ASSERT_EQ(history.first(), 1U);
    const MessageHistory::Row row = history.row(1);
    EXPECT_EQ(row.from, "romeo@fabrikam.example/orchard");
    EXPECT_EQ(row.to, "nobody@contoso.example");
    EXPECT_EQ(row.call_id, "c1");
    EXPECT_EQ(row.stanza_id, "s1");
    EXPECT_EQ(row.evidence, "404 Not Found");
    EXPECT_EQ(row.partner, "fabrikam.example");
    EXPECT_EQ(row.peer, "frontend");
    EXPECT_EQ(row.code, "IST-SIP-003");
    EXPECT_EQ(row.outcome, Outcome::Refused);
    EXPECT_EQ(row.ended - row.since, 250ms);
}

TEST(MessageHistory, TheOldestGoes) {
    MessageHistory history;
    for (std::size_t i = 1; i <= MessageHistory::kRows + 10; ++i) {
        history.add_delivered({.id = i, .from = "a", .to = "b"}, {});
    }
    EXPECT_EQ(history.last(), MessageHistory::kRows + 10);
    EXPECT_EQ(history.first(), 11U);
    EXPECT_EQ(history.row(11).id, 11U);
    EXPECT_EQ(history.row(history.last()).id, history.last());
    EXPECT_EQ(history.row(11).to, "b");
}

TEST(MessageHistory, LongTextsAreCutAndTakeTheRoomOfOthers) {
    MessageHistory history;
    const std::string endless(100'000, 'x');
    for (std::size_t i = 1; i <= 100'000; ++i) {
        const std::string id = std::to_string(i);
        const auto long_one = std::string_view(endless).substr(0, i * 37 % endless.size());
        history.add({.id = i,
                     .text = long_one,
                     .from = long_one,
                     .to = id,
                     .call_id = long_one,
                     .peer = "p"},
                    Outcome::Failed,
                    {});
        if (i % 997 == 0) {
            ASSERT_GE(history.last() - history.first(), 1000U);
            for (std::uint64_t number = history.first(); number <= history.last(); ++number) {
                ASSERT_EQ(history.row(number).id, number);
                ASSERT_EQ(history.row(number).to, std::to_string(number));
                ASSERT_LE(history.row(number).from.size(), MessageHistory::kLongest);
            }
        }
    }
}

TEST(MessageHistory, WhatIsUnderWaySaysNothingUntilItIsSettled) {
    MessageHistory history;
    const std::uint64_t one = history.add_open({.id = 1, .from = "a", .since = TimePoint() + 1s});
    const std::uint64_t other = history.add_open({.id = 2, .from = "b", .since = TimePoint() + 1s});
    EXPECT_FALSE(history.row(one).is_settled);
    history.settle(one, TimePoint() + 3s);
    history.drop(other);
    EXPECT_TRUE(history.row(one).is_settled);
    EXPECT_EQ(history.row(one).ended - history.row(one).since, 2s);
    EXPECT_EQ(history.row(one).from, "a");
    EXPECT_FALSE(history.row(other).is_settled);
    for (std::size_t i = 0; i < MessageHistory::kRows; ++i) {
        history.add_delivered({.from = "c"}, {});
    }
    history.settle(one, {});
    history.drop(other);
    history.settle(999'999, {});
    EXPECT_TRUE(history.row(history.first()).is_settled);
}

TEST(MessageHistory, StrangersDoNotWashAwayTheRest) {
    MessageHistory history;
    const MessageReport stranger{.from = "sip:x@nowhere.example"};
    for (int i = 0; i < 1000; ++i) {
        history.add(stranger, Outcome::Denied, TimePoint() + 1s);
    }
    EXPECT_EQ(history.last(), MessageHistory::kStrangers);
    history.add({.peer = "frontend"}, Outcome::Denied, TimePoint() + 1s);
    history.add(stranger, Outcome::Denied, TimePoint() + 2s);
    EXPECT_EQ(history.last(), MessageHistory::kStrangers + 2);
}

}  // namespace
}  // namespace isthmus::gateway
