// What a peer or a stranger may not take of us: time, connections, memory, answers. Abuse cases
// C11, C15, C16, F04.
#include "sip/transport_world.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace isthmus::sip::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST_F(TransportTest, ADribbledMessageIsCutOff) {  // C16
    auto peer = connect(peer_host);
    std::string text = request({});
    for (std::size_t i = 0; i < 19; ++i) {
        peer->send(text.substr(i, 1));
        loop.advance(seconds(1));
        ASSERT_FALSE(peer->close_reason()) << i;
    }
    testing::internal::CaptureStderr();
    loop.advance(seconds(2));
    EXPECT_TRUE(peer->close_reason());
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("IST-LIM-014"));
}

TEST_F(TransportTest, EachMessageHasItsOwnDeadline) {
    auto peer = connect(peer_host);
    std::string text = request({});
    for (int i = 0; i < 5; ++i) {
        peer->send(text.substr(20));  // the end of one and the beginning of the next
        if (i == 0) {
            peer->take();
        }
        loop.advance(seconds(15));
        peer->send(text.substr(0, 20));
        loop.advance(milliseconds(10));
    }
    SUCCEED();
}

TEST_F(TransportTest, IdleConnectionsAreClosed) {
    auto known = connect(peer_host);
    auto stranger = connect(stranger_host);
    loop.advance(seconds(61));
    EXPECT_TRUE(stranger->close_reason());
    EXPECT_FALSE(known->close_reason());
    known->send(request({}));
    loop.advance(seconds(599));
    EXPECT_FALSE(known->close_reason());
    loop.advance(seconds(2));
    EXPECT_TRUE(known->close_reason());
    EXPECT_TRUE(
        metrics_have("isthmus_sip_connections{peer=\"frontend\",transport=\"tcp\","
                     "direction=\"in\"} 0"));
}

TEST_F(TransportTest, WhoHasSignedInIsReachedForAsLongAsHeIsBound) {
    auto device = connect(stranger_host);
    device->send(request({}));
    loop.run();
    ASSERT_EQ(above.origins.size(), 1U);
    agent->set_peer(above.origins[0].flow, 0);
    loop.advance(std::chrono::hours(2) - seconds(1));
    EXPECT_FALSE(device->close_reason());
    loop.advance(seconds(2));
    EXPECT_TRUE(device->close_reason());
}

TEST_F(TransportTest, APendingAnswerKeepsItsConnection) {
    above.answer = 0;
    auto stranger = connect(stranger_host);
    loop.advance(seconds(50));
    stranger->send(request({}));
    loop.advance(seconds(31));
    EXPECT_FALSE(stranger->close_reason());
}

class SmallTransportTest : public TransportTest {
  protected:
    static UserAgentConfig small() {
        UserAgentConfig config = default_config();
        config.max_connections = 5;
        config.max_connections_per_address = 3;
        config.max_pending_transactions = 2;
        return config;
    }

    SmallTransportTest() : TransportTest(small()) {}
};

TEST_F(SmallTransportTest, ConnectionsAreLimitedPerAddressAndInAll) {
    std::vector<std::unique_ptr<StreamPeer>> from_one;
    std::vector<std::unique_ptr<StreamPeer>> from_two;
    for (int i = 0; i < 3; ++i) {
        from_one.push_back(connect(peer_host));
    }
    testing::internal::CaptureStderr();
    for (int i = 0; i < 2; ++i) {
        from_one.push_back(connect(peer_host));
    }
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, HasSubstr("IST-LIM-013"));
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << "not each of many";
    EXPECT_TRUE(from_one[3]->close_reason());
    EXPECT_FALSE(from_one[2]->close_reason());
    for (int i = 0; i < 3; ++i) {
        from_two.push_back(connect(stranger_host));
        loop.advance(milliseconds(10));
    }
    loop.advance(milliseconds(10));
    EXPECT_TRUE(from_two[0]->close_reason()) << "an idle stranger makes way";
    EXPECT_FALSE(from_two[1]->close_reason());
    EXPECT_FALSE(from_two[2]->close_reason());
    from_one[0]->drop();
    loop.run();
    EXPECT_FALSE(connect(peer_host)->close_reason());
    EXPECT_TRUE(metrics_have("isthmus_sip_connections_refused_total 3"));
}

TEST_F(SmallTransportTest, StrangersCannotKeepPeersOut) {  // abuse case C16
    std::vector<std::unique_ptr<StreamPeer>> strangers;
    for (int i = 0; i < 20; ++i) {
        strangers.push_back(connect(wire.host("203.0.113." + std::to_string(i))));
    }
    auto peer = connect(peer_host);
    peer->send(request({}));
    loop.run();
    EXPECT_EQ(start_line(peer->received()), "SIP/2.0 202 Accepted");
}

TEST_F(SmallTransportTest, APeerNeverMakesWay) {
    std::vector<std::unique_ptr<StreamPeer>> peers;
    for (int i = 0; i < 3; ++i) {
        peers.push_back(connect(peer_host));
    }
    auto stranger = connect(stranger_host);
    loop.advance(milliseconds(10));
    auto another = connect(wire.host("203.0.113.10"));
    auto third = connect(wire.host("203.0.113.11"));
    loop.advance(milliseconds(10));
    for (const auto& peer : peers) {
        EXPECT_FALSE(peer->close_reason());
    }
    EXPECT_TRUE(stranger->close_reason());
    EXPECT_FALSE(third->close_reason());
}

TEST_F(SmallTransportTest, TooManyPendingRequestsAreAnswered503) {  // F04
    above.answer = 0;
    auto peer = connect(peer_host);
    peer->send(request(number(1)) + request(number(2)) + request(number(3)));
    loop.run();
    EXPECT_EQ(start_line(peer->received()), "SIP/2.0 503 Service Unavailable");
    int retry_after = std::stoi(header_of(peer->received(), "Retry-After"));
    EXPECT_GE(retry_after, 5);
    EXPECT_LE(retry_after, 15);
    EXPECT_THAT(above.bodies, SizeIs(2));
    above.held.clear();
    peer->send(request(number(4)));
    loop.run();
    EXPECT_THAT(above.bodies, SizeIs(3));
}

TEST_F(TransportTest, APeerThatReadsNoAnswersIsNotReadEither) {
    wire.set_window(64 * 1024);
    auto peer = connect(peer_host);
    peer->stream().pause_reading(true);
    for (int i = 0; i < 40; ++i) {
        std::string many;
        for (int j = 0; j < 1000; ++j) {
            many += request(number(i * 1000 + j));
        }
        peer->send(many);
        loop.run();
    }
    EXPECT_LT(above.bodies.size(), 40000U);
    peer->stream().pause_reading(false);
    loop.run();
    EXPECT_THAT(above.bodies, SizeIs(40000));
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 202"), 40000U);
}

TEST_F(TransportTest, AStalledHandshakeIsCutOff) {  // C16
    auto peer = connect(peer_host, "192.0.2.1:5061");
    loop.advance(seconds(9));
    EXPECT_FALSE(peer->close_reason());
    loop.advance(seconds(2));
    EXPECT_TRUE(peer->close_reason());
}

TEST_F(TransportTest, AStrangerGetsLessThanItSent) {  // C11
    DatagramPeer udp(stranger_host, "203.0.113.9:5060");
    above.answer = 403;
    std::size_t sent = 0;
    for (int i = 0; i < 1000; ++i) {
        MessageFields fields = number(i);
        fields.transport = "UDP";
        std::string text = request(fields);
        sent += text.size();
        udp.send("192.0.2.1:5060", text);
    }
    std::string options = request({.method = "OPTIONS",
                                   .uri = "sip:192.0.2.1",
                                   .transport = "UDP",
                                   .branch = "z9hG4bKo",
                                   .call_id = "o",
                                   .body = {}});
    udp.send("192.0.2.1:5060", options);
    loop.run();
    std::size_t received = 0;
    for (const auto& datagram : udp.received()) {
        received += datagram.text.size();
    }
    EXPECT_GT(received, 0U);
    EXPECT_LT(received, sent / 10);
    EXPECT_THAT(above.bodies, SizeIs(50));  // its allowance
    EXPECT_EQ(agent->pending(), 0U);
    loop.advance(seconds(1));
    udp.take();
    MessageFields again;
    again.transport = "UDP";
    udp.send("192.0.2.1:5060", request(again));
    loop.run();
    ASSERT_THAT(udp.received(), SizeIs(1));
    EXPECT_LT(udp.received()[0].text.size(), request(again).size());
}

TEST_F(TransportTest, AStrangerOverTcpIsLimitedToo) {
    above.answer = 403;
    auto peer = connect(stranger_host);
    for (int i = 0; i < 60; ++i) {
        peer->send(request(number(i)));
    }
    loop.run();
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 403"), 50U);
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 503"), 10U);
}

TEST_F(TransportTest, KnownSourcesAreNotLimited) {
    DatagramPeer udp(peer_host, "192.0.2.2:5060");
    for (int i = 0; i < 1000; ++i) {
        MessageFields fields = number(i);
        fields.transport = "UDP";
        udp.send("192.0.2.1:5060", request(fields));
    }
    loop.run();
    EXPECT_THAT(above.bodies, SizeIs(1000));
    EXPECT_THAT(udp.received(), SizeIs(1000));
    EXPECT_EQ(above.identified, 1);
}

}  // namespace
}  // namespace isthmus::sip::test
