// Requests over UDP, fail-over, credentials and sizes. RFC 3261 §17.1, §18.1.1, §22; RFC 3263 §4.3.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
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

/// example.com has two servers, the first preferred.
class FailOverTest : public UserAgentTest {
  protected:
    FailOverTest() {
        for (std::string_view transport : {"_tcp", "_udp"}) {
            std::string name = "_sip." + std::string(transport) + ".example.com";
            resolver.add_srv(name,
                             {.priority = 1, .weight = 0, .port = 5060, .target = "a.example.com"});
            resolver.add_srv(name,
                             {.priority = 2, .weight = 0, .port = 5060, .target = "b.example.com"});
        }
        resolver.add_address("a.example.com", "192.0.2.10");
        resolver.add_address("b.example.com", "192.0.2.11");
        start_a();
        b = std::make_unique<StreamServer>(wire.host("192.0.2.11"), "192.0.2.11:5060");
    }

    void start_a() {
        a = std::make_unique<StreamServer>(wire.host("192.0.2.10"), "192.0.2.10:5060");
    }

    static Target domain(Transport transport = Transport::Tcp) {
        Target to = target(transport, "example.com");
        to.port = 0;
        to.use_srv = true;
        return to;
    }

    static void answer(StreamServer& server,
                       std::string_view request,
                       std::string_view status,
                       std::string_view extra = {}) {
        server.last().send(response_to(request, status, extra));
    }

    std::unique_ptr<StreamServer> a;
    std::unique_ptr<StreamServer> b;
};

TEST_F(FailOverTest, TheFirstServerIsPreferred) {
    send(domain());
    loop.run();
    EXPECT_THAT(a->peers(), SizeIs(1));
    EXPECT_THAT(b->peers(), IsEmpty());
}

TEST_F(FailOverTest, A503GoesToTheNextWithANewBranchAndNothingElseNew) {
    send(domain(), 9);
    loop.run();
    std::string first = a->last().take();
    answer(*a, first, "503 Service Unavailable", "Retry-After: 20");
    loop.run();
    EXPECT_THAT(above.outcomes, IsEmpty());
    ASSERT_THAT(b->peers(), SizeIs(1));
    std::string second = b->last().take();
    EXPECT_NE(header_of(first, "Via"), header_of(second, "Via"));
    for (std::string_view same : {"From", "To", "Call-ID", "CSeq"}) {
        EXPECT_EQ(header_of(first, same), header_of(second, same)) << same;
    }
    answer(*a, first, "200 OK");  // too late, and not its turn
    answer(*b, second, "202 Accepted");
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].cookie, 9U);
    EXPECT_EQ(above.outcomes[0].status, 202);

    send(domain());  // the first wants to be left alone for 20 s
    loop.run();
    EXPECT_THAT(b->last().take(), StartsWith("MESSAGE "));
    loop.advance(seconds(21));
    send(domain());
    loop.run();
    EXPECT_THAT(a->last().take(), StartsWith("MESSAGE "));
}

TEST_F(FailOverTest, The503OfTheLastServerIsTheOutcome) {
    send(domain());
    loop.run();
    answer(*a, a->last().take(), "503 Service Unavailable");
    loop.run();
    answer(*b, b->last().take(), "503 Service Unavailable");
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 503);
}

TEST_F(FailOverTest, AServerThatTakesNoConnectionIsPassedBy) {
    a->stop();
    send(domain(), 1);
    send(domain(), 2);
    loop.run();
    ASSERT_THAT(b->peers(), SizeIs(1));
    EXPECT_EQ(count_of(b->last().take(), "MESSAGE sip:"), 2U);
    std::size_t tried = wire.connects_tried();
    send(domain(), 3);
    loop.run();
    EXPECT_EQ(wire.connects_tried(), tried) << "left alone for a while";
    start_a();
    loop.advance(seconds(31));
    send(domain(), 4);
    loop.run();
    EXPECT_THAT(a->peers(), SizeIs(1));
}

TEST_F(FailOverTest, AMessageThatMayHaveArrivedIsNeverSentAgain) {
    send(domain());
    loop.run();
    a->last().take();
    wire.cut_all();
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Unreachable);
    loop.advance(milliseconds(10));
    send(domain());
    loop.advance(seconds(33));
    ASSERT_THAT(above.outcomes, SizeIs(2));
    EXPECT_EQ(above.outcomes[1].error.kind, ErrorKind::Timeout);
    EXPECT_THAT(b->peers(), IsEmpty());
}

TEST_F(FailOverTest, OptionsMayBeAskedTwice) {
    method = Method::Options;
    send(domain());
    loop.advance(seconds(33));
    EXPECT_THAT(above.outcomes, IsEmpty());
    ASSERT_THAT(b->peers(), SizeIs(1));
    answer(*b, b->last().take(), "200 OK");
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 200);
}

TEST_F(FailOverTest, AllDown) {
    a->stop();
    b->stop();
    send(domain());
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.code, "IST-TCP-001");
}

TEST_F(FailOverTest, OverUdp) {
    DatagramPeer first(wire.host("192.0.2.10"), "192.0.2.10:5060");
    DatagramPeer second(wire.host("192.0.2.11"), "192.0.2.11:5060");
    send(domain(Transport::Udp));
    loop.run();
    ASSERT_THAT(first.received(), SizeIs(1));
    first.send("192.0.2.1:5060", response_to(first.take()[0].text, "503 Service Unavailable"));
    loop.run();
    ASSERT_THAT(second.received(), SizeIs(1));
    loop.advance(milliseconds(600));
    EXPECT_THAT(first.received(), IsEmpty());
    ASSERT_THAT(second.received(), SizeIs(2)) << "its own retransmissions";
    second.send("192.0.2.1:5060", response_to(second.take()[0].text, "200 OK"));
    loop.run();
    EXPECT_THAT(above.outcomes, SizeIs(1));
}

TEST_F(FailOverTest, AMoveInDnsIsNoticed) {
    Target to = target(Transport::Tcp, "moving.example.com");
    resolver.add_address("moving.example.com", "192.0.2.10");
    send(to);
    loop.run();
    answer(*a, a->last().take(), "200 OK");
    loop.run();
    resolver.forget("moving.example.com");
    resolver.add_address("moving.example.com", "192.0.2.11");
    loop.advance(seconds(61));
    send(to);  // still the old way, while the resolver is asked
    loop.run();
    send(to);
    loop.run();
    EXPECT_EQ(count_of(a->last().take(), "MESSAGE sip:"), 1U);
    ASSERT_THAT(b->peers(), SizeIs(1));
    EXPECT_EQ(count_of(b->last().take(), "MESSAGE sip:"), 1U);
}

class DigestClientTest : public UserAgentTest {
  protected:
    static constexpr std::string_view kChallenge =
        "Digest realm=\"example.com\", nonce=\"abc\", algorithm=MD5, qop=\"auth\"";

    static Target with_password() {
        Target to = target(Transport::Tcp);
        to.username = "gateway";
        to.password = "secret";
        return to;
    }

    void answer(std::string_view request, std::string_view status, std::string_view extra = {}) {
        server.last().send(response_to(request, status, extra));
        loop.run();
    }

    StreamServer server{peer_host, "192.0.2.2:5060"};
};

TEST_F(DigestClientTest, AnswersAChallengeOnce) {
    for (auto [status, challenge, credentials] :
         {std::tuple{"401 Unauthorized", "WWW-Authenticate", "Authorization"},
          std::tuple{
              "407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization"}}) {
        above.outcomes.clear();
        send(with_password());
        loop.run();
        std::string first = server.last().take();
        EXPECT_EQ(header_of(first, credentials), "");
        answer(first, status, std::string(challenge) + ": " + std::string(kChallenge));
        EXPECT_THAT(above.outcomes, IsEmpty());
        std::string second = server.last().take();
        EXPECT_THAT(header_of(second, credentials), StartsWith("Digest username=\"gateway\""));
        EXPECT_EQ(header_of(second, "CSeq"), "2 MESSAGE");  // RFC 3261 §8.1.3.5
        EXPECT_EQ(header_of(second, "Call-ID"), header_of(first, "Call-ID"));
        EXPECT_EQ(header_of(second, "From"), header_of(first, "From"));
        EXPECT_NE(header_of(second, "Via"), header_of(first, "Via"));
        EXPECT_THAT(second, HasSubstr("\r\n\r\nhi"));
        answer(second, status, std::string(challenge) + ": " + std::string(kChallenge));
        ASSERT_THAT(above.outcomes, SizeIs(1)) << "the password is wrong: no third try";
        EXPECT_EQ(above.outcomes[0].status, std::stoi(status));
        EXPECT_EQ(server.last().take(), "");
    }
}

TEST_F(DigestClientTest, ARequestOfADialogKeepsItsTagAndGoesOnCounting) {
    OutgoingRequest outgoing;
    outgoing.method = Method::Notify;
    outgoing.request_uri = "sip:juliet@192.0.2.7";
    outgoing.from = "<sip:romeo@example.net>";
    outgoing.to = "<sip:juliet@example.com>";
    outgoing.call_id = "dialog";
    outgoing.from_tag = "ours";
    outgoing.cseq = 1'790'000'000;
    agent->send(outgoing, with_password(), above, 1);
    loop.run();
    const std::string first = server.last().take();
    EXPECT_EQ(header_of(first, "From"), "<sip:romeo@example.net>;tag=ours");
    EXPECT_EQ(header_of(first, "CSeq"), "1790000000 NOTIFY");
    answer(first, "401 Unauthorized", "WWW-Authenticate: " + std::string(kChallenge));
    const std::string second = server.last().take();
    EXPECT_EQ(header_of(second, "From"), "<sip:romeo@example.net>;tag=ours");
    EXPECT_EQ(header_of(second, "CSeq"), "1790000001 NOTIFY");
}

TEST_F(DigestClientTest, AStaleNonceIsNoRefusal) {
    send(with_password());
    loop.run();
    std::string challenge = "WWW-Authenticate: " + std::string(kChallenge);
    answer(server.last().take(), "401 Unauthorized", challenge);
    answer(server.last().take(), "401 Unauthorized", challenge + ", stale=true");
    std::string third = server.last().take();
    EXPECT_EQ(header_of(third, "CSeq"), "3 MESSAGE");
    answer(third, "200 OK");
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 200);
}

TEST_F(DigestClientTest, WithoutAPasswordTheChallengeIsTheOutcome) {
    send(target(Transport::Tcp));
    loop.run();
    answer(
        server.last().take(), "401 Unauthorized", "WWW-Authenticate: " + std::string(kChallenge));
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 401);
}

}  // namespace
}  // namespace isthmus::sip::test
