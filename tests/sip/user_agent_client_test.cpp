// How a user agent sends over connections, plain and TLS: RFC 3261 §8.1, §18.1, §26.3.2.2.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

/// We ask the peer, over TCP unless the test says otherwise.
class ClientTest : public UserAgentTest {
  protected:
    /// The latest request that arrived on the server's last connection.
    std::string arrived() { return server.peers().empty() ? "" : server.last().take(); }

    void answer(std::string_view asked, std::string_view status, std::string_view extra = {}) {
        server.last().send(response_to(asked, status, extra));
        loop.run();
    }

    StreamServer server{peer_host, "192.0.2.2:5060"};
};

TEST_F(ClientTest, ARequestGoesOutAndItsResponseComesBack) {
    send(target(Transport::Tcp), 7);
    EXPECT_THAT(above.outcomes, IsEmpty());
    loop.run();
    std::string asked = arrived();
    EXPECT_EQ(start_line(asked), "MESSAGE sip:juliet@example.com SIP/2.0");
    EXPECT_THAT(header_of(asked, "Via"), StartsWith("SIP/2.0/TCP 192.0.2.1:5060;"));
    EXPECT_THAT(header_of(asked, "Via"), HasSubstr("branch=z9hG4bK"));
    EXPECT_EQ(header_of(asked, "Max-Forwards"), "70");
    EXPECT_THAT(header_of(asked, "From"), StartsWith("<sip:romeo@example.net>;tag="));
    EXPECT_EQ(header_of(asked, "To"), "<sip:juliet@example.com>");
    EXPECT_NE(header_of(asked, "Call-ID"), "");
    EXPECT_EQ(header_of(asked, "CSeq"), "1 MESSAGE");
    EXPECT_EQ(header_of(asked, "User-Agent"), "Isthmus");
    EXPECT_EQ(agent->pending(), 1U);
    answer(asked, "100 Trying");
    EXPECT_THAT(above.outcomes, IsEmpty());
    answer(asked, "202 Accepted");
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].cookie, 7U);
    EXPECT_EQ(above.outcomes[0].status, 202);
    EXPECT_EQ(agent->pending(), 0U);
    answer(asked, "500 Too Late");
    EXPECT_THAT(above.outcomes, SizeIs(1));
    EXPECT_TRUE(
        metrics_have("isthmus_sip_requests_total{peer=\"frontend\",direction=\"out\","
                     "method=\"MESSAGE\"} 1"));
}

TEST_F(ClientTest, HealthOfAPeerFollowsWhatItDoes) {
    const auto health = [this] { return agent->peers().at(0); };
    EXPECT_EQ(health().state, PeerHealth::State::Untried);
    EXPECT_EQ(health().pending, 0U);
    send(target(Transport::Tcp), 1);
    EXPECT_EQ(health().pending, 1U);
    EXPECT_EQ(health().state, PeerHealth::State::Untried);
    loop.run();
    answer(arrived(), "503 Service Unavailable");
    EXPECT_EQ(health().state, PeerHealth::State::Up) << "it answers, whatever it says";
    EXPECT_EQ(health().pending, 0U);
    EXPECT_FALSE(health().last_error);

    send(target(Transport::Tcp), 2);
    loop.advance(seconds(33));
    const auto since = loop.timers().now();
    EXPECT_EQ(health().state, PeerHealth::State::Silent);
    EXPECT_LE(since - health().since, seconds(1) + milliseconds(100));
    ASSERT_TRUE(health().last_error);
    EXPECT_EQ(health().last_error->code, "IST-SIP-002");
    EXPECT_EQ(health().pending, 0U);
    const auto first_silence = health().since;
    send(target(Transport::Tcp), 3);
    loop.advance(seconds(33));
    EXPECT_EQ(health().since, first_silence) << "silent since the first failure";
    EXPECT_GT(health().failed_at, first_silence);

    // What it sends of its own is a sign of life too.
    StreamPeer peer(peer_host, "192.0.2.1:5060");
    loop.run();
    peer.send(request({}));
    loop.run();
    EXPECT_EQ(health().state, PeerHealth::State::Up);
    EXPECT_TRUE(health().last_error) << "what went wrong last is still known";
}

TEST_F(ClientTest, OneConnectionServesAllInOrder) {
    for (int i = 0; i < 100; ++i) {
        send(target(Transport::Tcp), static_cast<std::uint64_t>(i), "n" + std::to_string(i) + ".");
    }
    loop.run();
    for (int i = 100; i < 200; ++i) {
        send(target(Transport::Tcp), static_cast<std::uint64_t>(i), "n" + std::to_string(i) + ".");
    }
    loop.run();
    EXPECT_THAT(server.peers(), SizeIs(1));
    std::string all = arrived();
    std::size_t at = 0;
    for (int i = 0; i < 200; ++i) {
        at = all.find("\r\n\r\nn" + std::to_string(i) + ".", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_EQ(agent->pending(), 200U);
}

TEST_F(ClientTest, ResponsesFindTheirRequestsInAnyOrder) {
    send(target(Transport::Tcp), 1);
    loop.run();
    std::string first = arrived();
    send(target(Transport::Tcp), 2);
    loop.run();
    std::string second = arrived();
    answer(second, "200 OK");
    answer(first, "404 Not Found");
    ASSERT_THAT(above.outcomes, SizeIs(2));
    EXPECT_EQ(above.outcomes[0].cookie, 2U);
    EXPECT_EQ(above.outcomes[1].cookie, 1U);
    EXPECT_EQ(above.outcomes[1].status, 404);
}

TEST_F(ClientTest, TheConnectionServesThePeersRequestsToo) {
    send(target(Transport::Tcp));
    loop.run();
    server.last().send(request({}));
    loop.run();
    EXPECT_THAT(arrived(), HasSubstr("SIP/2.0 202 Accepted"));
    EXPECT_EQ(above.origins.front().peer, 0);
}

TEST_F(ClientTest, ForeignResponsesAreDropped) {  // abuse case C13
    send(target(Transport::Tcp));
    loop.run();
    std::string asked = arrived();
    StreamPeer intruder(stranger_host, "192.0.2.1:5060");
    StreamPeer neighbour(peer_host, "192.0.2.1:5060");
    DatagramPeer udp(peer_host, "192.0.2.2:5060");
    loop.run();
    intruder.send(response_to(asked, "200 OK"));
    neighbour.send(response_to(asked, "200 OK"));
    udp.send("192.0.2.1:5060", response_to(asked, "200 OK"));
    std::string wrong_method = response_to(asked, "200 OK");
    wrong_method.replace(wrong_method.find("1 MESSAGE"), 9, "1 OPTIONS");
    server.last().send(wrong_method);
    std::string two_vias = response_to(asked, "200 OK");
    two_vias.insert(two_vias.find("Via:"), "Via: SIP/2.0/TCP 192.0.2.77;branch=z9hG4bKx\r\n");
    server.last().send(two_vias);
    loop.run();
    EXPECT_THAT(above.outcomes, IsEmpty());
    answer(asked, "200 OK");
    EXPECT_THAT(above.outcomes, SizeIs(1));
}

TEST_F(ClientTest, NoAnswerIsATimeout) {
    send(target(Transport::Tcp));
    loop.advance(seconds(31));
    EXPECT_THAT(above.outcomes, IsEmpty());
    loop.advance(seconds(2));
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Timeout);
    EXPECT_EQ(above.outcomes[0].error.code, "IST-SIP-002");
    EXPECT_EQ(agent->pending(), 0U);
    EXPECT_EQ(wire.connections(), 0U) << "a silent connection is given up";
}

TEST_F(ClientTest, AConnectionThatStillSpeaksIsKept) {
    send(target(Transport::Tcp), 1);
    loop.advance(seconds(10));
    arrived();
    send(target(Transport::Tcp), 2);
    loop.run();
    answer(arrived(), "200 OK");
    loop.advance(seconds(25));
    ASSERT_THAT(above.outcomes, SizeIs(2));
    EXPECT_EQ(above.outcomes[1].error.kind, ErrorKind::Timeout);
    EXPECT_EQ(wire.connections(), 1U);
}

TEST_F(ClientTest, A408IsATimeout) {
    send(target(Transport::Tcp));
    loop.run();
    answer(arrived(), "408 Request Timeout");
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 0);
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Timeout);
}

TEST_F(ClientTest, ALostConnectionTellsItsSendersAndDoublesNothing) {
    send(target(Transport::Tcp), 1);
    send(target(Transport::Tcp), 2);
    loop.run();
    wire.cut_all();
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(2));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Unreachable);
    EXPECT_EQ(above.outcomes[0].error.code, "IST-SIP-002");
    loop.advance(seconds(60));
    EXPECT_THAT(server.peers(), SizeIs(1)) << "nothing was sent again";
    send(target(Transport::Tcp), 3);
    loop.run();
    EXPECT_THAT(server.peers(), SizeIs(2));
    answer(arrived(), "200 OK");
    EXPECT_THAT(above.outcomes, SizeIs(3));
}

TEST_F(ClientTest, ARefusedConnectionIsToldLaterAndNotTriedForEveryMessage) {
    server.stop();
    send(target(Transport::Tcp), 1);
    EXPECT_THAT(above.outcomes, IsEmpty());
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Unreachable);
    EXPECT_EQ(above.outcomes[0].error.code, "IST-TCP-001");
    for (std::uint64_t i = 2; i < 100; ++i) {
        send(target(Transport::Tcp), i);
        EXPECT_THAT(above.outcomes, SizeIs(1)) << "never from inside send()";
    }
    loop.advance(milliseconds(10));
    EXPECT_THAT(above.outcomes, SizeIs(99));
    EXPECT_EQ(wire.connects_tried(), 1U);
    StreamServer again(peer_host, "192.0.2.2:5060");
    loop.advance(seconds(1));
    send(target(Transport::Tcp), 100);
    loop.run();
    EXPECT_THAT(again.peers(), SizeIs(1));
}

TEST_F(ClientTest, ABlackHoleEndsInTime) {
    wire.blackhole(endpoint("192.0.2.2:5060"));
    send(target(Transport::Tcp));
    loop.advance(seconds(5));
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Unreachable);
}

TEST_F(ClientTest, AResolverThatNeverAnswersEndsInTime) {
    resolver.add_address("sip.example.com", "192.0.2.2");
    resolver.set_delay(std::chrono::hours(1));
    send(target(Transport::Tcp, "sip.example.com"));
    loop.advance(seconds(33));
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Timeout);
    EXPECT_EQ(agent->pending(), 0U);
}

TEST_F(ClientTest, UnknownNamesAreUnreachable) {
    send(target(Transport::Tcp, "no.such.example.com"));
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.kind, ErrorKind::Unreachable);
    EXPECT_THAT(std::string(above.outcomes[0].error.code), StartsWith("IST-DNS-"));
}

TEST_F(ClientTest, HandlersMaySendAgainAtOnce) {
    std::uint64_t next = 1;
    above.then = [&] {
        if (++next <= 50) {
            send(target(Transport::Tcp), next);
        }
    };
    server.stop();
    send(target(Transport::Tcp), next);
    loop.advance(seconds(2));
    EXPECT_THAT(above.outcomes, SizeIs(50));
    EXPECT_EQ(agent->pending(), 0U);
}

TEST_F(ClientTest, AnAgentMayGoWithRequestsPending) {
    send(target(Transport::Tcp));
    loop.run();
    send(target(Transport::Tcp, "198.51.100.1"));
    resolver.set_delay(seconds(1));
    send(target(Transport::Tcp, "sip.example.com"));
    send(target(Transport::Udp));
    agent.reset();
    loop.advance(seconds(60));
    EXPECT_THAT(above.outcomes, IsEmpty());
}

TEST_F(ClientTest, IdleConnectionsOfOursAreClosedAndOpenedAgain) {
    send(target(Transport::Tcp), 1);
    loop.run();
    answer(arrived(), "200 OK");
    loop.advance(seconds(601));
    EXPECT_EQ(wire.connections(), 0U);
    send(target(Transport::Tcp), 2);
    loop.run();
    EXPECT_THAT(server.peers(), SizeIs(2));
}

class TlsClientTest : public UserAgentTest {
  protected:
    TlsClientTest() {
        resolver.add_address("sip.example.com", "192.0.2.2");
        server.use_tls({.role = net::TlsRole::Server, .server_name = {}, .alpn = {}});
    }

    Error failure() {
        send(target(Transport::Tls, "sip.example.com"));
        loop.run();
        return above.outcomes.empty() ? Error{} : above.outcomes.back().error;
    }

    StreamServer server{peer_host, "192.0.2.2:5061"};
};

TEST_F(TlsClientTest, SendsToWhoProvesTheHost) {
    peer_host.set_certificate(certificate_of("sip.example.com"));
    send(target(Transport::Tls, "sip.example.com"));
    loop.run();
    EXPECT_EQ(peer_host.last_server_name(), "sip.example.com");
    EXPECT_THAT(header_of(server.last().received(), "Via"),
                StartsWith("SIP/2.0/TLS 192.0.2.1:5061"));
}

TEST_F(TlsClientTest, SendsToWhoProvesAListedName) {
    peer_host.set_certificate(certificate_of("pool.example.com"));
    Target to = target(Transport::Tls, "sip.example.com");
    to.certificate_names = {"other.example.com", "pool.example.com"};
    send(to);
    loop.run();
    EXPECT_THAT(server.last().received(), StartsWith("MESSAGE "));
}

TEST_F(TlsClientTest, OnlyTheListedNamesCount) {
    peer_host.set_certificate(certificate_of("sip.example.com"));
    Target to = target(Transport::Tls, "sip.example.com");
    to.certificate_names = {"other.example.com"};
    send(to);
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.code, "IST-CERT-001");
    EXPECT_EQ(server.last().received(), "") << "not an octet to a stranger";
}

TEST_F(TlsClientTest, RefusesAnotherName) {
    peer_host.set_certificate(certificate_of("evil.example.org"));
    EXPECT_EQ(failure().code, "IST-CERT-001");
    loop.advance(milliseconds(10));
    EXPECT_TRUE(server.last().close_reason());
}

TEST_F(TlsClientTest, RefusesAnUntrustedChainAndNoCertificate) {
    net::PeerCertificate self_signed = certificate_of("sip.example.com");
    self_signed.is_trusted = false;
    peer_host.set_certificate(self_signed);
    EXPECT_EQ(failure().code, "IST-CERT-002");
}

TEST_F(TlsClientTest, AFailedOrStalledHandshakeIsToldSo) {
    peer_host.fail_handshakes(true);
    EXPECT_EQ(failure().code, "IST-TLS-002");
    peer_host.fail_handshakes(false);
    peer_host.stall_handshakes(true);
    loop.advance(seconds(2));
    send(target(Transport::Tls, "sip.example.com"));
    loop.advance(seconds(11));
    ASSERT_THAT(above.outcomes, SizeIs(2));
    EXPECT_EQ(above.outcomes[1].error.code, "IST-TLS-002");
}

TEST_F(TlsClientTest, ToldThatThePeerIsTooOld) {
    peer_host.set_certificate(certificate_of("sip.example.com"));
    peer_host.use_tls12();
    Target to = target(Transport::Tls, "sip.example.com");
    to.needs_tls13 = true;
    send(to);
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].error.code, "IST-TLS-004");
    EXPECT_EQ(server.last().received(), "") << "not an octet over less than was agreed on";
    // Where 1.2 will do, it does.
    to.needs_tls13 = false;
    loop.advance(seconds(5));
    send(to);
    loop.run();
    EXPECT_THAT(server.last().received(), StartsWith("MESSAGE "));
}

TEST_F(TlsClientTest, WithoutACertificateOfOursThereIsNoTls) {
    agent->set_tls(nullptr);
    EXPECT_EQ(failure().code, "IST-TLS-002");
    EXPECT_EQ(wire.connects_tried(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
