// Limits and timers of streams, which an administrator changes while they are up.
#include <gmock/gmock.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class StreamLimits : public LinksTest {
  protected:
    /// A stream from them that has authenticated.
    std::unique_ptr<StreamPeer> arrive() {
        auto peer = call_us();
        authenticate(*peer);
        peer->take();
        return peer;
    }

    std::string refused() {
        auto peer = call_us();
        return say(*peer, header(kTheirs, kOurs));
    }

    void send_over_a_stream(std::uint64_t cookie) {
        send(cookie);
        dial();
        fabrikam.let_in_by_external();
    }

    xmpp::StreamSettings settings;
};

TEST_F(StreamLimits, OnePartnerHasOnlySoManyStreams) {
    config.streams.partner_connection_limit = 2;
    start();
    auto first = arrive();
    auto second = arrive();
    EXPECT_THAT(refused(), HasSubstr(stream_error("resource-constraint")));
    EXPECT_EQ(count("code=\"IST-LIM-010\""), 1U);

    // Only claiming to be the partner takes no place.
    second->shut_down();
    loop.run();
    auto claimant = call_us();
    say(*claimant, header(kTheirs, kOurs));
    auto third = arrive();

    settings = config.streams;
    settings.partner_connection_limit = 3;
    server->set_settings(settings);
    auto fourth = arrive();
    EXPECT_THAT(refused(), HasSubstr(stream_error("resource-constraint")));
}

TEST_F(StreamLimits, ThePartnersOwnLimitWins) {
    handler.partners["fabrikam.example"].connection_limit = 1;
    start();
    auto first = arrive();
    EXPECT_THAT(refused(), HasSubstr(stream_error("resource-constraint")));
    handler.partners["fabrikam.example"].connection_limit = 2;
    auto second = arrive();
}

TEST_F(StreamLimits, AllPartnersTogetherHaveOnlySoManyStreams) {
    config.streams.connection_limit = 1;
    start();
    auto first = arrive();
    EXPECT_THAT(refused(), HasSubstr(stream_error("resource-constraint")));
    EXPECT_EQ(count("code=\"IST-LIM-011\""), 1U);
    settings = config.streams;
    settings.connection_limit = 2;
    server->set_settings(settings);
    auto second = arrive();
}

TEST_F(StreamLimits, OurOwnStreamsCountAsWell) {
    config.streams.partner_connection_limit = 1;
    start();
    auto first = arrive();
    send(1);
    dial();
    EXPECT_EQ(fabrikam.connections(), 0U);
    // As soon as there is a place, what waits goes out.
    first->shut_down();
    loop.run();
    loop.advance(6s);
    ASSERT_EQ(fabrikam.connections(), 1U);
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_THAT(refused(), HasSubstr(stream_error("resource-constraint")));
}

TEST_F(StreamLimits, AMessageThatFindsNoPlaceIsRefusedWithTheReason) {
    config.streams.connection_limit = 1;
    start();
    auto first = arrive();
    send(1);
    loop.advance(31s);
    ASSERT_EQ(handler.errors.size(), 1U);
    EXPECT_THAT(handler.errors.front().detail, HasSubstr("IST-LIM-011"));
}

TEST_F(StreamLimits, WhoDoesNotGetThroughInTimeIsClosed) {
    start();
    auto peer = call_us();
    settings.stream_establishment_timeout = 10s;
    server->set_settings(settings);
    loop.advance(9s);
    EXPECT_TRUE(peer->is_connected());
    loop.advance(2s);
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("connection-timeout")));
    auto other = call_us();
    loop.advance(11s);
    EXPECT_THAT(other->take(), HasSubstr(stream_error("connection-timeout")));
}

TEST_F(StreamLimits, AnIdleStreamOfOursIsClosedAndOpenedAgainOnDemand) {
    handler.partners["fabrikam.example"].keep_alive = false;
    start();
    send_over_a_stream(1);
    loop.advance(550s);
    fabrikam.say("");
    send(2);
    loop.advance(550s);
    EXPECT_EQ(fabrikam.hear(), message_text("hello"));
    settings.stream_inactivity_timeout = 555s;
    server->set_settings(settings);
    loop.advance(80s);
    EXPECT_EQ(fabrikam.hear(), "</stream:stream>");
    // In the middle of the end: nobody waits for the peer's own.
    send(3, "again");
    dial();
    ASSERT_EQ(fabrikam.connections(), 2U);
    fabrikam.let_in_by_external();
    EXPECT_EQ(fabrikam.last_heard(), message_text("again"));
    EXPECT_THAT(handler.sent, ElementsAre(1, 2, 3));
    EXPECT_THAT(handler.not_sent, IsEmpty());
}

TEST_F(StreamLimits, WhoAgreesToTheEndOfAnIdleStreamIsAtRest) {
    handler.partners["fabrikam.example"].keep_alive = false;
    start();
    const auto come_to_an_end = [this](std::uint64_t cookie) {
        send_over_a_stream(cookie);
        std::string said;
        for (int i = 0; i < 700 && !said.ends_with("</stream:stream>"); ++i) {
            loop.advance(1s);
            said += fabrikam.hear();
        }
        EXPECT_THAT(said, EndsWith("</stream:stream>"));
    };
    come_to_an_end(1);
    fabrikam.say("</stream:stream>");
    loop.run();
    using Event = xmpp::LinkEvent;
    EXPECT_THAT(handler.links, ElementsAre(Pair(kTheirs, Event::Up), Pair(kTheirs, Event::AtRest)));
    handler.links.clear();
    come_to_an_end(2);
    loop.advance(20s);
    EXPECT_THAT(handler.links, ElementsAre(Pair(kTheirs, Event::Up), Pair(kTheirs, Event::Closed)))
        << "perhaps nobody is there any more";
}

TEST_F(StreamLimits, AnIdleStreamOfTheirsIsClosedAndWhatTheySendMeanwhileIsTaken) {
    handler.partners["fabrikam.example"].keep_alive = false;
    start();
    auto peer = arrive();
    loop.advance(602s);
    EXPECT_EQ(peer->take(), "</stream:stream>");
    say(*peer,
        "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>late</body>"
        "</message></stream:stream>");
    EXPECT_THAT(handler.messages,
                ElementsAre("bob@fabrikam.example -> alice@contoso.example: late"));
    EXPECT_FALSE(peer->is_connected());
}

TEST_F(StreamLimits, StanzasKeepAStreamOfTheirsOpen) {
    start();
    auto peer = arrive();
    for (int i = 0; i < 10; ++i) {
        loop.advance(200s);
        say(*peer,
            "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>x</body>"
            "</message>");
    }
    EXPECT_THAT(peer->take(), IsEmpty());
    EXPECT_TRUE(peer->is_connected());
}

TEST_F(StreamLimits, SilenceForLongerThanTheIntervalIsTheEnd) {
    config.streams.stream_inactivity_timeout = 24h;
    start();
    auto peer = arrive();
    for (int i = 0; i < 2; ++i) {
        loop.advance(250s);
        say(*peer, " ");
    }
    EXPECT_THAT(peer->take(), IsEmpty());
    loop.advance(360s);
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("connection-timeout")));
    EXPECT_EQ(count("IST-XMPP-011"), 0U);  // it was up: told in the log, not counted as an attempt
    const auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status.front().last_error->code, "IST-XMPP-011");
}

TEST_F(StreamLimits, ThePartnerIsAskedOverAStreamThatIsThere) {
    start();
    auto peer = arrive();
    send_over_a_stream(1);
    fabrikam.hear();
    loop.advance(250s);
    send(2);
    fabrikam.hear();
    loop.advance(65s);
    const std::string asked = fabrikam.hear();
    EXPECT_THAT(asked, HasSubstr("<iq from='contoso.example' to='fabrikam.example' id='ping-"));
    EXPECT_THAT(asked, HasSubstr("<ping xmlns='urn:xmpp:ping'/>"));
    say(*peer, "<iq from='fabrikam.example' to='contoso.example' id='ping-1' type='result'/>");
    loop.advance(60s);
    EXPECT_TRUE(peer->is_connected());
}

TEST_F(StreamLimits, NothingIsAskedOfWhomNoKeepAliveIsExpected) {
    handler.partners["fabrikam.example"].keep_alive = false;
    settings.stream_inactivity_timeout = 24h;
    start();
    server->set_settings(settings);
    auto peer = arrive();
    send_over_a_stream(1);
    fabrikam.hear();
    loop.advance(2h);
    EXPECT_TRUE(peer->is_connected());
    EXPECT_THAT(fabrikam.hear(), IsEmpty());
    // It may be switched on while the streams are up.
    handler.partners["fabrikam.example"].keep_alive = true;
    server->recheck_partners();
    loop.advance(335s);
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("connection-timeout")));
    EXPECT_THAT(fabrikam.hear(), HasSubstr(" "));
}

TEST_F(StreamLimits, WeSendWhiteSpaceOnOurIdleStreams) {
    settings.keep_alive_interval = 10s;
    start();
    server->set_settings(settings);
    send_over_a_stream(1);
    fabrikam.hear();
    loop.advance(9s);
    EXPECT_THAT(fabrikam.hear(), IsEmpty());
    loop.advance(25s);
    EXPECT_EQ(fabrikam.hear(), "   ");
    send(2);
    EXPECT_THAT(fabrikam.hear(), EndsWith("</message>"));
    loop.advance(9s);
    EXPECT_THAT(fabrikam.hear(), IsEmpty());
}

TEST_F(StreamLimits, ManyWhoNeverAuthenticateMakeRoomForTheNext) {
    config.max_unauthenticated = 3;
    start();
    std::vector<std::unique_ptr<StreamPeer>> idle;
    for (int i = 0; i < 5; ++i) {
        idle.push_back(call_us(&wire.host("198.51.100." + std::to_string(i + 1))));
    }
    EXPECT_THAT(idle[0]->take(), HasSubstr(stream_error("resource-constraint")));
    EXPECT_THAT(idle[1]->take(), HasSubstr(stream_error("resource-constraint")));
    EXPECT_THAT(idle[2]->take(), IsEmpty());
    EXPECT_TRUE(idle[4]->is_connected());
    auto partner = arrive();
    // Who is authenticated is not counted any more.
    idle.push_back(call_us(&wire.host("198.51.100.77")));
    EXPECT_TRUE(partner->is_connected());
    EXPECT_TRUE(idle[4]->is_connected());
}

TEST_F(StreamLimits, ANewPassphraseIsUsedForTheNextKey) {
    handler.partners["fabrikam.example"] = {
        xmpp::Negotiation::Required, xmpp::Negotiation::NotSupported, true, {}};
    config.dialback_secret.clear();
    config.streams.dialback_passphrase = "first";
    start();
    auto ask = [this](std::string_view secret) {
        auto peer = call_us();
        secure(*peer);
        say(*peer, header(kTheirs, kOurs));
        return say(*peer,
                   "<db:verify from='fabrikam.example' to='contoso.example' id='s1'>" +
                       xmpp::dialback::make_key(secret, kTheirs, kOurs, "s1") + "</db:verify>");
    };
    EXPECT_THAT(ask("first"), HasSubstr("type='valid'"));
    settings.dialback_passphrase = "second";
    server->set_settings(settings);
    EXPECT_THAT(ask("second"), HasSubstr("type='valid'"));
    EXPECT_THAT(ask("first"), HasSubstr("type='invalid'"));
}

}  // namespace
}  // namespace isthmus::test
