// All sessions together: who gets which outcome, what moves on into the next session, limits.
// The machine of one session has its own table in session_test.cpp.
#include "sip/session_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SessionSetTest, TheFirstMessageOpensASessionAndTheOthersFollowOneByOne) {
    say("one", 1);
    say("two", 2);
    ASSERT_THAT(other.sent, SizeIs(1));
    EXPECT_EQ(other.sent[0].method, Method::Invite);
    EXPECT_THAT(other.sent[0].toast, HasSubstr("ms-body=b25l"));
    answer(200);
    ASSERT_THAT(other.acknowledged, SizeIs(1));
    ASSERT_THAT(other.sent, SizeIs(2));  // "two" waits
    EXPECT_EQ(other.sent[1].body, "one");
    EXPECT_EQ(other.sent[1].uri, "sip:desk.contoso.example;transport=tls");
    answer(200);
    EXPECT_EQ(other.sent.back().body, "two");
    answer(486);
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 200", "2: 486"));
    EXPECT_EQ(sessions->size(), 1U);
}

TEST_F(SessionSetTest, ATextThatTheInviteHasShownIsNotSentAgain) {
    say("one", 1);
    answer(200, "Supported: ms-text-format\r\n");
    EXPECT_THAT(other.sent, SizeIs(1));
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 200"));
}

TEST_F(SessionSetTest, WhoRefusesTheSessionRefusesAllThatWaits) {
    say("one", 1);
    say("two", 2);
    answer(480);
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 480", "2: 480"));
    EXPECT_EQ(sessions->size(), 0U);
    EXPECT_THAT(other.over, SizeIs(1));
}

TEST_F(SessionSetTest, AnAnswerWithoutContactIsNotUsable) {
    say("one", 1);
    answer(200, "no contact");
    EXPECT_THAT(writer.outcomes, ElementsAre("1: IST-SIP-031"));
    EXPECT_EQ(sessions->size(), 0U);
}

TEST_F(SessionSetTest, WhatNobodyTookGoesOnceMoreInANewSession) {
    say("one", 1);
    answer(200);
    answer(481);
    ASSERT_EQ(other.sent.back().method, Method::Invite);
    EXPECT_NE(other.sent.back().call_id, other.sent.front().call_id);
    EXPECT_THAT(writer.outcomes, IsEmpty());
    answer(200);
    EXPECT_EQ(other.sent.back().body, "one");
    answer(481);  // not a third time
    EXPECT_THAT(writer.outcomes, SizeIs(1));
}

TEST_F(SessionSetTest, WhatWaitsWhenSessionsEndUnderItFails) {
    say("one", 1);
    answer(200);
    say("two", 2);
    const SentInSession first = other.sent.back();
    for (int i = 0; i < 2; ++i) {
        // They hang up while it waits, twice.
        const SentInSession invite = i == 0 ? other.sent.front() : other.sent.back();
        if (i == 1) {
            answer(200, {}, &invite);
        }
        theirs({.method = "BYE",
                .uri = "sip:gateway.example:5061;transport=tls",
                .to_tag = invite.from_tag,
                .body = {},
                .cseq = 1,
                .call_id = invite.call_id});
        if (i == 0) {
            answer(200, {}, &first);
        }
    }
    EXPECT_THAT(statuses, ElementsAre(200, 200));
    EXPECT_EQ(writer.outcomes.front(), "1: 200");
    if (writer.outcomes.size() < 2) {
        answer(481);  // of the one that was under way in the second
    }
    EXPECT_THAT(writer.outcomes, ElementsAre("1: 200", testing::AnyOf("2: IST-SIP-030", "2: 481")));
}

TEST_F(SessionSetTest, SilenceIsToldAndNothingIsSentTwice) {
    say("one", 1);
    answer(200);
    silence();
    EXPECT_THAT(writer.outcomes, ElementsAre("1: IST-SIP-003"));
    EXPECT_NE(other.sent.back().body, "one");
}

TEST_F(SessionSetTest, AnAdministratorSeesAndEndsThem) {
    std::vector<std::uint64_t> handles;
    const auto look = [&] {
        handles.clear();
        sessions->for_each([&](std::uint64_t handle, const SessionPair& pair) {
            handles.push_back(handle);
            EXPECT_EQ(pair.local, kRomeo);
            EXPECT_EQ(pair.remote, kJuliet);
        });
    };
    say("one", 1);
    look();
    EXPECT_THAT(handles, IsEmpty());  // nobody has answered
    answer(200);
    answer(200);
    look();
    ASSERT_THAT(handles, SizeIs(1));
    const auto seen = sessions->view(handles[0]);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->remote_tag, "theirs");
    EXPECT_EQ(seen->local, "<sip:romeo@fabrikam.example>");
    EXPECT_TRUE(sessions->end(handles[0]));
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_FALSE(sessions->end(handles[0]));
    EXPECT_FALSE(sessions->view(handles[0]));
}

TEST_F(SessionSetTest, IdleOnesEndAndNobodyWhoNeverAcknowledgesStays) {
    say("one", 1);
    answer(200);
    answer(200);
    theirs({.call_id = "theirs-1"});  // replaces it, and is never acknowledged
    answer(200);                      // our BYE
    timers.advance(std::chrono::seconds(33));
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    EXPECT_EQ(sessions->size(), 0U);
    EXPECT_THAT(other.over, SizeIs(1));
}

class FewSessions : public SessionSetTest {
  protected:
    FewSessions() : SessionSetTest({.max_sessions = 1, .max_waiting = 2}) {}
};

TEST_F(FewSessions, LimitsAreToldToBothSides) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
        say("x", i);
    }
    theirs({.uri = "sip:nurse@fabrikam.example"});
    EXPECT_THAT(statuses, ElementsAre(503));
    EXPECT_THAT(writer.outcomes, IsEmpty());
    timers.advance(std::chrono::milliseconds(1));
    EXPECT_THAT(writer.outcomes, ElementsAre("3: IST-LIM-002"));
}

}  // namespace
}  // namespace isthmus::sip::test
