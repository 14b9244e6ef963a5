// What a user agent answers by itself, and how it sends: RFC 3261 §8.1, §8.2, §11, §18.1, §21.5.4.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
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

TEST_F(TlsClientTest, WithoutACertificateOfOursThereIsNoTls) {
    agent->set_tls(nullptr);
    EXPECT_EQ(failure().code, "IST-TLS-002");
    EXPECT_EQ(wire.connects_tried(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
