// TLS from the first octet, both ways (XEP-0368).
#include <gmock/gmock.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class DirectTls : public LinksTest {
  protected:
    void publish() {
        resolver.add_srv("_xmpps-server._tcp.fabrikam.example",
                         {0, 0, 5270, "tls.fabrikam.example"});
        resolver.add_address("tls.fabrikam.example", "192.0.2.3");
        tls_host.set_certificate(certificate_for(kTheirs));
        direct.use_direct_tls();
    }

    std::string let_in() {
        EXPECT_THAT(direct.hear(), StartsWith("<?xml version='1.0'?><stream:stream "));
        direct.say(header(kTheirs, kOurs, "p1") + features(kExternalOffer));
        EXPECT_EQ(direct.hear(), auth(kOurIdentity));
        direct.say(kSuccess);
        direct.hear();
        direct.say(header(kTheirs, kOurs, "p2") + features(""));
        return direct.hear();
    }

    MemoryHost& tls_host = wire.host("192.0.2.3");
    ScriptedServer direct{loop, tls_host, "192.0.2.3:5270"};
};

TEST_F(DirectTls, IsUsedWhereItIsPublished) {
    publish();
    start();
    send(1);
    dial();
    EXPECT_EQ(let_in(), message_text("hello"));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_EQ(tls_host.last_server_name(), kTheirs);
    EXPECT_EQ(direct.peer().stream().alpn(), "xmpp-server");
    EXPECT_EQ(fabrikam.connections(), 0U);
    EXPECT_EQ(count("isthmus_s2s_tls_sessions_total{"), 1U);
}

TEST_F(DirectTls, IsNotUsedWhereTlsIsNotAllowed) {
    publish();
    handler.partners["fabrikam.example"] = {
        xmpp::Negotiation::NotSupported, xmpp::Negotiation::NotSupported, true, {}};
    start();
    send(1);
    dial();
    EXPECT_EQ(direct.connections(), 0U);
    EXPECT_EQ(fabrikam.connections(), 1U);
    server.reset();
    handler.outcomes.clear();
}

TEST_F(DirectTls, TheNextTargetWhereTheHandshakeFails) {
    publish();
    tls_host.fail_handshakes(true);
    start();
    send(1);
    dial();
    loop.run();
    fabrikam.let_in_by_external();
    EXPECT_EQ(fabrikam.last_heard(), message_text("hello"));
    EXPECT_EQ(direct.connections(), 1U);
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(DirectTls, TheReasonIsToldWhenNoTargetIsLeft) {
    publish();
    tls_host.fail_handshakes(true);
    fabrikam.stop();
    resolver.forget("_xmpp-server._tcp.fabrikam.example");
    start();
    send(1);
    dial();
    const auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    ASSERT_TRUE(status.front().last_error);
    EXPECT_EQ(status.front().last_error->code, "IST-TLS-002");
    EXPECT_EQ(status.front().last_error->step, "tls");
    loop.advance(31s);
    EXPECT_EQ(handler.not_sent.size(), 1U);
}

TEST_F(DirectTls, CallersAreServed) {
    start();
    StreamPeer peer(theirs, kOurDirectTls);
    loop.run();
    peer.start_tls(
        {.role = net::TlsRole::Client, .server_name = std::string(kOurs), .alpn = {"xmpp-server"}});
    loop.run();
    ASSERT_TRUE(peer.is_secured());
    EXPECT_EQ(peer.stream().alpn(), "xmpp-server");
    const std::string offered = say(peer, header(kTheirs, kOurs));
    EXPECT_THAT(offered, HasSubstr("EXTERNAL"));
    EXPECT_THAT(offered, Not(HasSubstr("starttls")));  // XEP-0368 §3
    EXPECT_EQ(say(peer, auth("=")), kSuccess);
    say(peer, header(kTheirs, kOurs));
    say(peer,
        "<message from='bob@fabrikam.example' "
        "to='alice@contoso.example'><body>hi</body></message>");
    EXPECT_THAT(handler.messages, ElementsAre("bob@fabrikam.example -> alice@contoso.example: hi"));
}

TEST_F(DirectTls, ClearTextIsNotUnderstoodThere) {
    start();
    StreamPeer peer(theirs, kOurDirectTls);
    loop.run();
    EXPECT_THAT(say(peer, header(kTheirs, kOurs)), IsEmpty());
    EXPECT_FALSE(peer.is_connected());
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(DirectTls, WithoutACertificateNobodyIsLetIn) {
    start();
    server->set_tls(nullptr);
    StreamPeer peer(theirs, kOurDirectTls);
    loop.run();
    EXPECT_FALSE(peer.is_connected());
}

}  // namespace
}  // namespace isthmus::test
