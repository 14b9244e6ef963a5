// RFC 5923: our requests go back on the connection that the peer has opened, if it may be theirs.
#include "sip/transport_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class ReuseTest : public TransportTest {
  protected:
    ReuseTest() {
        resolver.add_address("sip.example.com", "192.0.2.2");
        server.use_tls({.role = net::TlsRole::Server, .server_name = {}, .alpn = {}});
        peer_host.set_certificate(certificate_of("sip.example.com"));
    }

    /// The peer connects and asks something, with that sent-by in its Via.
    std::unique_ptr<StreamPeer> caller(std::string sent_by) {
        auto peer = connect(peer_host, "192.0.2.1:5061");
        peer->start_tls(
            {.role = net::TlsRole::Client, .server_name = "gw.example.net", .alpn = {}});
        loop.run();
        MessageFields fields;
        fields.transport = "TLS";
        fields.sent_by = std::move(sent_by);
        peer->send(request(fields));
        loop.run();
        EXPECT_THAT(start_line(peer->take()), StartsWith("SIP/2.0 202"));
        return peer;
    }

    /// Whether a request to it went back on that connection, and not on one of our own.
    bool goes_back_on(StreamPeer& peer) {
        const std::size_t before = wire.connects_tried();
        send(target(Transport::Tls, "sip.example.com"), ++last_cookie);
        loop.run();
        const bool is_back = wire.connects_tried() == before;
        EXPECT_EQ(peer.received().starts_with("MESSAGE "), is_back);
        return is_back;
    }

    StreamServer server{peer_host, "192.0.2.2:5061"};
    std::uint64_t last_cookie = 0;
};

TEST_F(ReuseTest, AnAliasOfTheTargetIsUsed) {
    const auto peer = caller("sip.example.com:5061;alias");
    EXPECT_TRUE(goes_back_on(*peer));
    const std::string asked = peer->take();
    EXPECT_THAT(header_of(asked, "Via"), StartsWith("SIP/2.0/TLS 192.0.2.1:5061;"));
    peer->send(response_to(asked, "200 OK"));
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1));
    EXPECT_EQ(above.outcomes[0].status, 200);
    EXPECT_TRUE(goes_back_on(*peer)) << "and again";
}

TEST_F(ReuseTest, TheDefaultPortIsThatOfTls) {
    EXPECT_TRUE(goes_back_on(*caller("sip.example.com;alias")));
}

TEST_F(ReuseTest, NotWithoutTheWord) {
    EXPECT_FALSE(goes_back_on(*caller("sip.example.com:5061")));
}

TEST_F(ReuseTest, NotForAnotherPort) {
    EXPECT_FALSE(goes_back_on(*caller("sip.example.com:5071;alias")));
}

/// Abuse case C14.
TEST_F(ReuseTest, NotWithACertificateThatDoesNotProveTheTarget) {
    peer_host.set_certificate(certificate_of("other.example.com"));
    const auto peer = caller("sip.example.com:5061;alias");
    peer_host.set_certificate(certificate_of("sip.example.com"));
    EXPECT_FALSE(goes_back_on(*peer));
}

TEST_F(ReuseTest, NotOfSomebodyElse) {
    stranger_host.set_certificate(certificate_of("sip.example.com"));
    auto stranger = connect(stranger_host, "192.0.2.1:5061");
    stranger->start_tls({.role = net::TlsRole::Client, .server_name = {}, .alpn = {}});
    loop.run();
    MessageFields fields;
    fields.transport = "TLS";
    fields.sent_by = "192.0.2.2:5061;alias";
    stranger->send(request(fields));
    loop.run();
    stranger->take();
    EXPECT_FALSE(goes_back_on(*stranger));
}

TEST_F(ReuseTest, NotOverTcp) {
    StreamServer plain{peer_host, "192.0.2.2:5060"};
    auto peer = connect(peer_host);
    MessageFields fields;
    fields.sent_by = "192.0.2.2:5060;alias";
    peer->send(request(fields));
    loop.run();
    peer->take();
    send(target(Transport::Tcp));
    loop.run();
    EXPECT_EQ(peer->received(), "");
    EXPECT_THAT(plain.peers(), SizeIs(1));
}

TEST_F(ReuseTest, WhenItIsGoneWeConnectOurselves) {
    auto peer = caller("sip.example.com:5061;alias");
    ASSERT_TRUE(goes_back_on(*peer));
    peer.reset();
    loop.run();
    ASSERT_THAT(above.outcomes, SizeIs(1)) << "told, because it may have arrived: not sent again";
    EXPECT_EQ(above.outcomes[0].status, 0);
    send(target(Transport::Tls, "sip.example.com"), 9);
    loop.run();
    EXPECT_THAT(server.last().received(), StartsWith("MESSAGE "));
}

TEST_F(ReuseTest, OursAreOfferedToo) {
    send(target(Transport::Tls, "sip.example.com"));
    loop.run();
    EXPECT_THAT(header_of(server.last().received(), "Via"), EndsWith(";alias"));
    StreamServer plain{peer_host, "192.0.2.2:5060"};
    send(target(Transport::Tcp));
    loop.run();
    EXPECT_THAT(header_of(plain.last().received(), "Via"), Not(HasSubstr("alias")));
}

}  // namespace
}  // namespace isthmus::sip::test
