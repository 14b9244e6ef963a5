// Sessions that the other side opens; one session a pair, whoever opens it.
#include "sip/session_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SessionSetTest, TheirsTakesMessagesBothWays) {
    theirs({});
    EXPECT_THAT(statuses, ElementsAre(200));
    theirs({.method = "ACK", .uri = "sip:gateway.example:5061", .to_tag = "ours", .body = {}});
    theirs({.method = "MESSAGE",
            .uri = "sip:gateway.example:5061",
            .to_tag = "ours",
            .body = "hello",
            .cseq = 2});
    EXPECT_THAT(other.taken,
                ElementsAre("sip:juliet@contoso.example sip:romeo@fabrikam.example hello"));
    say("back", 1);
    EXPECT_EQ(other.sent.back().method, Method::Message);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    // Out of order, or here before: 500. Of no session: 481.
    theirs({.method = "MESSAGE", .to_tag = "ours", .body = "again", .cseq = 2});
    theirs({.method = "MESSAGE", .to_tag = "else", .body = "who", .cseq = 3});
    EXPECT_THAT(statuses, ElementsAre(200, 1, 200, 500, 481));
    EXPECT_THAT(other.taken, SizeIs(1));
}

TEST_F(SessionSetTest, OneSessionAPairTheNewerStays) {
    say("one", 1);
    answer(200);
    answer(200);
    theirs({});
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_EQ(other.sent.back().call_id, other.sent.front().call_id);
    theirs({.method = "ACK", .to_tag = "ours", .body = {}});
    say("two", 2);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    EXPECT_THAT(other.over, IsEmpty());  // the two go on talking
}

TEST_F(SessionSetTest, WhatIsRefusedMakesNoSession) {
    other.refuses = true;
    theirs({});
    theirs({.body = "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=x\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n",
            .cseq = 2,
            .call_id = "theirs-2"});
    theirs({.method = "MESSAGE", .body = "x", .cseq = 3, .call_id = "theirs-3"});
    EXPECT_THAT(statuses, ElementsAre(403, 488, 481));
    EXPECT_EQ(sessions->size(), 0U);
}

TEST_F(SessionSetTest, TwoSpellingsOfOneUserAreInOneSession) {
    theirs({.uri = "sip:Romeo@fabrikam.example"});
    theirs({.method = "ACK", .uri = "sip:gateway.example:5061", .to_tag = "ours", .body = {}});
    say("back", 1);
    EXPECT_EQ(other.sent.back().method, Method::Message);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    answer(200);
    EXPECT_TRUE(sessions->is_open({"sip:rOMEO@fabrikam.example", "<sip:Juliet@contoso.example>"}));
    // She opens another, under another spelling of hers: it is the newer one of the same two.
    theirs({.cseq = 1, .call_id = "theirs-2", .from = "sip:JULIET@contoso.example"});
    EXPECT_EQ(other.sent.back().method, Method::Bye);
    EXPECT_EQ(other.sent.back().call_id, "theirs-1");
    theirs({.method = "ACK", .to_tag = "ours", .body = {}, .call_id = "theirs-2"});
    say("again", 2);
    EXPECT_EQ(other.sent.back().call_id, "theirs-2");
    // What she says comes under her own spelling.
    theirs({.method = "MESSAGE",
            .to_tag = "ours",
            .body = "here",
            .cseq = 2,
            .call_id = "theirs-2",
            .from = "sip:JULIET@contoso.example"});
    EXPECT_THAT(other.taken,
                ElementsAre("sip:JULIET@contoso.example sip:romeo@fabrikam.example here"));
}

TEST_F(SessionSetTest, AMessageFindsTheSessionUnderAnySpelling) {
    say("one", 1, "sip:Juliet@contoso.example");
    answer(200);
    answer(200);
    say("two", 2);
    EXPECT_EQ(other.sent.back().method, Method::Message);
    EXPECT_EQ(other.sent.back().call_id, other.sent.front().call_id);
    answer(200);
    sessions->end({kRomeo, "sip:JULIET@contoso.example"});
    EXPECT_EQ(other.sent.back().method, Method::Bye);
}

}  // namespace
}  // namespace isthmus::sip::test
