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
    const MessageHistory::Row& row = history.row(1);
    EXPECT_EQ(row.from(), "romeo@fabrikam.example/orchard");
    EXPECT_EQ(row.to(), "nobody@contoso.example");
    EXPECT_EQ(row.call_id(), "c1");
    EXPECT_EQ(row.stanza_id(), "s1");
    EXPECT_EQ(row.evidence(), "404 Not Found");
    EXPECT_EQ(row.partner(), "fabrikam.example");
    EXPECT_EQ(row.peer(), "frontend");
    EXPECT_EQ(row.code, "IST-SIP-003");
    EXPECT_EQ(row.outcome, Outcome::Refused);
    EXPECT_EQ(row.ended - row.since, 250ms);
}

TEST(MessageHistory, TheOldestGoesAndTextsAreCut) {
    MessageHistory history;
    const std::string endless(100'000, 'x');
    for (std::size_t i = 1; i <= MessageHistory::kRows + 10; ++i) {
        history.add({.id = i, .from = endless, .to = "b", .peer = "p"}, Outcome::Delivered, {});
    }
    EXPECT_EQ(history.last(), MessageHistory::kRows + 10);
    EXPECT_EQ(history.first(), 11U);
    EXPECT_EQ(history.row(11).id, 11U);
    EXPECT_EQ(history.row(history.last()).id, history.last());
    EXPECT_EQ(history.row(11).from().size(), MessageHistory::kLongest);
    EXPECT_EQ(history.row(11).to(), "b");
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
