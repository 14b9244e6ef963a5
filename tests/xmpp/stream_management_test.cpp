// Acknowledged stanzas, both ways (XEP-0198): nothing is acknowledged before its fate is known,
// nothing that was sent is lost without its sender being told, nothing is sent twice.
#include <gmock/gmock.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

constexpr std::string_view kSm = "<sm xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view kEnable = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
constexpr std::string_view kEnabled = "<enabled xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view kResumable =
    "<enabled xmlns='urn:xmpp:sm:3' resume='true' id='s-1' max='120'/>";
constexpr std::string_view kR = "<r xmlns='urn:xmpp:sm:3'/>";

std::string ack(unsigned h) {
    return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(h) + "'/>";
}

TEST(Handled, StopsBeforeTheFirstWithoutAFate) {
    xmpp::management::Handled handled;
    EXPECT_EQ(handled.take(), 1U);
    EXPECT_EQ(handled.take(), 2U);
    EXPECT_EQ(handled.take(), 3U);
    EXPECT_EQ(handled.h(), 0U);
    handled.settle(2);
    EXPECT_EQ(handled.h(), 0U);
    handled.settle(1);
    EXPECT_EQ(handled.h(), 2U);
    handled.settle(1);  // again, and one that was never there
    handled.settle(77);
    EXPECT_EQ(handled.h(), 2U);
    EXPECT_EQ(handled.open(), 1U);
    EXPECT_EQ(handled.newest(), 3U);
    handled.settle(3);
    EXPECT_EQ(handled.h(), 3U);
}

class OutgoingAcks : public LinksTest {
  protected:
    /// The whole negotiation, with that offer in the last features.
    void let_in(std::string_view offer = kSm) {
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
        fabrikam.hear();
        fabrikam.start_tls();
        fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
        fabrikam.hear();
        fabrikam.say(kSuccess);
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p3") + features(offer));
    }

    void connect(std::string_view answer = kEnabled) {
        start();
        send(1);
        dial();
        let_in();
        EXPECT_EQ(fabrikam.hear(), std::string(kEnable) + message_text("hello") + std::string(kR));
        fabrikam.say(answer);
    }
};

TEST_F(OutgoingAcks, AMessageIsSentWhenThePeerSaysSo) {
    connect();
    EXPECT_THAT(handler.sent, IsEmpty());
    send(2);
    send(3);
    // One question at a time.
    EXPECT_EQ(fabrikam.hear(), message_text("hello") + message_text("hello"));
    fabrikam.say(ack(1));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_EQ(fabrikam.hear(), kR);
    fabrikam.say(ack(3));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2, 3));
    EXPECT_THAT(fabrikam.hear(), IsEmpty());
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(OutgoingAcks, WithoutTheOfferWrittenIsSent) {
    start();
    send(1);
    dial();
    let_in("");
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(OutgoingAcks, ARefusalMeansThatWrittenIsSent) {
    connect(
        "<failed xmlns='urn:xmpp:sm:3'><unexpected-request "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
    EXPECT_THAT(handler.sent, ElementsAre(1));
    send(2);
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
}

TEST_F(OutgoingAcks, StanzasThatNobodyWaitsForAreCountedToo) {
    connect();
    fabrikam.say(ack(1));
    presence(xmpp::PresenceType::Available);
    send(2);
    fabrikam.hear();
    fabrikam.say(ack(2));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    fabrikam.say(ack(3));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
}

TEST_F(OutgoingAcks, WhatIsNotAcknowledgedWhenTheStreamBreaksGoesBack) {
    connect();
    send(2);
    send(3);
    fabrikam.hear();
    fabrikam.say(ack(1));
    wire.cut_all();
    loop.run();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(2, "IST-XMPP-012"), Pair(3, "IST-XMPP-012")));
    // The next stream counts from zero, and sends nothing twice.
    send(4, "new");
    loop.advance(400ms);
    let_in();
    EXPECT_EQ(fabrikam.hear(), std::string(kEnable) + message_text("new") + std::string(kR));
    fabrikam.say(std::string(kEnabled) + ack(1));
    EXPECT_THAT(handler.sent, ElementsAre(1, 4));
}

TEST_F(OutgoingAcks, ThePeersLastCountBeforeItsEndIsTaken) {
    connect();
    send(2);
    fabrikam.say(ack(2) + "</stream:stream>");
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
    EXPECT_THAT(handler.not_sent, IsEmpty());
}

TEST_F(OutgoingAcks, APeerThatNeverAcknowledgesIsLeftInTime) {
    connect();
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    EXPECT_THAT(handler.errors.front().detail, HasSubstr("acknowledged"));
}

TEST_F(OutgoingAcks, CountingWhatWasNotSentEndsTheStream) {
    connect();
    fabrikam.say(ack(2));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("undefined-condition")));
    EXPECT_EQ(handler.not_sent.size(), 1U);
}

TEST_F(OutgoingAcks, ACountThatIsNoneEndsTheStream) {
    connect();
    fabrikam.say("<a xmlns='urn:xmpp:sm:3' h='-1'/>");
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("undefined-condition")));
}

TEST_F(OutgoingAcks, TheirQuestionIsAnswered) {
    connect();
    fabrikam.say(kR);
    EXPECT_EQ(fabrikam.hear(), ack(0));
}

TEST_F(OutgoingAcks, ASessionGoesOnWhereItBroke) {
    connect(kResumable);
    send(2, "two");
    send(3, "three");
    fabrikam.hear();
    fabrikam.say(ack(1));
    wire.cut_all();
    loop.run();
    send(4, "four");
    EXPECT_THAT(handler.not_sent, IsEmpty());
    loop.advance(400ms);
    let_in();
    EXPECT_EQ(fabrikam.hear(), "<resume xmlns='urn:xmpp:sm:3' previd='s-1' h='0'/>");
    // It had got the second one before the break: only the third is sent again.
    fabrikam.say("<resumed xmlns='urn:xmpp:sm:3' previd='s-1' h='2'/>");
    EXPECT_EQ(fabrikam.hear(), message_text("three") + message_text("four") + std::string(kR));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2));
    fabrikam.say(ack(4));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(handler.not_sent, IsEmpty());
}

TEST_F(OutgoingAcks, ASessionThatIsForgottenGivesBackWhatItKnowsAndTheRestFails) {
    connect(kResumable);
    send(2, "two");
    wire.cut_all();
    loop.run();
    send(3, "three");
    loop.advance(400ms);
    let_in();
    fabrikam.hear();
    fabrikam.say(
        "<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
    EXPECT_EQ(fabrikam.hear(), std::string(kEnable) + message_text("three") + std::string(kR));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(2, "IST-XMPP-012")));
    fabrikam.say(std::string(kEnabled) + ack(1));
    EXPECT_THAT(handler.sent, ElementsAre(1, 3));
}

TEST_F(OutgoingAcks, ASessionIsNotKeptLongerThanPatienceLasts) {
    connect(kResumable);
    fabrikam.stop();
    wire.cut_all();
    loop.run();
    loop.advance(29s);
    EXPECT_THAT(handler.not_sent, IsEmpty());
    loop.advance(2s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
}

TEST_F(OutgoingAcks, NoAnswerToTheResumptionIsNotWaitedForForEver) {
    connect(kResumable);
    wire.cut_all();
    loop.run();
    loop.advance(400ms);
    let_in();
    fabrikam.hear();
    loop.advance(45s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
}

TEST_F(OutgoingAcks, AWithdrawnPartnerLosesItsSession) {
    connect(kResumable);
    wire.cut_all();
    loop.run();
    handler.partners.erase("fabrikam.example");
    server->recheck_partners();
    dial();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-POL-001")));
}

class IncomingAcks : public World {
  protected:
    void SetUp() override {
        start();
        peer = call_us();
        secure(*peer);
        say(*peer, header(kTheirs, kOurs));
        say(*peer, auth("="));
        offered = say(*peer, header(kTheirs, kOurs));
    }

    std::string text(int number) {
        return "<message from='bob@fabrikam.example' to='alice@contoso.example' id='m" +
               std::to_string(number) + "'><body>x</body></message>";
    }

    std::unique_ptr<StreamPeer> peer;
    std::string offered;
};

TEST_F(IncomingAcks, AreOfferedToWhoIsAuthenticated) {
    EXPECT_THAT(offered, HasSubstr(kSm));
    EXPECT_EQ(say(*peer, kEnable), kEnabled);
    EXPECT_EQ(say(*peer, kR), ack(0));
    EXPECT_THAT(say(*peer, kEnable), StartsWith("<failed xmlns='urn:xmpp:sm:3'>"));
    EXPECT_THAT(say(*peer, "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>"),
                HasSubstr("<item-not-found "));
}

TEST_F(IncomingAcks, AreNotForStrangers) {
    auto stranger = call_us();
    secure(*stranger);
    EXPECT_THAT(say(*stranger, header(kTheirs, kOurs)), testing::Not(HasSubstr(kSm)));
    EXPECT_THAT(say(*stranger, kEnable), HasSubstr(stream_error("unsupported-stanza-type")));
}

TEST_F(IncomingAcks, AMessageIsAcknowledgedWhenItsFateIsKnown) {
    say(*peer, kEnable);
    EXPECT_EQ(say(*peer, text(1) + text(2) + std::string(kR)), ack(0));
    ASSERT_EQ(handler.tickets.size(), 2U);
    server->settle(handler.tickets[1]);
    loop.run();
    EXPECT_THAT(peer->take(), IsEmpty());
    // The peer has asked once and does not ask again: it is told.
    server->settle(handler.tickets[0]);
    loop.run();
    EXPECT_EQ(peer->take(), ack(2));
    server->settle(handler.tickets[0]);
    loop.run();
    EXPECT_THAT(peer->take(), IsEmpty());
    EXPECT_EQ(say(*peer, kR), ack(2));
}

TEST_F(IncomingAcks, OtherStanzasAreHandledWhenTheyAreRead) {
    say(*peer, kEnable);
    EXPECT_EQ(say(*peer,
                  "<presence from='bob@fabrikam.example' to='alice@contoso.example'/>"
                  "<iq from='fabrikam.example' to='contoso.example' type='result' id='1'/>"
                  "<message from='bob@fabrikam.example' to='@'><body>x</body></message>" +
                      std::string(kR)),
              ack(3));
}

TEST_F(IncomingAcks, WithoutThemThereAreNoTickets) {
    say(*peer, text(1));
    EXPECT_THAT(handler.tickets, ElementsAre(0));
    server->settle(0);
    EXPECT_THAT(say(*peer, kR), IsEmpty());
}

TEST_F(IncomingAcks, APeerThatEndsItsStreamHearsOfWhatWasUnderWay) {
    say(*peer, kEnable);
    EXPECT_THAT(say(*peer, text(1) + "</stream:stream>"), IsEmpty());
    server->settle(handler.tickets.at(0));
    loop.run();
    EXPECT_EQ(peer->take(), ack(1) + "</stream:stream>");
}

TEST_F(IncomingAcks, APeerThatEndsItsStreamDoesNotWaitForEver) {
    say(*peer, kEnable);
    EXPECT_THAT(say(*peer, text(1) + text(2) + "</stream:stream>"), IsEmpty());
    server->settle(handler.tickets.at(0));
    loop.advance(6s);
    EXPECT_EQ(peer->take(), ack(1) + "</stream:stream>");
    server->settle(handler.tickets.at(1));
}

TEST_F(IncomingAcks, TheLastWordOfAStreamThatWeEndIsTheCount) {
    say(*peer, kEnable);
    say(*peer, text(1));
    server->settle(handler.tickets.at(0));
    server->set_draining(true);
    loop.run();
    EXPECT_EQ(peer->take(), ack(1) + "</stream:stream>");
}

TEST_F(IncomingAcks, AFateThatComesAfterTheStreamHarmsNobody) {
    say(*peer, kEnable);
    say(*peer, text(1));
    peer->drop();
    loop.run();
    server->settle(handler.tickets.at(0));
    auto other = call_us();
    authenticate(*other);
    say(*other, kEnable);
    EXPECT_EQ(say(*other, text(1) + std::string(kR)), ack(0));
    server->settle(handler.tickets.at(0));
    loop.run();
    EXPECT_THAT(other->take(), IsEmpty());
}

}  // namespace
}  // namespace isthmus::test
