// One stream for both directions (XEP-0288): only where both sides say so between TLS and
// authentication, only for the inverse pair, each stanza with its one outcome.
#include <gmock/gmock.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

constexpr std::string_view kBidi = "<bidi xmlns='urn:xmpp:bidi'/>";
constexpr std::string_view kBidiOffer = "<bidi xmlns='urn:xmpp:features:bidi'/>";
constexpr std::string_view kOfferSm = "<sm xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view kAskAck = "<r xmlns='urn:xmpp:sm:3'/>";

std::string ack_of(unsigned h) {
    return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(h) + "'/>";
}

std::string from_bob(std::string_view text,
                     std::string_view from = "bob@fabrikam.example",
                     std::string_view to = "alice@contoso.example") {
    return "<message from='" + std::string(from) + "' to='" + std::string(to) + "'><body>" +
           std::string(text) + "</body></message>";
}

class OurBidi : public LinksTest {
  protected:
    std::string connect(std::string_view last_offer = "") {
        start();
        send(1);
        dial();
        fabrikam.negotiate_tls();
        fabrikam.say(header(kTheirs, kOurs, "p2") +
                     features(std::string(kExternalOffer) + std::string(kBidiOffer)));
        std::string said = fabrikam.hear();
        fabrikam.say(kSuccess);
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p3") + features(last_offer));
        return said;
    }
};

TEST_F(OurBidi, IsAskedForBeforeAuthentication) {
    EXPECT_EQ(connect(), std::string(kBidi) + auth(kOurIdentity));
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
    fabrikam.say(from_bob("hi"));
    EXPECT_THAT(handler.messages, ElementsAre("bob@fabrikam.example -> alice@contoso.example: hi"));
}

TEST_F(OurBidi, CarriesTheInversePairAndNoOther) {
    connect();
    fabrikam.hear();
    fabrikam.say(from_bob("x", "bob@fabrikam.example", "alice@other.contoso.example"));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("host-unknown")));
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(OurBidi, DoesNotCarryOtherSenders) {
    connect();
    fabrikam.hear();
    fabrikam.say(from_bob("x", "eve@bystander.example"));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("invalid-from")));
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(OurBidi, AFloodOnItIsTakenSlowlyBesideAnotherPartner) {
    config.fair_stanzas_per_second = 1000;
    connect();
    const auto other = call_as_bystander();
    say(*other, from_bob("x", "eve@bystander.example"));
    ASSERT_EQ(handler.messages.size(), 1U);
    std::string flood;
    for (int i = 0; i < 500; ++i) {
        flood += from_bob("x");
    }
    fabrikam.say(flood);
    EXPECT_LE(handler.messages.size(), 21U);
    loop.advance(1s);
    EXPECT_EQ(handler.messages.size(), 501U);
}

TEST_F(OurBidi, IsNotAskedForWithoutACertificateThatProvesThePeer) {
    handler.partners["fabrikam.example"].sasl = xmpp::Negotiation::Optional;
    theirs.set_certificate(certificate_for("other.example"));
    start();
    send(1);
    dial();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p2") +
                 features(std::string("<dialback xmlns='urn:xmpp:features:dialback'/>") +
                          std::string(kBidiOffer)));
    EXPECT_THAT(fabrikam.hear(), StartsWith("<db:result "));
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    fabrikam.hear();
    fabrikam.say(from_bob("x"));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("not-authorized")));
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(OurBidi, NothingIsTakenBeforeTheStreamIsUp) {
    start();
    send(1);
    dial();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") +
                 features(std::string(kExternalOffer) + std::string(kBidiOffer)));
    fabrikam.say(from_bob("too early"));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("not-authorized")));
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(OurBidi, WhatComesInIsAcknowledgedWhenItsFateIsKnown) {
    connect(kOfferSm);
    EXPECT_EQ(fabrikam.hear(),
              "<enable xmlns='urn:xmpp:sm:3'/>" + message_text("hello") + std::string(kAskAck));
    fabrikam.say("<enabled xmlns='urn:xmpp:sm:3'/>" + ack_of(1));
    fabrikam.say(from_bob("hi") + std::string(kAskAck));
    EXPECT_EQ(fabrikam.hear(), ack_of(0));
    server->settle(handler.tickets.at(0));
    EXPECT_EQ(fabrikam.hear(), ack_of(1));
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(OurBidi, WhatComesInKeepsTheStreamFromBeingIdle) {
    handler.partners["fabrikam.example"].keep_alive = false;
    connect();
    fabrikam.hear();
    for (int i = 0; i < 5; ++i) {
        loop.advance(400s);
        fabrikam.say(from_bob("x"));
    }
    EXPECT_THAT(fabrikam.hear(), IsEmpty());
    loop.advance(615s);
    EXPECT_EQ(fabrikam.hear(), "</stream:stream>");
}

class TheirBidi : public LinksTest {
  protected:
    void arrive(bool wants_bidi = true) {
        start();
        peer = call_us();
        secure(*peer);
        offered = say(*peer, header(kTheirs, kOurs));
        if (wants_bidi) {
            say(*peer, kBidi);
        }
        EXPECT_EQ(say(*peer, auth("=")), kSuccess);
        say(*peer, header(kTheirs, kOurs));
    }

    std::string hear() {
        loop.run();
        return peer->take();
    }

    std::unique_ptr<StreamPeer> peer;
    std::string offered;
};

TEST_F(TheirBidi, IsOfferedInsideTlsAndUsedForWhatWeSend) {
    arrive();
    EXPECT_THAT(offered, HasSubstr(kBidiOffer));
    send(1);
    EXPECT_EQ(hear(), message_text("hello"));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_EQ(fabrikam.connections(), 0U);
    // The other domain of ours is another pair.
    send(2, "other", kTheirs, "other.contoso.example");
    dial();
    EXPECT_EQ(fabrikam.connections(), 1U);
    EXPECT_THAT(hear(), IsEmpty());
    server.reset();
    handler.outcomes.clear();
}

TEST_F(TheirBidi, IsNotUsedIfItWasNotAskedFor) {
    arrive(false);
    send(1);
    dial();
    EXPECT_THAT(hear(), IsEmpty());
    EXPECT_EQ(fabrikam.connections(), 1U);
    server.reset();
    handler.outcomes.clear();
}

TEST_F(TheirBidi, IsRefusedInClearTextAndAfterAuthentication) {
    start();
    auto clear = call_us();
    handler.partners["fabrikam.example"].tls = xmpp::Negotiation::Optional;
    EXPECT_THAT(say(*clear, header(kTheirs, kOurs)), Not(HasSubstr("bidi")));
    EXPECT_THAT(say(*clear, kBidi), HasSubstr(stream_error("policy-violation")));
    auto late = call_us();
    authenticate(*late);
    late->take();
    EXPECT_THAT(say(*late, kBidi), HasSubstr(stream_error("policy-violation")));
}

TEST_F(TheirBidi, AMessageThatWaitedGoesOutOnIt) {
    fabrikam.stop();
    start();
    send(1);
    loop.advance(100ms);
    EXPECT_THAT(handler.not_sent, IsEmpty());
    peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    say(*peer, kBidi);
    // Not before our new header.
    EXPECT_EQ(say(*peer, auth("=")), kSuccess);
    EXPECT_THAT(say(*peer, header(kTheirs, kOurs)),
                HasSubstr("</stream:features>" + message_text("hello")));
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(TheirBidi, WhenItBreaksTheNextMessageMakesAStreamOfOurOwn) {
    arrive();
    send(1);
    hear();
    peer->drop();
    loop.run();
    send(2, "next");
    loop.advance(400ms);
    fabrikam.let_in_by_external();
    EXPECT_EQ(fabrikam.last_heard(), message_text("next"));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
}

TEST_F(TheirBidi, BothDirectionsAreAcknowledged) {
    arrive();
    EXPECT_EQ(say(*peer, "<enable xmlns='urn:xmpp:sm:3'/>"), "<enabled xmlns='urn:xmpp:sm:3'/>");
    send(1);
    EXPECT_EQ(hear(), message_text("hello") + std::string(kAskAck));
    EXPECT_THAT(handler.sent, IsEmpty());
    say(*peer, ack_of(1));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    send(2);
    hear();
    peer->drop();
    loop.run();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(2, "IST-XMPP-002")));
}

TEST_F(TheirBidi, APeerThatNeverAcknowledgesIsLeftInTime) {
    arrive();
    say(*peer, "<enable xmlns='urn:xmpp:sm:3'/>");
    send(1);
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("connection-timeout")));
}

TEST_F(TheirBidi, CountingWhatWasNotSentEndsTheStream) {
    arrive();
    say(*peer, "<enable xmlns='urn:xmpp:sm:3'/>");
    send(1);
    EXPECT_THAT(say(*peer, ack_of(7)), HasSubstr(stream_error("undefined-condition")));
    EXPECT_EQ(handler.not_sent.size(), 1U);
}

TEST_F(TheirBidi, EndsInOrderWithoutLosingWhatComesThen) {
    arrive();
    send(1);
    hear();
    EXPECT_EQ(say(*peer, "</stream:stream>"), "</stream:stream>");
    send(2, "next");
    loop.advance(400ms);
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
}

TEST_F(TheirBidi, WhenItIsClosedForIdlenessAndTheyAgreeTheLinkIsAtRest) {
    handler.partners["fabrikam.example"].keep_alive = false;
    arrive();
    send(1);
    hear();
    std::string said;
    for (int i = 0; i < 700 && said.empty(); ++i) {
        loop.advance(1s);
        said = hear();
    }
    EXPECT_EQ(said, "</stream:stream>");
    say(*peer, "</stream:stream>");
    using Event = xmpp::LinkEvent;
    EXPECT_THAT(handler.links, ElementsAre(Pair(kTheirs, Event::Up), Pair(kTheirs, Event::AtRest)));
}

TEST_F(TheirBidi, DrainingWaitsForWhatIsNotAcknowledged) {
    arrive();
    say(*peer, "<enable xmlns='urn:xmpp:sm:3'/>");
    send(1);
    hear();
    server->set_draining(true);
    loop.advance(300ms);
    EXPECT_THAT(hear(), IsEmpty());
    EXPECT_NE(server->pending(), 0U);
    say(*peer, ack_of(1));
    loop.advance(200ms);
    EXPECT_EQ(hear(), "</stream:stream>");
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(TheirBidi, AWithdrawnPartnerLosesBoth) {
    arrive();
    send(1);
    hear();
    handler.partners.erase("fabrikam.example");
    server->recheck_partners();
    dial();
    EXPECT_THAT(hear(), HasSubstr(stream_error("policy-violation")));
    send(2);
    dial();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(2, "IST-POL-001")));
}

}  // namespace
}  // namespace isthmus::test
