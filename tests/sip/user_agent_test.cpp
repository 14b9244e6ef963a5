// What a user agent answers by itself: RFC 3261 §8.2, §11, §21.5.4.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

/// The peer asks over one connection.
class ServerTest : public UserAgentTest {
  protected:
    ServerTest() : peer(peer_host, "192.0.2.1:5060") { loop.run(); }

    std::string ask(const MessageFields& fields) {
        peer.send(request(fields));
        loop.run();
        return peer.take();
    }

    StreamPeer peer;
};

TEST_F(ServerTest, OptionsToTheGatewayTellWhatItCan) {  // RFC 3261 §11
    for (std::string extra : {"", "Subject: x"}) {
        std::string answer =
            ask({.method = "OPTIONS", .uri = "sip:gw.example.net", .extra = extra, .body = {}});
        EXPECT_EQ(start_line(answer), "SIP/2.0 200 OK");
        EXPECT_EQ(header_of(answer, "Allow"), "MESSAGE, OPTIONS");
        EXPECT_EQ(header_of(answer, "Accept"), "text/plain, message/cpim");
        EXPECT_THAT(answer, HasSubstr("\r\nSupported:"));
        EXPECT_EQ(header_of(answer, "Server"), "Isthmus");
    }
    EXPECT_THAT(above.bodies, IsEmpty());
}

TEST_F(ServerTest, AHeldRequestStillKnowsItsNames) {
    above.answer = 0;
    peer.send(request({.extra = "Subject: x"}));
    loop.run();
    ASSERT_THAT(above.held, SizeIs(1));
    const auto names = above.held[0]->names();
    EXPECT_EQ(names.from, "sip:juliet@example.com");
    EXPECT_EQ(names.to, "sip:romeo@example.net");
    EXPECT_EQ(names.call_id, "call-1");
    std::string odd = request({.branch = "z9hG4bKtwo", .call_id = "call-2"});
    odd.replace(odd.find("From: <sip:juliet@example.com>"),
                std::string("From: <sip:juliet@example.com>").size(),
                "f: \"<sip:mallory@x>\" <sip:juliet@example.com;user=phone>");
    peer.send(odd);
    loop.run();
    ASSERT_THAT(above.held, SizeIs(2));
    EXPECT_EQ(above.held[1]->names().from, "sip:juliet@example.com;user=phone");
    above.held[1]->respond(200);
    loop.advance(seconds(40));
    EXPECT_EQ(above.held[1]->names().from, "") << "its transaction has ended";
    above.held[0]->respond(200);
}

TEST_F(ServerTest, OptionsTellOfEventsIfThereAreAny) {  // RFC 6665 §4.4.4, checklist 8.20
    const MessageFields options{.method = "OPTIONS", .uri = "sip:gw.example.net", .body = {}};
    EXPECT_EQ(header_of(ask(options), "Allow-Events"), "");

    UserAgentConfig config = default_config();
    config.methods = {Method::Message, Method::Subscribe, Method::Notify};
    config.allow_events = "presence";
    auto& other_host = wire.host("192.0.2.51");
    auto other = make_user_agent(
        std::move(config), other_host, resolver, loop.timers(), random, registry, above);
    ASSERT_TRUE(other->listen({{Transport::Tcp, endpoint("192.0.2.51:5060")}}));
    StreamPeer asker(peer_host, "192.0.2.51:5060");
    loop.run();
    asker.send(request(options));
    loop.run();
    const std::string answer = asker.take();
    EXPECT_EQ(header_of(answer, "Allow-Events"), "presence");
    EXPECT_EQ(header_of(answer, "Allow"), "MESSAGE, SUBSCRIBE, NOTIFY, OPTIONS");
}

TEST_F(ServerTest, TheToTagIsKnownBeforeTheAnswer) {  // RFC 3261 §12.1.1
    above.answer = 0;
    EXPECT_EQ(ask({}), "");
    ASSERT_THAT(above.held, SizeIs(1));
    const std::string tag(above.held[0]->to_tag());
    EXPECT_EQ(tag.size(), 8U);
    above.held[0]->respond(200);
    loop.run();
    EXPECT_THAT(header_of(peer.take(), "To"), HasSubstr(";tag=" + tag));
    EXPECT_EQ(above.held[0]->to_tag(), "");
}

TEST_F(ServerTest, WhereAContactMayPoint) {
    EXPECT_EQ(agent->contact_host(Transport::Udp), "192.0.2.1:5060");
    EXPECT_EQ(agent->contact_host(Transport::Tcp), "192.0.2.1:5060");
    EXPECT_EQ(agent->contact_host(Transport::Tls), "gw.example.net:5061") << "as certified";
    auto lonely = make_user_agent(
        {}, wire.host("192.0.2.52"), resolver, loop.timers(), random, registry, above);
    EXPECT_EQ(lonely->contact_host(Transport::Tls), "");
    EXPECT_EQ(lonely->contact_host(Transport::Udp), "");
}

TEST_F(ServerTest, OptionsToAUserGoUp) {
    ask({.method = "OPTIONS", .body = {}});
    EXPECT_THAT(above.bodies, SizeIs(1));
}

TEST_F(ServerTest, MaxForwardsZeroIs483ExceptForOptionsToUs) {
    std::string text = request({});
    auto with_zero = [&](MessageFields fields) {
        std::string asked = request(fields);
        asked.replace(asked.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
        peer.send(asked);
        loop.run();
        return start_line(peer.take());
    };
    EXPECT_EQ(with_zero({}), "SIP/2.0 483 Too Many Hops");
    EXPECT_EQ(with_zero({.method = "OPTIONS", .uri = "sip:gw.example.net", .body = {}}),
              "SIP/2.0 200 OK");
    EXPECT_THAT(above.bodies, IsEmpty());
}

TEST_F(ServerTest, WhatWeDoNotDoIsRefusedWithWhatWeDo) {
    std::string known = ask({.method = "INVITE", .body = {}});
    EXPECT_EQ(start_line(known), "SIP/2.0 405 Method Not Allowed");
    EXPECT_EQ(header_of(known, "Allow"), "MESSAGE, OPTIONS");
    EXPECT_EQ(start_line(ask({.method = "BREW", .body = {}})), "SIP/2.0 501 Not Implemented");
    std::string extension = ask({.extra = "Require: wings"});
    EXPECT_EQ(start_line(extension), "SIP/2.0 420 Bad Extension");
    EXPECT_EQ(header_of(extension, "Unsupported"), "wings");
    EXPECT_THAT(start_line(ask({.uri = "tel:+123"})), StartsWith("SIP/2.0 416"));
    EXPECT_THAT(above.bodies, IsEmpty());
}

TEST_F(ServerTest, DrainingTurnsNewRequestsAwayAndFinishesOldOnes) {
    above.answer = 0;
    ask({});
    agent->set_draining(true);
    std::string answer = ask({.branch = "z9hG4bKtwo", .call_id = "2"});
    EXPECT_EQ(start_line(answer), "SIP/2.0 503 Service Unavailable");
    EXPECT_NE(header_of(answer, "Retry-After"), "");
    EXPECT_EQ(agent->pending(), 1U);
    above.held.front()->respond(202);
    loop.run();
    EXPECT_EQ(start_line(peer.take()), "SIP/2.0 202 Accepted");
    EXPECT_EQ(agent->pending(), 0U);
    agent->set_draining(false);
    above.answer = 202;
    EXPECT_EQ(start_line(ask({.branch = "z9hG4bK3", .call_id = "3"})), "SIP/2.0 202 Accepted");
}

}  // namespace
}  // namespace isthmus::sip::test
