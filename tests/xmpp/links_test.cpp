// Outgoing links over a wire in memory: dialling on demand, queues, retries, one outcome for each
// stanza. RFC 6120 §3.2, XEP-0178, XEP-0220; abuse cases A19, B01, B03.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using xmpp::Negotiation;

class LinksTest : public World {
  protected:
    void dial() { loop.advance(2ms); }
};

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
    EXPECT_EQ(fabrikam.hear(), auth("="));
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
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    fabrikam.hear();
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
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    EXPECT_EQ(fabrikam.hear(), auth("="));
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    EXPECT_THAT(fabrikam.hear(), StartsWith("<db:result "));
}

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
    std::string said = fabrikam.hear();
    EXPECT_THAT(said, Not(HasSubstr("db:result")));
    EXPECT_THAT(said, HasSubstr(stream_error("policy-violation")));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-TLS-001")));
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

TEST_F(LinksTest, AMessageWaitsForAServerThatComesBack) {
    fabrikam.stop();
    start();
    send(1);
    loop.advance(5s);
    EXPECT_THAT(handler.not_sent, IsEmpty());
    ScriptedServer back(loop, theirs, "192.0.2.2:5269");
    loop.advance(10s);
    ASSERT_EQ(back.connections(), 1U);
    back.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(LinksTest, PatienceEndsWithTheLastReason) {
    fabrikam.stop();
    start();
    send(1);
    loop.advance(15s);
    send(2);
    EXPECT_EQ(server->pending(), 2U);
    loop.advance(14s);
    EXPECT_THAT(handler.not_sent, IsEmpty());
    loop.advance(2s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    EXPECT_EQ(handler.errors[0].kind, ErrorKind::Timeout);
    EXPECT_THAT(handler.errors[0].detail, HasSubstr("IST-TCP-001"));
    loop.advance(15s);
    EXPECT_EQ(handler.not_sent.size(), 2U);
    EXPECT_EQ(server->pending(), 0U);
    auto tried = wire.connects_tried();
    EXPECT_GE(tried, 5U);
    EXPECT_LE(tried, 20U);
    // With nobody waiting nobody dials.
    loop.advance(10min);
    EXPECT_LE(wire.connects_tried(), tried + 1);
}

TEST_F(LinksTest, TheNewestErrorIsShownWithStepAddressAndTime) {
    handler.partners["fabrikam.example"].tls = Negotiation::Required;
    start();
    send(1);
    dial();
    fabrikam.hear();
    const auto first = loop.timers().now();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(""));
    auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    ASSERT_TRUE(status[0].last_error);
    EXPECT_EQ(status[0].last_error->code, "IST-TLS-001");
    EXPECT_EQ(status[0].last_error->step, "stream");
    EXPECT_EQ(status[0].last_error->address, "192.0.2.2:5269");
    EXPECT_EQ(status[0].last_error->at, first);
    fabrikam.stop();
    loop.advance(60s);
    send(2);
    loop.advance(1s);
    status = server->status();
    ASSERT_TRUE(status[0].last_error);
    EXPECT_EQ(status[0].last_error->code, "IST-TCP-001") << "the newer one";
    EXPECT_EQ(status[0].last_error->step, "tcp");
    EXPECT_GT(status[0].last_error->at, first);
    ScriptedServer back(loop, theirs, "192.0.2.2:5269");
    loop.advance(10s);
    back.let_in_by_external();
    status = server->status();
    EXPECT_EQ(status[0].state, "up");
    EXPECT_TRUE(status[0].last_error) << "when the stream is up again, it is still known";
    back.peer().drop();
    loop.run();
    status = server->status();
    EXPECT_EQ(status[0].last_error->step, "up");
    EXPECT_EQ(status[0].last_error->at, loop.timers().now());
}

TEST_F(LinksTest, AnAttemptThatHangsIsGivenUp) {
    wire.blackhole(endpoint("192.0.2.2:5269"));
    start();
    send(1);
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
}

TEST_F(LinksTest, ASilentServerIsGivenUp) {
    start();
    send(1);
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    loop.advance(10s);
    EXPECT_FALSE(fabrikam.peer(0).is_connected());
}

TEST_F(LinksTest, TheQueueIsBounded) {
    config.max_queue_per_link = 3;
    fabrikam.stop();
    start();
    for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) {
        send(cookie);
    }
    loop.advance(2ms);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(4, "IST-LIM-002"), Pair(5, "IST-LIM-002")));
    EXPECT_EQ(handler.errors[0].kind, ErrorKind::Limit);
    auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status[0].queued, 3U);
}

TEST_F(LinksTest, AReaderWhoStopsMeetsTheCapThenTheEnd) {
    config.max_output_octets = 1000;
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    wire.set_window(100);
    fabrikam.peer().stream().pause_reading(true);
    std::uint64_t cookie = 2;
    for (; handler.not_sent.empty() && cookie < 100; ++cookie) {
        send(cookie, std::string(100, 'x'));
        loop.advance(2ms);
    }
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(cookie - 1, "IST-LIM-002")));
    loop.advance(61s);
    EXPECT_EQ(handler.not_sent.size(), cookie - 2);
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(LinksTest, WhatWasNotWrittenWhenTheConnectionDiesIsNotSent) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    wire.set_window(150);
    fabrikam.peer().stream().pause_reading(true);
    send(2);
    send(3);
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
    wire.cut_all();
    loop.run();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(3, "IST-XMPP-002")));
    wire.set_window(SIZE_MAX);
    send(4);
    loop.advance(1s);
    ASSERT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1, 2, 4));
}

TEST_F(LinksTest, AStreamThatThePeerEndsIsOpenedAgainOnDemand) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    fabrikam.say("</stream:stream>");
    EXPECT_EQ(fabrikam.hear(), "</stream:stream>");
    loop.advance(1min);
    EXPECT_EQ(fabrikam.connections(), 1U);
    send(2);
    loop.advance(1s);
    ASSERT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
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
    EXPECT_THAT(resolver.questions(), ElementsAre("A proxy.fabrikam.example"));
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

TEST_F(LinksTest, AWithdrawnPartnerLosesLinkAndQueue) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    handler.partners.erase("fabrikam.example");
    server->recheck_partners();
    loop.advance(2ms);
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("policy-violation")));
    send(2);
    loop.advance(1s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(2, "IST-POL-001")));
    EXPECT_EQ(fabrikam.connections(), 1U);
    // And comes back as soon as it is a partner again.
    handler.partners["fabrikam.example"] = {};
    server->recheck_partners();
    loop.advance(2ms);
    send(3);
    loop.advance(1s);
    EXPECT_EQ(fabrikam.connections(), 2U);
}

TEST_F(LinksTest, DrainingClosesOnlyWhenTheQueueIsEmpty) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    server->set_draining(true);
    loop.advance(1s);
    EXPECT_TRUE(fabrikam.peer().is_connected());
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.say(kSuccess);
    fabrikam.say(header(kTheirs, kOurs, "p3") + features(""));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    loop.advance(1s);
    EXPECT_THAT(fabrikam.hear(), HasSubstr("</stream:stream>"));
    fabrikam.say("</stream:stream>");
    EXPECT_FALSE(fabrikam.peer().is_connected());
}

}  // namespace
}  // namespace isthmus::test
