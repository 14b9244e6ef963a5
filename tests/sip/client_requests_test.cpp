// Requests over UDP: retransmission, loss, sizes. RFC 3261 §17.1, §18.1.1.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class UdpClientTest : public UserAgentTest {
  protected:
    std::string asked() {
        auto datagrams = udp.take();
        return datagrams.empty() ? "" : datagrams.back().text;
    }

    void answer(std::string_view request, std::string_view status) {
        udp.send("192.0.2.1:5060", response_to(request, status));
        loop.run();
    }

    DatagramPeer udp{peer_host, "192.0.2.2:5060"};
};

TEST_F(UdpClientTest, RetransmitsTheSameOctetsUntilAnswered) {
    send(target(Transport::Udp));
    loop.advance(milliseconds(3600));
    auto copies = udp.take();
    ASSERT_THAT(copies, SizeIs(4));  // 0, 0.5, 1.5, 3.5 s
    for (const auto& copy : copies) {
        EXPECT_EQ(copy.text, copies[0].text);
    }
    EXPECT_THAT(header_of(copies[0].text, "Via"), StartsWith("SIP/2.0/UDP 192.0.2.1:5060;"));
    EXPECT_THAT(header_of(copies[0].text, "Via"), HasSubstr("rport"));
    answer(copies[0].text, "200 OK");
    answer(copies[0].text, "200 OK");
    EXPECT_THAT(above.outcomes, SizeIs(1));
    loop.advance(seconds(40));
    EXPECT_THAT(udp.take(), IsEmpty());
    EXPECT_THAT(above.outcomes, SizeIs(1));
    EXPECT_TRUE(metrics_have("isthmus_sip_retransmits_total{peer=\"frontend\"} 3"));
}

TEST_F(UdpClientTest, GivesUpAfterTimerF) {
    send(target(Transport::Udp));
    loop.advance(seconds(32) + milliseconds(10));
    EXPECT_THAT(udp.take(), SizeIs(11));
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Timeout);
}

TEST_F(UdpClientTest, LossEitherWayIsHealed) {
    int count = 0;
    wire.set_datagram_filter(
        [&](const net::Endpoint&, const net::Endpoint&, std::string_view) { return ++count > 3; });
    send(target(Transport::Udp));
    for (int i = 0; i < 100 && above.outcomes.empty(); ++i) {
        loop.advance(milliseconds(100));
        for (const auto& datagram : udp.take()) {
            udp.send("192.0.2.1:5060", response_to(datagram.text, "202 Accepted"));
        }
    }
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 202);
}

TEST_F(UdpClientTest, OnlyTheServersAddressMayAnswer) {  // abuse case C13
    send(target(Transport::Udp));
    loop.run();
    std::string request = asked();
    DatagramPeer intruder(stranger_host, "203.0.113.9:5060");
    intruder.send("192.0.2.1:5060", response_to(request, "200 OK"));
    loop.run();
    EXPECT_THAT(above.outcomes, IsEmpty());
    DatagramPeer other_port(peer_host, "192.0.2.2:40000");
    other_port.send("192.0.2.1:5060", response_to(request, "200 OK"));
    loop.run();
    EXPECT_THAT(above.outcomes, SizeIs(1));
}

TEST_F(UdpClientTest, WhatIsTooLargeGoesByTcp) {  // RFC 3261 §18.1.1, abuse case E18
    StreamServer server(peer_host, "192.0.2.2:5060");
    send(target(Transport::Udp), 1, std::string(1300, 'x'));
    send(target(Transport::Udp), 2, "small");
    loop.run();
    EXPECT_THAT(asked(), HasSubstr("small"));
    ASSERT_THAT(server.peers(), SizeIs(1));
    std::string large = server.last().take();
    EXPECT_THAT(header_of(large, "Via"), StartsWith("SIP/2.0/TCP "));
    EXPECT_THAT(large, HasSubstr(std::string(1300, 'x')));
    server.last().send(response_to(large, "200 OK"));
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].cookie, 1U);
    send(target(Transport::Udp), 3, std::string(1300, 'y'));
    loop.run();
    EXPECT_THAT(server.last().take(), HasSubstr(std::string(1300, 'y')));
}

TEST_F(UdpClientTest, OrIsRefused) {
    send(target(Transport::Udp), 1, std::string(1300, 'x'));
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Limit);
    EXPECT_EQ(above.outcomes[0].error.code, "IST-LIM-001");
    EXPECT_THAT(udp.take(), IsEmpty());
}

TEST_F(UdpClientTest, AnInviteIsAcknowledged) {  // RFC 3261 §17.1.1.3
    method = Method::Invite;
    send(target(Transport::Udp));
    loop.run();
    std::string invite = asked();
    answer(invite, "486 Busy Here");
    std::string ack = asked();
    EXPECT_EQ(start_line(ack), "ACK sip:juliet@example.com SIP/2.0");
    for (std::string_view same : {"Via", "From", "Call-ID"}) {
        EXPECT_EQ(header_of(ack, same), header_of(invite, same)) << same;
    }
    EXPECT_EQ(header_of(ack, "To"), header_of(invite, "To") + ";tag=far");
    EXPECT_EQ(header_of(ack, "CSeq"), "1 ACK");
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 486);
    answer(invite, "486 Busy Here");
    EXPECT_EQ(asked(), ack);
    EXPECT_THAT(above.outcomes, SizeIs(1));
    loop.advance(seconds(33));
    answer(invite, "486 Busy Here");
    EXPECT_EQ(asked(), "");
}

TEST_F(UdpClientTest, WithoutAListenerAPortOfItsOwnIsTaken) {
    auto& lonely_host = wire.host("192.0.2.50");
    auto lonely =
        make_user_agent({}, lonely_host, resolver, loop.timers(), random, registry, above);
    OutgoingRequest outgoing;
    outgoing.request_uri = "sip:juliet@example.com";
    outgoing.from = "<sip:romeo@example.net>";
    outgoing.to = "<sip:juliet@example.com>";
    lonely->send(outgoing, target(Transport::Udp), above, 5);
    loop.run();
    auto datagrams = udp.take();
    ASSERT_THAT(datagrams, SizeIs(1));
    udp.send(datagrams[0].from.to_string(), response_to(datagrams[0].text, "200 OK"));
    loop.run();
    EXPECT_THAT(above.outcomes, SizeIs(1));
}

}  // namespace
}  // namespace isthmus::sip::test
