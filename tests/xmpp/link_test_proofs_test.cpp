// The test of a link from the proofs of who they are on: EXTERNAL, dialback, their stream to us, a
// message; and how a test ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "link_test_world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using xmpp::Negotiation;

TEST_F(LinkTestTest, ExternalIsRefused) {
    start();
    test();
    secure_and_offer(kExternalOffer);
    fabrikam.hear();
    fabrikam.say(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>unsuitable purpose</text></failure>");
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass",
                            "tcp pass",
                            "stream pass",
                            "tls pass",
                            "certificate pass",
                            "auth fail IST-AUTH-004"));
    EXPECT_THAT(steps.find("auth").evidence, HasSubstr("not-authorized: unsuitable purpose"));
}

TEST_F(LinkTestTest, ExternalIsRefusedAndDialbackToo) {
    order.policy.sasl = Negotiation::Optional;
    start();
    test();
    secure_and_offer(kExternalOffer);
    fabrikam.hear();
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='invalid'/>");
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass",
                            "tcp pass",
                            "stream pass",
                            "tls pass",
                            "certificate pass",
                            "auth warn IST-XMPP-010",
                            "dialback fail IST-DB-001"));
    EXPECT_EQ(steps.done, 1);
}

TEST_F(LinkTestTest, WhetherTheyCalledBackIsTold) {
    order.policy.sasl = Negotiation::NotSupported;
    start();
    test();
    secure_and_offer(kDialback);
    fabrikam.hear();
    peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    say(*peer,
        "<db:verify from='fabrikam.example' to='contoso.example' id='p2'>whatever</db:verify>");
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_EQ(steps.find("dialback").state, xmpp::TestState::Pass);
    EXPECT_THAT(steps.find("dialback").evidence,
                HasSubstr("asked about at our listener by 192.0.2.2"));
}

TEST_F(LinkTestTest, NobodyCalledBack) {
    order.policy.sasl = Negotiation::NotSupported;
    start();
    test();
    secure_and_offer(kDialback);
    fabrikam.hear();
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='invalid'/>");
    EXPECT_EQ(steps.find("dialback").state, xmpp::TestState::Fail);
    EXPECT_THAT(steps.find("dialback").evidence, HasSubstr("nobody has asked about it"));
}

TEST_F(LinkTestTest, InClearWhereTheSettingsAllowIt) {
    order.policy = {Negotiation::NotSupported, Negotiation::NotSupported, true, {}};
    start();
    test();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kDialback));
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    loop.advance(6s);
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass",
                            "tcp pass",
                            "stream pass",
                            "tls warn IST-TLS-001",
                            "certificate skipped",
                            "auth skipped",
                            "dialback pass",
                            "reverse skipped",
                            "ping+im warn IST-XMPP-003"));
    EXPECT_THAT(steps.find("reverse").sentence, HasSubstr("Cannot tell"));
}

TEST_F(LinkTestTest, InReverseNobodyComes) {
    order.reverse = true;
    start();
    test();
    fabrikam.let_in_by_external();
    loop.advance(19s);
    EXPECT_EQ(steps.told.back(), "dialback skipped");
    loop.advance(2s);
    EXPECT_EQ(steps.told.back(), "reverse fail IST-TCP-010");
    EXPECT_THAT(steps.steps.back().evidence, HasSubstr("_xmpp-server._tcp.contoso.example: none"));
    EXPECT_EQ(steps.done, 1);
}

TEST_F(LinkTestTest, InReverseWhoeverComesIsRefused) {
    order.reverse = true;
    start();
    test();
    fabrikam.let_in_by_external();
    theirs.set_certificate(certificate_for("evil.example"));
    peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    loop.advance(21s);
    EXPECT_THAT(steps.told.back(), HasSubstr("reverse fail IST-CERT-001"));
    EXPECT_THAT(steps.steps.back().sentence, HasSubstr("reached us"));
}

TEST_F(LinkTestTest, AMessageIsDeliveredOrReturned) {
    for (const bool is_good : {true, false}) {
        start();
        order.from = "alice@contoso.example";
        order.to = "romeo@fabrikam.example";
        steps = {};
        test();
        fabrikam.let_in_by_external();
        answer_ping(fabrikam.last_heard());
        const std::string heard = fabrikam.hear();
        EXPECT_THAT(heard, HasSubstr("to='romeo@fabrikam.example'"));
        const std::size_t at = heard.find("id='") + 4;
        const std::string id = heard.substr(at, heard.find('\'', at) - at);
        const std::string to = "' to='alice@contoso.example' ";
        say(*peer,
            is_good ? "<message from='romeo@fabrikam.example" + to +
                          "><received xmlns='urn:xmpp:receipts' id='" + id + "'/></message>"
                    : "<message type='error' from='romeo@fabrikam.example" + to + "id='" + id +
                          "'><error type='cancel'><item-not-found "
                          "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        EXPECT_EQ(steps.told.back(), is_good ? "ping+im pass" : "ping+im fail IST-XMPP-005");
        EXPECT_THAT(steps.steps.back().evidence,
                    HasSubstr(is_good ? "receipt after" : "item-not-found"));
        EXPECT_THAT(handler.messages, IsEmpty()) << "the gateway does not see the answer";
        running.reset();
        peer.reset();
        server.reset();
    }
}

TEST_F(LinkTestTest, AnAnswerOfSomebodyElseIsNone) {
    start();
    test();
    fabrikam.let_in_by_external();
    const std::string& heard = fabrikam.last_heard();
    const std::size_t at = heard.find("id='") + 4;
    const std::string id = heard.substr(at, heard.find('\'', at) - at);
    handler.partners["evil.example"] = {};
    MemoryHost& evil = wire.host("192.0.2.66");
    evil.set_certificate(certificate_for("evil.example"));
    peer = call_us(&evil);
    say(*peer, header("evil.example", kOurs));
    say(*peer, kStartTls);
    peer->start_tls({.role = net::TlsRole::Client, .server_name = std::string(kOurs)});
    loop.run();
    say(*peer, header("evil.example", kOurs));
    say(*peer, auth("="));
    say(*peer, header("evil.example", kOurs));
    say(*peer, "<iq type='result' from='evil.example' to='contoso.example' id='" + id + "'/>");
    loop.advance(6s);
    EXPECT_EQ(steps.told.back(), "ping+im warn IST-XMPP-003");
}

TEST_F(LinkTestTest, AbandonedAtAnyTime) {
    start();
    test();
    running.reset();
    test();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    running.reset();
    loop.advance(30s);
    test();
    fabrikam.let_in_by_external();
    running.reset();
    loop.advance(30s);
    EXPECT_EQ(steps.done, 0);
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(LinkTestTest, ASecondAttemptWhenThePeerHangsUpAfterExternal) {
    order.policy.sasl = Negotiation::Optional;
    start();
    test();
    secure_and_offer(kExternalOffer);
    fabrikam.say(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
        "</stream:stream>");
    loop.advance(2ms);
    secure_and_offer(std::string(kExternalOffer) + std::string(kDialback));
    EXPECT_THAT(fabrikam.hear(), HasSubstr("<db:result "));
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_THAT(steps.told,
                ElementsAre("dns pass",
                            "tcp pass",
                            "stream pass",
                            "tls pass",
                            "certificate pass",
                            "auth warn IST-AUTH-004",
                            "dialback pass"));
}

}  // namespace
}  // namespace isthmus::test
