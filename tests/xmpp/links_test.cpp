// Outgoing links over a wire in memory: whom we dial and how we prove ourselves. RFC 6120 §3.2,
// XEP-0178, XEP-0220; abuse cases B01, B03.
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
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using xmpp::Negotiation;

TEST_F(LinksTest, TlsAndExternalThenTheQueueThenMore) {
    start();
    send(1, "one");
    send(2, "two");
    dial();
    EXPECT_THAT(fabrikam.hear(), HasSubstr("from='contoso.example' to='fabrikam.example'"));
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    EXPECT_EQ(fabrikam.hear(), kStartTls);
    fabrikam.start_tls();
    EXPECT_EQ(theirs.last_server_name(), kTheirs);
    EXPECT_THAT(fabrikam.hear(), StartsWith("<?xml version='1.0'?><stream:stream "));
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    EXPECT_EQ(fabrikam.hear(), auth(kOurIdentity));
    fabrikam.say(kSuccess);
    EXPECT_THAT(fabrikam.hear(), StartsWith("<?xml version='1.0'?><stream:stream "));
    EXPECT_THAT(handler.sent, IsEmpty());
    fabrikam.say(header(kTheirs, kOurs, "p3") + features(""));
    EXPECT_EQ(fabrikam.hear(), message_text("one") + message_text("two"));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
    send(3, "three");
    EXPECT_EQ(fabrikam.hear(), message_text("three"));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2, 3));
    EXPECT_EQ(server->pending(), 0U);
    EXPECT_EQ(fabrikam.connections(), 1U);
}

TEST_F(LinksTest, DialbackWhereSaslIsNotOffered) {
    handler.partners["fabrikam.example"].sasl = Negotiation::Optional;
    start();
    send(1);
    dial();
    fabrikam.negotiate_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") +
                 features(std::string(kDialbackOffer) + "<errors/></dialback>"));
    EXPECT_EQ(fabrikam.hear(),
              "<db:result from='contoso.example' to='fabrikam.example'>" +
                  xmpp::dialback::make_key("s3cr3t", kTheirs, kOurs, "p2") + "</db:result>");
    EXPECT_THAT(handler.sent, IsEmpty());
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(LinksTest, DialbackAfterExternalWasRefused) {
    handler.partners["fabrikam.example"].sasl = Negotiation::Optional;
    start();
    send(1);
    dial();
    fabrikam.negotiate_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    EXPECT_EQ(fabrikam.hear(), auth(kOurIdentity));
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    EXPECT_THAT(fabrikam.hear(), StartsWith("<db:result "));
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_THAT(handler.sent, ElementsAre(1));
    // It says so: in the status of a stream that is up, and once in the counters.
    const auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status.front().state, "up");
    EXPECT_EQ(status.front().auth, "dialback");
    ASSERT_TRUE(status.front().last_error);
    EXPECT_EQ(status.front().last_error->code, "IST-XMPP-010");
    EXPECT_THAT(status.front().last_error->evidence, HasSubstr("not-authorized"));
    EXPECT_EQ(count("code=\"IST-XMPP-010\""), 1U);
    EXPECT_EQ(count("mechanism=\"external\",result=\"refused\""), 1U);
}

class EndsAfterExternal : public LinksTest, public testing::WithParamInterface<std::string> {};

TEST_P(EndsAfterExternal, IsARefusalAndDialbackIsNext) {
    handler.partners["fabrikam.example"].sasl = Negotiation::Optional;
    start();
    send(1);
    dial();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.say(GetParam() + "</stream:stream>");
    dial();
    ASSERT_EQ(fabrikam.connections(), 2U);
    EXPECT_EQ(count("code=\"IST-XMPP-010\""), 1U);
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    EXPECT_THAT(fabrikam.hear(), StartsWith("<db:result "));
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         EndsAfterExternal,
                         testing::Values("", stream_error("not-authorized") + "</stream:error>"));

TEST_F(LinksTest, ANewStreamWithDialbackIfThePeerHangsUpAfterExternal) {
    handler.partners["fabrikam.example"].sasl = Negotiation::Optional;
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.say(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
        "</stream:stream>");
    dial();
    ASSERT_EQ(fabrikam.connections(), 2U);
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    EXPECT_THAT(fabrikam.hear(), StartsWith("<db:result "));
}

TEST_F(LinksTest, ExternalRefusedWithoutAlternativeFailsAtOnce) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-AUTH-004")));
    EXPECT_EQ(handler.errors[0].kind, ErrorKind::NotAuthorized);
    // The reason holds for a while; nobody is asked again and again.
    send(2);
    loop.advance(2ms);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-AUTH-004"), Pair(2, "IST-AUTH-004")));
    EXPECT_EQ(fabrikam.connections(), 1U);
    loop.advance(10s);
    send(3);
    dial();
    EXPECT_EQ(fabrikam.connections(), 2U);
}

TEST_F(LinksTest, NoTlsNoKeysAndNoStanzasWhereTlsIsRequired) {
    handler.partners["fabrikam.example"].sasl = Negotiation::Optional;
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") +
                 features(std::string(kDialbackOffer) + "</dialback>"));
    EXPECT_EQ(fabrikam.hear(), kStartTls) << "it may have been taken out of the features";
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("policy-violation")));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-TLS-001")));
}

/// RFC 7590 §3.1, abuse case B01: what is missing among the features may be there all the same.
TEST_F(LinksTest, TlsThatWasTakenOutOfTheFeaturesIsUsed) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(""));
    EXPECT_EQ(fabrikam.hear(), kStartTls);
    loop.advance(4s);
    fabrikam.start_tls();
    loop.advance(6s);  // it has the rest of its time for what follows
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.hear();
    fabrikam.say(kSuccess);
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p3") + features(""));
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(LinksTest, WhoDoesNotOfferTlsSaysSoInManyWays) {
    const auto after = [this](const auto& what) {
        loop.advance(60s);  // until nobody remembers the refusal before
        const auto before = handler.not_sent.size();
        send(10 + before);
        dial();
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p1") + features(""));
        EXPECT_EQ(fabrikam.hear(), kStartTls);
        what();
        ASSERT_EQ(handler.not_sent.size(), before + 1);
        EXPECT_EQ(handler.not_sent.rbegin()->second, "IST-TLS-001");
        const auto status = server->status();
        EXPECT_EQ(status.front().last_error->step, "tls");
    };
    start();
    after([this] { fabrikam.say(stream_error("unsupported-stanza-type") + "</stream:error>"); });
    after([this] { fabrikam.say("</stream:stream>"); });
    after([this] {
        fabrikam.peer().shut_down();
        loop.run();
    });
    after([this] { loop.advance(6s); });
    after([this] { fabrikam.say("<message/>"); });
}

TEST_F(LinksTest, PlainDialbackWhereThePartnerKnowsNothingElse) {
    handler.partners["fabrikam.example"] = {
        Negotiation::NotSupported, Negotiation::NotSupported, true, {}};
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    EXPECT_THAT(fabrikam.hear(), StartsWith("<db:result "));
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
}

TEST_F(LinksTest, OctetsBehindProceedAreNotBelieved) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.say(std::string(kProceed) + features(kExternalOffer));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("policy-violation")));
    EXPECT_FALSE(fabrikam.peer().is_connected());
}

TEST_F(LinksTest, AServerThatDoesNotProveItsDomainGetsNothing) {
    theirs.set_certificate(certificate_for("evil.example"));
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    EXPECT_EQ(fabrikam.hear(), "");
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-001")));
}

TEST_F(LinksTest, InvalidDialbackFailsAtOnceWithItsCode) {
    handler.partners["fabrikam.example"].sasl = Negotiation::NotSupported;
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(""));
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='invalid'/>");
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-DB-001")));
}

TEST_F(LinksTest, OthersAreNeverDialled) {
    start();
    auto questions = resolver.questions().size();
    send(1, "hello", "stranger.example");
    EXPECT_THAT(handler.not_sent, IsEmpty()) << "an outcome inside send()";
    loop.advance(1s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-POL-001")));
    EXPECT_EQ(resolver.questions().size(), questions);
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(LinksTest, WeNeverDialOurselves) {
    handler.partners["other.contoso.example"] = {};
    start();
    send(1, "hello", "other.contoso.example");
    loop.advance(1s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-POL-001")));
    EXPECT_THAT(resolver.questions(), IsEmpty());
}

TEST_F(LinksTest, NorAtAnAddressWhereWeListenOurselves) {
    handler.partners["mirror.example"] = {};
    handler.partners["mirror.example"].may_be_private = true;
    resolver.add_srv("_xmpp-server._tcp.mirror.example", {0, 0, 5269, "us.example"});
    resolver.add_address("us.example", "192.0.2.1");
    start();
    send(1, "hello", "mirror.example");
    loop.advance(1s);
    ASSERT_EQ(server->status().size(), 1U);
    const xmpp::LinkStatus status = server->status().front();
    ASSERT_TRUE(status.last_error);
    EXPECT_EQ(status.last_error->code, "IST-TCP-005");
    EXPECT_EQ(status.last_error->step, "tcp");
    EXPECT_THAT(status.last_error->evidence, HasSubstr("192.0.2.1:5269"));
    EXPECT_EQ(status.state, "waiting");
    loop.advance(31s);
    EXPECT_EQ(handler.not_sent.size(), 1U);
}

TEST_F(LinksTest, ADomainWithoutTheServiceIsNotFoundAtOnce) {
    handler.partners["none.example"] = {};
    handler.partners["nowhere.example"] = {};
    resolver.add_srv("_xmpp-server._tcp.none.example", {0, 0, 0, "."});
    start();
    send(1, "hello", "none.example");
    send(2, "hello", "nowhere.example");
    loop.advance(1s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-DNS-003"), Pair(2, "IST-DNS-002")));
    EXPECT_EQ(handler.errors[0].kind, ErrorKind::NotFound);
    EXPECT_EQ(handler.errors[1].kind, ErrorKind::NotFound);
}

TEST_F(LinksTest, StanzasOnOurOwnStreamAreNotTaken) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    fabrikam.say(
        "<message from='bob@fabrikam.example' to='alice@contoso.example'>"
        "<body>x</body></message>");
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("not-authorized")));
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(LinksTest, AProxyIsDialledWithoutAskingDnsForServices) {
    handler.partners["fabrikam.example"].proxy_fqdn = "proxy.fabrikam.example:15269";
    resolver.add_address("proxy.fabrikam.example", "192.0.2.3");
    ScriptedServer proxy(loop, wire.host("192.0.2.3"), "192.0.2.3:15269");
    start();
    send(1);
    dial();
    EXPECT_EQ(proxy.connections(), 1U);
    EXPECT_EQ(fabrikam.connections(), 0U);
    EXPECT_THAT(resolver.questions(),
                ElementsAre("A proxy.fabrikam.example", "TLSA _15269._tcp.proxy.fabrikam.example"));
}

TEST_F(LinksTest, EachPairOfDomainsHasItsOwnStream) {
    start();
    send(1);
    send(2, "hello", kTheirs, "other.contoso.example");
    dial();
    EXPECT_EQ(fabrikam.connections(), 2U);
    EXPECT_THAT(fabrikam.hear(0), HasSubstr("from='contoso.example'"));
    EXPECT_THAT(fabrikam.hear(1), HasSubstr("from='other.contoso.example'"));
}

}  // namespace
}  // namespace isthmus::test
