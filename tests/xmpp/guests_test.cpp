// Several domains of ours on one stream to a partner: XEP-0220 §2.5.
#include <gmock/gmock.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr std::string_view kOther = "other.contoso.example";
constexpr std::string_view kErrors =
    "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
constexpr std::string_view kManagement = "<sm xmlns='urn:xmpp:sm:3'/>";

class GuestsTest : public LinksTest {
  protected:
    GuestsTest() {
        handler.partners["fabrikam.example"] = {
            xmpp::Negotiation::Required, xmpp::Negotiation::Optional, true, {}};
    }

    /// A stream for contoso.example that is up, with such features behind SASL.
    void host_comes_up(std::string_view offer = kErrors) {
        start();
        send(1);
        dial();
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
        fabrikam.hear();
        fabrikam.start_tls();
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
        fabrikam.hear();
        fabrikam.say(kSuccess);
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p3") + features(offer));
        fabrikam.hear();
    }

    void send_from_other(std::uint64_t cookie, std::string_view text = "hello") {
        send(cookie, text, kTheirs, kOther);
        dial();
    }

    static std::string question() {
        return "<db:result from='other.contoso.example' to='fabrikam.example'>" +
               xmpp::dialback::make_key("s3cr3t", kTheirs, kOther, "p3") + "</db:result>";
    }

    static std::string answer(std::string_view type, std::string_view to = kOther) {
        return "<db:result from='fabrikam.example' to='" + std::string(to) + "' type='" +
               std::string(type) + "'/>";
    }

    void guest_is_there() {
        host_comes_up();
        send_from_other(2);
        ASSERT_EQ(fabrikam.hear(), question());
        fabrikam.say(answer("valid"));
    }
};

TEST_F(GuestsTest, TheSecondDomainProvesItselfOnTheStreamOfTheFirst) {
    host_comes_up();
    send_from_other(2, "from the other");
    EXPECT_EQ(fabrikam.connections(), 1U);
    EXPECT_EQ(fabrikam.hear(), question()) << "a key, and not a stanza yet";
    EXPECT_THAT(handler.sent, ElementsAre(1U));
    fabrikam.say(answer("valid"));
    EXPECT_THAT(fabrikam.hear(), HasSubstr("from='alice@other.contoso.example'"));
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U));
    send(3);
    send_from_other(4);
    const std::string both = fabrikam.hear();
    EXPECT_THAT(both, HasSubstr("from='alice@contoso.example'"));
    EXPECT_THAT(both, HasSubstr("from='alice@other.contoso.example'"));
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U, 3U, 4U));
    EXPECT_EQ(fabrikam.connections(), 1U);
}

TEST_F(GuestsTest, WhoIsRefusedOpensAStreamOfItsOwn) {
    for (const std::string_view type : {"invalid", "error"}) {
        host_comes_up();
        send_from_other(2);
        EXPECT_EQ(fabrikam.hear(), question());
        const std::size_t before = fabrikam.connections();
        fabrikam.say(answer(type));
        dial();
        EXPECT_EQ(fabrikam.connections(), before + 1);
        fabrikam.let_in_by_external(kOther);
        EXPECT_THAT(fabrikam.last_heard(), HasSubstr("from='alice@other.contoso.example'"));
        EXPECT_THAT(handler.sent, ElementsAre(1U, 2U));
        server.reset();
        loop.run();
        handler.sent.clear();
        handler.outcomes.clear();
    }
}

TEST_F(GuestsTest, NoAnswerIsNotWaitedForForEver) {
    host_comes_up();
    send_from_other(2);
    loop.advance(9s);
    EXPECT_EQ(fabrikam.connections(), 1U);
    loop.advance(2s);
    EXPECT_EQ(fabrikam.connections(), 2U);
    fabrikam.say(0, answer("valid"));  // late, and of no use any more
    fabrikam.let_in_by_external(kOther);
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U));
    EXPECT_THAT(fabrikam.hear(0), Not(HasSubstr("<message")));
}

TEST_F(GuestsTest, OnlyWhereARefusalDoesNoHarm) {
    host_comes_up("<dialback xmlns='urn:xmpp:features:dialback'/>");
    send_from_other(2);
    EXPECT_EQ(fabrikam.connections(), 2U);
    EXPECT_EQ(fabrikam.hear(0), "");
}

/// Acknowledgements count the stanzas of a stream, not those of a domain.
TEST_F(GuestsTest, NotWhereStanzasAreAcknowledged) {
    host_comes_up(std::string(kErrors) + std::string(kManagement));
    send_from_other(2);
    EXPECT_EQ(fabrikam.connections(), 2U);
    fabrikam.say(0, "<enabled xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='1'/>");
}

TEST_F(GuestsTest, NotWhereTheSettingsForbidDialback) {
    handler.partners["fabrikam.example"] = {
        xmpp::Negotiation::Required, xmpp::Negotiation::Required, true, {}};
    host_comes_up();
    send_from_other(2);
    EXPECT_EQ(fabrikam.connections(), 2U);
}

/// Abuse case B12.
TEST_F(GuestsTest, AnAnswerThatNobodyAskedForIsNone) {
    host_comes_up();
    fabrikam.say(answer("valid"));
    send_from_other(2);
    EXPECT_EQ(fabrikam.hear(), question());
    fabrikam.say(answer("valid", "third.contoso.example"));
    fabrikam.say("<db:result from='evil.example' to='other.contoso.example' type='valid'/>");
    fabrikam.say(
        "<db:verify from='fabrikam.example' to='other.contoso.example' id='p3' type='valid'/>");
    EXPECT_EQ(fabrikam.hear(), "");
    EXPECT_THAT(handler.sent, ElementsAre(1U));
    fabrikam.say(answer("valid"));
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U));
}

TEST_F(GuestsTest, WhenTheStreamEndsEachGoesOnByItself) {
    guest_is_there();
    fabrikam.say("</stream:stream>");
    fabrikam.peer().shut_down();
    loop.run();
    send_from_other(3);
    loop.advance(1s);
    EXPECT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external(kOther);
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U, 3U));
    EXPECT_THAT(handler.not_sent, IsEmpty());
}

TEST_F(GuestsTest, WhoWaitsForAnAnswerWhenItEndsLosesNothing) {
    host_comes_up();
    send_from_other(2);
    fabrikam.say("</stream:stream>");
    fabrikam.peer().shut_down();
    loop.advance(1s);
    EXPECT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external(kOther);
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U));
}

TEST_F(GuestsTest, AGuestKeepsTheStreamFromBeingIdle) {
    config.streams.stream_inactivity_timeout = 60s;
    guest_is_there();
    for (std::uint64_t i = 0; i < 10; ++i) {
        loop.advance(20s);
        send_from_other(10 + i);
    }
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("</stream:stream>")));
    loop.advance(80s);
    EXPECT_THAT(fabrikam.hear(), HasSubstr("</stream:stream>"));
}

TEST_F(GuestsTest, SettingsThatForbidDialbackEndTheStay) {
    guest_is_there();
    handler.partners["fabrikam.example"] = {
        xmpp::Negotiation::Required, xmpp::Negotiation::Required, true, {}};
    server->recheck_partners();
    loop.advance(2ms);
    send(3);
    send_from_other(4);
    loop.advance(1s);
    EXPECT_EQ(fabrikam.connections(), 2U) << "the host stays, the guest proves itself anew";
    EXPECT_THAT(handler.sent, UnorderedElementsAre(1U, 2U, 3U));
    fabrikam.let_in_by_external(kOther);
    EXPECT_THAT(handler.sent, Contains(4U));
}

TEST_F(GuestsTest, APartnerThatIsNoneAnyMoreLosesBoth) {
    guest_is_there();
    handler.partners.erase("fabrikam.example");
    server->recheck_partners();
    loop.advance(2ms);
    EXPECT_THAT(fabrikam.hear(), HasSubstr("</stream:stream>"));
    send_from_other(3);
    loop.run();
    EXPECT_EQ(handler.not_sent.size(), 1U);
}

TEST_F(GuestsTest, TheServerMayEndWithGuestsAndAskers) {
    guest_is_there();
    server.reset();
    loop.run();
    fabrikam.hear();
    handler.outcomes.clear();
    host_comes_up();
    send_from_other(5);
    server.reset();
    loop.run();
    handler.outcomes.clear();
}

}  // namespace
}  // namespace isthmus::test
