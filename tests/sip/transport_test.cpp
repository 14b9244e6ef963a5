// Connections and datagram ports through the whole wing. RFC 3261 §18; RFC 3581; RFC 5626 §3.5.1;
// abuse cases C06, C09, C24.
#include "sip/transport_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

TEST_F(TransportTest, AMessageOverTcpIsAnsweredOnItsConnection) {
    auto peer = connect(peer_host);
    peer->send(request({}));
    loop.run();
    EXPECT_EQ(start_line(peer->received()), "SIP/2.0 202 Accepted");
    ASSERT_THAT(above.origins, SizeIs(1));
    EXPECT_EQ(above.origins[0].peer, 0);
    EXPECT_EQ(above.origins[0].transport, Transport::Tcp);
    EXPECT_EQ(above.origins[0].certificate, nullptr);
    EXPECT_TRUE(
        metrics_have("isthmus_sip_requests_total{peer=\"frontend\",direction=\"in\","
                     "method=\"MESSAGE\"} 1"));
    EXPECT_TRUE(
        metrics_have("isthmus_sip_responses_total{peer=\"frontend\",direction=\"out\","
                     "method=\"MESSAGE\",code_class=\"2xx\"} 1"));
    EXPECT_TRUE(
        metrics_have("isthmus_sip_connections{peer=\"frontend\",transport=\"tcp\","
                     "direction=\"in\"} 1"));
}

TEST_F(TransportTest, MessagesMayComeOneOctetAtATime) {
    wire.set_segment_size(1);
    auto peer = connect(peer_host);
    peer->send(request(number(1)) + request(number(2)));
    loop.run();
    EXPECT_THAT(above.bodies, ElementsAre("text 1", "text 2"));
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 202"), 2U);
}

TEST_F(TransportTest, AThousandPipelinedMessagesKeepTheirOrder) {
    auto peer = connect(peer_host);
    std::string all;
    for (int i = 0; i < 1000; ++i) {
        all += request(number(i));
    }
    wire.set_segment_size(1460);
    peer->send(all);
    loop.run();
    ASSERT_THAT(above.bodies, SizeIs(1000));
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(above.bodies[static_cast<std::size_t>(i)], "text " + std::to_string(i));
    }
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 202"), 1000U);
    EXPECT_EQ(agent->pending(), 0U);
    EXPECT_EQ(above.identified, 1);
}

TEST_F(TransportTest, ANotifyIsToldBeforeWhatCameInFrontOfItIsHandled) {
    const auto notify = [](int i) {
        MessageFields fields = number(i);
        fields.method = "NOTIFY";
        return request(fields);
    };
    auto peer = connect(peer_host);
    peer->send(request(number(1)) + notify(2) + request(number(3)) + notify(4));
    loop.run();
    using Ahead = std::pair<std::size_t, std::string>;
    EXPECT_THAT(above.ahead, ElementsAre(Ahead(0, "call-2"), Ahead(0, "call-4")));
    EXPECT_THAT(above.bodies, ElementsAre("text 1", "text 3"));  // NOTIFY is not taken here
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 405"), 2U);
}

TEST_F(TransportTest, NothingIsHandledBehindTheEndOfAStream) {
    auto peer = connect(peer_host);
    peer->send(request(number(1)) + "GET / HTTP/1.1\r\n\r\n" + request(number(2)));
    loop.run();
    EXPECT_THAT(above.bodies, ElementsAre("text 1"));
    EXPECT_EQ(start_line(peer->received()), "SIP/2.0 202 Accepted");
    EXPECT_FALSE(peer->is_connected());
}

TEST_F(TransportTest, OverTcpATransactionEndsWithItsAnswer) {  // Timer J is zero
    auto peer = connect(peer_host);
    peer->send(request({}) + request({}));
    loop.run();
    EXPECT_THAT(above.bodies, SizeIs(2));
}

TEST_F(TransportTest, AnAnswerForALostConnectionIsDropped) {
    above.answer = 0;
    auto peer = connect(peer_host);
    peer->send(request({}));
    loop.run();
    peer->drop();
    loop.run();
    EXPECT_EQ(agent->pending(), 1U);
    above.held.front()->respond(202);
    above.held.clear();
    EXPECT_EQ(agent->pending(), 0U);
    loop.advance(seconds(60));
    EXPECT_EQ(wire.connections(), 0U);
}

TEST_F(TransportTest, KeepAlivesAreAnswered) {  // RFC 5626
    auto peer = connect(peer_host);
    peer->send("\r\n\r\n");
    loop.run();
    EXPECT_EQ(peer->take(), "\r\n");
    peer->send("\r\n" + request({}));
    loop.run();
    EXPECT_THAT(above.bodies, SizeIs(1));
}

TEST_F(TransportTest, AStreamThatCannotBeFollowedIsAnsweredAndClosed) {  // C06
    auto peer = connect(peer_host);
    std::string bad = request({});
    bad.replace(bad.find("Content-Length: 5"), 17, "Content-Length: x");
    peer->send(bad + request({}));
    loop.run();
    EXPECT_THAT(start_line(peer->received()), StartsWith("SIP/2.0 400"));
    EXPECT_EQ(count_of(peer->received(), "SIP/2.0 "), 1U);
    EXPECT_TRUE(peer->close_reason());
    EXPECT_THAT(above.bodies, IsEmpty());
    EXPECT_TRUE(metrics_have("isthmus_sip_malformed_total 1"));
}

TEST_F(TransportTest, OtherProtocolsAreShownTheDoor) {  // C24
    for (std::string_view text :
         {std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9),
          std::string_view("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
          std::string_view("<?xml version='1.0'?><stream:stream>\r\n\r\n")}) {
        auto peer = connect(peer_host);
        peer->send(text);
        loop.run();
        loop.advance(seconds(20));
        EXPECT_TRUE(peer->close_reason()) << text;
        EXPECT_EQ(peer->received(), "");
    }
}

TEST_F(TransportTest, TlsShowsWhoTheClientIs) {
    peer_host.set_certificate(certificate_of("sip.example.com"));
    auto peer = connect(peer_host, "192.0.2.1:5061");
    peer->start_tls({.role = net::TlsRole::Client, .server_name = "gw.example.net", .alpn = {}});
    loop.run();
    ASSERT_TRUE(peer->is_secured());
    MessageFields fields;
    fields.transport = "TLS";
    peer->send(request(fields));
    loop.run();
    EXPECT_EQ(start_line(peer->received()), "SIP/2.0 202 Accepted");
    ASSERT_THAT(above.origins, SizeIs(1));
    ASSERT_NE(above.origins[0].certificate, nullptr);
    EXPECT_THAT(above.origins[0].certificate->dns_names, ElementsAre("sip.example.com"));
}

TEST_F(TransportTest, PlainTextOnTheTlsPortIsNotRead) {
    auto peer = connect(peer_host, "192.0.2.1:5061");
    peer->send(request({}));
    loop.run();
    EXPECT_TRUE(peer->close_reason());
    EXPECT_THAT(above.bodies, IsEmpty());
}

TEST_F(TransportTest, ADatagramIsAnsweredToItsSource) {  // RFC 3581, C09
    DatagramPeer udp(peer_host, "192.0.2.2:6000");
    DatagramPeer victim(stranger_host, "203.0.113.9:5060");
    MessageFields fields;
    fields.transport = "UDP";
    fields.sent_by = "203.0.113.9:5060;maddr=203.0.113.9;received=203.0.113.9";
    udp.send("192.0.2.1:5060", request(fields));
    loop.run();
    ASSERT_THAT(udp.received(), SizeIs(1));
    EXPECT_EQ(start_line(udp.received()[0].text), "SIP/2.0 202 Accepted");
    EXPECT_THAT(header_of(udp.received()[0].text, "Via"), HasSubstr("received=192.0.2.2"));
    EXPECT_THAT(header_of(udp.received()[0].text, "Via"), HasSubstr("rport=6000"));
    EXPECT_THAT(victim.received(), IsEmpty());
}

TEST_F(TransportTest, BrokenMessagesAreRefusedWithTheParsersStatus) {
    DatagramPeer udp(peer_host, "192.0.2.2:5060");
    MessageFields fields;
    fields.transport = "UDP";
    std::string bad = request(fields);
    bad.replace(bad.find("SIP/2.0\r\n"), 7, "SIP/7.0");
    udp.send("192.0.2.1:5060", bad);
    udp.send("192.0.2.1:5060", "\r\n\r\n");
    udp.send("192.0.2.1:5060", "garbage");
    udp.send("192.0.2.1:5060", "SIP/2.0 200 OK\r\n\r\n");
    loop.run();
    ASSERT_THAT(udp.received(), SizeIs(1));
    EXPECT_THAT(start_line(udp.received()[0].text), StartsWith("SIP/2.0 505"));
}

TEST_F(TransportTest, Ipv6) {
    auto& six = wire.host("2001:db8::1");
    UserAgentConfig config;
    auto other = make_user_agent(config, six, resolver, loop.timers(), random, registry, above);
    ASSERT_TRUE(other->listen(
        {{Transport::Udp, endpoint("[::]:5060")}, {Transport::Tcp, endpoint("[::]:5060")}}));
    StreamPeer tcp(wire.host("2001:db8::2"), "[2001:db8::1]:5060");
    DatagramPeer udp(wire.host("2001:db8::2"), "[2001:db8::2]:5060");
    loop.run();
    MessageFields fields;
    fields.sent_by = "[2001:db8::2]:5060";
    tcp.send(request(fields));
    fields.transport = "UDP";
    udp.send("[2001:db8::1]:5060", request(fields));
    loop.run();
    EXPECT_EQ(start_line(tcp.received()), "SIP/2.0 202 Accepted");
    ASSERT_THAT(udp.received(), SizeIs(1));
    EXPECT_EQ(start_line(udp.received()[0].text), "SIP/2.0 202 Accepted");
}

TEST_F(TransportTest, ListeningIsAllOrNothing) {
    StreamServer taken(ours, "192.0.2.1:7000");
    auto result = agent->listen({{Transport::Tcp, endpoint("192.0.2.1:7001")},
                                 {Transport::Tcp, endpoint("192.0.2.1:7000")}});
    EXPECT_FALSE(result);
    auto peer = connect(peer_host, "192.0.2.1:7001");
    EXPECT_TRUE(peer->close_reason());
    auto any = agent->listen({{Transport::Tcp, endpoint("192.0.2.1:0")}});
    ASSERT_TRUE(any);
    EXPECT_NE(any->front().endpoint.port, 0);
}

}  // namespace
}  // namespace isthmus::sip::test
