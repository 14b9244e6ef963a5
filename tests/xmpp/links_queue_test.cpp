// What waits on an outgoing link: retries, limits, one outcome for each stanza. Abuse case A19.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Lt;
using testing::Pair;

TEST_F(LinksTest, AMessageWaitsForAServerThatComesBack) {
    fabrikam.stop();
    start();
    send(1);
    loop.advance(5s);
    EXPECT_THAT(handler.not_sent, IsEmpty());
    ScriptedServer back(loop, theirs, "192.0.2.2:5269");
    loop.advance(10s);
    ASSERT_EQ(back.connections(), 1U);
    back.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(LinksTest, PatienceEndsWithTheLastReason) {
    fabrikam.stop();
    start();
    send(1);
    loop.advance(15s);
    send(2);
    EXPECT_EQ(server->pending(), 2U);
    loop.advance(14s);
    EXPECT_THAT(handler.not_sent, IsEmpty());
    loop.advance(2s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    EXPECT_EQ(handler.errors[0].kind, ErrorKind::Timeout);
    EXPECT_THAT(handler.errors[0].detail, HasSubstr("IST-TCP-001"));
    loop.advance(15s);
    EXPECT_EQ(handler.not_sent.size(), 2U);
    EXPECT_EQ(server->pending(), 0U);
    auto tried = wire.connects_tried();
    EXPECT_GE(tried, 5U);
    EXPECT_LE(tried, 20U);
    // With nobody waiting nobody dials.
    loop.advance(10min);
    EXPECT_LE(wire.connects_tried(), tried + 1);
}

TEST_F(LinksTest, WhoHasMendedItNeedNotWait) {
    fabrikam.stop();
    start();
    send(1);
    loop.advance(20s);
    const std::size_t tried = wire.connects_tried();
    ScriptedServer back(loop, theirs, "192.0.2.2:5269");
    EXPECT_EQ(server->retry("bystander.example"), 0U);
    loop.advance(10ms);
    EXPECT_EQ(wire.connects_tried(), tried) << "somebody else's link";
    EXPECT_EQ(server->retry(kTheirs), 1U);
    loop.advance(10ms);
    ASSERT_EQ(back.connections(), 1U);
    back.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_EQ(server->retry(kTheirs), 1U);
    loop.advance(10ms);
    EXPECT_EQ(back.connections(), 1U) << "it is up";
}

TEST_F(LinksTest, TheNewestErrorIsShownWithStepAddressAndTime) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    const auto first = loop.timers().now();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(""));
    fabrikam.say("</stream:stream>");
    auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    ASSERT_TRUE(status[0].last_error);
    EXPECT_EQ(status[0].last_error->code, "IST-TLS-001");
    EXPECT_EQ(status[0].last_error->step, "tls");
    EXPECT_EQ(status[0].last_error->address, "192.0.2.2:5269");
    EXPECT_EQ(status[0].last_error->at, first);
    fabrikam.stop();
    loop.advance(60s);
    send(2);
    loop.advance(1s);
    status = server->status();
    ASSERT_TRUE(status[0].last_error);
    EXPECT_EQ(status[0].last_error->code, "IST-TCP-001") << "the newer one";
    EXPECT_EQ(status[0].last_error->step, "tcp");
    EXPECT_GT(status[0].last_error->at, first);
    ScriptedServer back(loop, theirs, "192.0.2.2:5269");
    loop.advance(10s);
    back.let_in_by_external();
    status = server->status();
    EXPECT_EQ(status[0].state, "up");
    EXPECT_TRUE(status[0].last_error) << "when the stream is up again, it is still known";
    back.peer().drop();
    loop.run();
    status = server->status();
    EXPECT_EQ(status[0].last_error->step, "up");
    EXPECT_EQ(status[0].last_error->at, loop.timers().now());
}

TEST_F(LinksTest, AnAttemptThatHangsIsGivenUp) {
    wire.blackhole(endpoint("192.0.2.2:5269"));
    start();
    send(1);
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
}

TEST_F(LinksTest, ASilentServerIsGivenUp) {
    start();
    send(1);
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    loop.advance(10s);
    EXPECT_FALSE(fabrikam.peer(0).is_connected());
}

TEST_F(LinksTest, TheQueueIsBounded) {
    config.max_queue_per_link = 3;
    fabrikam.stop();
    start();
    for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) {
        send(cookie);
    }
    loop.advance(2ms);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(4, "IST-LIM-002"), Pair(5, "IST-LIM-002")));
    EXPECT_EQ(handler.errors[0].kind, ErrorKind::Limit);
    auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status[0].queued, 3U);
}

TEST_F(LinksTest, AReaderWhoStopsMeetsTheCapThenTheEnd) {
    config.max_output_octets = 1000;
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    wire.set_window(100);
    fabrikam.peer().stream().pause_reading(true);
    std::uint64_t cookie = 2;
    for (; handler.not_sent.empty() && cookie < 100; ++cookie) {
        send(cookie, std::string(100, 'x'));
        loop.advance(2ms);
    }
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(cookie - 1, "IST-LIM-002")));
    loop.advance(61s);
    EXPECT_EQ(handler.not_sent.size(), cookie - 2);
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(LinksTest, WhoWasRefusedByAFullLinkHearsThatItHasRoomAgain) {
    config.max_output_octets = 1000;
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    wire.set_window(100);
    fabrikam.peer().stream().pause_reading(true);
    int accepted = 0;
    while (accepted < 100 && presence(xmpp::PresenceType::Available)) {
        ++accepted;
    }
    EXPECT_THAT(accepted, AllOf(Gt(5), Lt(20)));
    EXPECT_TRUE(presence(xmpp::PresenceType::Unsubscribed)) << "of authorisations nothing is lost";
    int reserve = 1;
    while (reserve < 100 && presence(xmpp::PresenceType::Subscribe)) {
        ++reserve;
    }
    EXPECT_LT(reserve, 6);
    loop.advance(1s);
    EXPECT_THAT(handler.links, ElementsAre(Pair(kTheirs, xmpp::LinkEvent::Up)));
    fabrikam.peer().stream().pause_reading(false);
    loop.advance(1s);
    EXPECT_THAT(
        handler.links,
        ElementsAre(Pair(kTheirs, xmpp::LinkEvent::Up), Pair(kTheirs, xmpp::LinkEvent::Drained)));
    EXPECT_TRUE(presence(xmpp::PresenceType::Available));
    loop.advance(61s);
    EXPECT_EQ(handler.links.size(), 2U) << "it is told once, and nothing is stalled";
}

TEST_F(LinksTest, AFullLinkThatNobodyReadsEndsThoughNobodyWaitsForAnOutcome) {
    config.max_output_octets = 1000;
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    wire.set_window(100);
    fabrikam.peer().stream().pause_reading(true);
    for (int i = 0; i < 100; ++i) {
        presence(xmpp::PresenceType::Available);
    }
    loop.advance(61s);
    EXPECT_THAT(
        handler.links,
        ElementsAre(Pair(kTheirs, xmpp::LinkEvent::Up), Pair(kTheirs, xmpp::LinkEvent::Lost)));
}

TEST_F(LinksTest, WhatWasNotWrittenWhenTheConnectionDiesIsNotSent) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    wire.set_window(150);
    fabrikam.peer().stream().pause_reading(true);
    send(2);
    send(3);
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
    wire.cut_all();
    loop.run();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(3, "IST-XMPP-002")));
    wire.set_window(SIZE_MAX);
    send(4);
    loop.advance(1s);
    ASSERT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1, 2, 4));
}

TEST_F(LinksTest, AStreamThatThePeerEndsIsOpenedAgainOnDemand) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    fabrikam.say("</stream:stream>");
    EXPECT_EQ(fabrikam.hear(), "</stream:stream>");
    loop.advance(1min);
    EXPECT_EQ(fabrikam.connections(), 1U);
    send(2);
    loop.advance(1s);
    ASSERT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
}

TEST_F(LinksTest, AWithdrawnPartnerLosesLinkAndQueue) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    handler.partners.erase("fabrikam.example");
    server->recheck_partners();
    loop.advance(2ms);
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("policy-violation")));
    send(2);
    loop.advance(1s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(2, "IST-POL-001")));
    EXPECT_EQ(fabrikam.connections(), 1U);
    // And comes back as soon as it is a partner again.
    handler.partners["fabrikam.example"] = {};
    server->recheck_partners();
    loop.advance(2ms);
    send(3);
    loop.advance(1s);
    EXPECT_EQ(fabrikam.connections(), 2U);
}

TEST_F(LinksTest, DrainingClosesOnlyWhenTheQueueIsEmpty) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    server->set_draining(true);
    loop.advance(1s);
    EXPECT_TRUE(fabrikam.peer().is_connected());
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.say(kSuccess);
    fabrikam.say(header(kTheirs, kOurs, "p3") + features(""));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    loop.advance(1s);
    EXPECT_THAT(fabrikam.hear(), HasSubstr("</stream:stream>"));
    fabrikam.say("</stream:stream>");
    EXPECT_FALSE(fabrikam.peer().is_connected());
}

}  // namespace
}  // namespace isthmus::test
