// The whole wing over a wire in memory: streams of other servers towards us, what they may do and
// what it costs them. RFC 6120, XEP-0178, XEP-0220; abuse cases A06, A21, B02, B04.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using xmpp::Negotiation;

class ServerTest : public World {};

TEST_F(ServerTest, TakesMessagesAfterTlsAndExternal) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    say(*peer,
        "<message from='bob@fabrikam.example/x' to='alice@contoso.example' type='chat'>"
        "<body>hi</body></message>"
        "<presence from='bob@fabrikam.example/x' to='alice@contoso.example'/>");
    EXPECT_THAT(handler.messages,
                ElementsAre("bob@fabrikam.example/x -> alice@contoso.example: hi"));
    EXPECT_THAT(handler.presences, ElementsAre("bob@fabrikam.example/x -> alice@contoso.example"));
    EXPECT_EQ(count("isthmus_s2s_stanzas_total{partner=\"fabrikam.example\",direction=\"in\","
                    "kind=\"message\"} 1"),
              1U);
}

TEST_F(ServerTest, OctetByOctetMakesNoDifference) {
    wire.set_segment_size(1);
    start();
    auto peer = call_us();
    authenticate(*peer);
    say(*peer,
        "<message from='bob@fabrikam.example' to='alice@contoso.example'>"
        "<body>hi</body></message>");
    EXPECT_EQ(handler.messages.size(), 1U);
}

TEST_F(ServerTest, DialbackAsksTheAuthoritativeServer) {
    handler.partners["fabrikam.example"].sasl = Negotiation::NotSupported;
    start();
    auto peer = call_us();
    secure(*peer);
    std::string said = say(*peer, header(kTheirs, kOurs));
    std::string id = said.substr(said.find("id='") + 4, 32);
    say(*peer, "<db:result from='fabrikam.example' to='contoso.example'>key-1</db:result>");

    ASSERT_EQ(fabrikam.connections(), 1U);
    EXPECT_THAT(fabrikam.hear(), HasSubstr("from='contoso.example' to='fabrikam.example'"));
    fabrikam.say(header(kTheirs, kOurs, "v1") + features(kStartTls));
    EXPECT_EQ(fabrikam.hear(), kStartTls);
    fabrikam.start_tls();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "v2") +
                 features(kDialbackOffer.data() + std::string("</dialback>")));
    EXPECT_EQ(fabrikam.hear(),
              "<db:verify from='contoso.example' to='fabrikam.example' id='" + id +
                  "'>key-1</db:verify>");
    fabrikam.say("<db:verify from='fabrikam.example' to='contoso.example' id='" + id +
                 "' type='valid'/>");
    EXPECT_EQ(peer->take(),
              "<db:result from='contoso.example' to='fabrikam.example' type='valid'/>");
    EXPECT_EQ(fabrikam.hear(), "</stream:stream>");
    say(*peer,
        "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>x</body></message>");
    EXPECT_EQ(handler.messages.size(), 1U);
}

TEST_F(ServerTest, DialbackWithoutAnAnswerIsAnError) {
    handler.partners["fabrikam.example"].sasl = Negotiation::NotSupported;
    start();
    auto peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    say(*peer, "<db:result from='fabrikam.example' to='contoso.example'>key-1</db:result>");
    loop.advance(21s);
    EXPECT_THAT(peer->take(), HasSubstr("<remote-server-timeout"));
    EXPECT_TRUE(peer->is_connected());
}

TEST_F(ServerTest, AnAskerWhoLeavesIsForgotten) {
    handler.partners["fabrikam.example"].sasl = Negotiation::NotSupported;
    start();
    auto peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    say(*peer, "<db:result from='fabrikam.example' to='contoso.example'>key-1</db:result>");
    peer->drop();
    loop.advance(60s);
    EXPECT_EQ(wire.connections(), 0U);
}

TEST_F(ServerTest, StrangersAreRefusedBeforeAnythingElse) {
    start();
    auto peer = call_us();
    EXPECT_THAT(say(*peer, header("stranger.example", kOurs)),
                HasSubstr(stream_error("policy-violation")));
    EXPECT_FALSE(peer->is_connected());
    EXPECT_EQ(count("code=\"IST-POL-001\""), 1U);
    EXPECT_EQ(count("stranger.example"), 0U) << "a remote word became a label";
}

TEST_F(ServerTest, AStanzaThatNeverEndsMeetsItsDeadline) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    peer->send("<message from='bob@fabrikam.example' to='alice@contoso.example'><body>");
    for (int i = 0; i < 5; ++i) {
        loop.advance(5s);
        peer->send("x");
    }
    loop.run();
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("policy-violation")));
    EXPECT_FALSE(peer->is_connected());
    EXPECT_THAT(handler.messages, IsEmpty());
}

TEST_F(ServerTest, WholeStanzasInPiecesDoNotMeetTheDeadline) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    std::string message =
        "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>x</body></message>";
    for (int i = 0; i < 10; ++i) {
        // Always in the middle of one when the next read comes.
        peer->send(i == 0 ? message.substr(0, 20) : message.substr(20) + message.substr(0, 20));
        loop.advance(15s);
    }
    EXPECT_EQ(handler.messages.size(), 9U);
}

TEST_F(ServerTest, WhoDoesNotAuthenticateIsClosedAfterAMinute) {
    start();
    auto silent = call_us();
    auto half_way = call_us();
    secure(*half_way);
    loop.advance(59s);
    EXPECT_TRUE(silent->is_connected());
    loop.advance(2s);
    EXPECT_THAT(silent->take(), HasSubstr(stream_error("connection-timeout")));
    EXPECT_FALSE(silent->is_connected());
    EXPECT_FALSE(half_way->is_connected());
    loop.advance(10s);
    silent->drop();
    half_way->drop();
    EXPECT_THAT(server->status(), IsEmpty());
    EXPECT_EQ(wire.connections(), 0U);
}

TEST_F(ServerTest, OneAddressMayNotHoldManyUnauthenticatedStreams) {
    config.max_unauthenticated_per_address = 3;
    start();
    auto good = call_us();
    authenticate(*good);
    std::vector<std::unique_ptr<StreamPeer>> peers;
    for (int i = 0; i < 5; ++i) {
        peers.push_back(call_us());
    }
    EXPECT_EQ(std::ranges::count_if(peers, [](auto& peer) { return peer->is_connected(); }), 3);
    auto elsewhere = call_us(&wire.host("192.0.2.77"));
    EXPECT_TRUE(elsewhere->is_connected());
    // Each that goes makes room, and a new round finds the same room.
    for (int round = 0; round < 20; ++round) {
        peers.clear();
        loop.run();
        for (int i = 0; i < 3; ++i) {
            peers.push_back(call_us());
        }
        EXPECT_TRUE(std::ranges::all_of(peers, [](auto& peer) { return peer->is_connected(); }));
    }
    EXPECT_EQ(count("isthmus_s2s_connections_refused_total 2"), 1U);
}

TEST_F(ServerTest, TooMuchBeforeAuthenticationCloses) {
    start();
    auto peer = call_us();
    say(*peer, header(kTheirs, kOurs));
    std::string said =
        say(*peer, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + std::string(11000, 'A'));
    EXPECT_THAT(said, HasSubstr(stream_error("policy-violation")));
    EXPECT_FALSE(peer->is_connected());
}

TEST_F(ServerTest, GarbageIsAnsweredWithAStreamError) {
    start();
    for (std::string_view garbage : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "<a></b>"}) {
        auto peer = call_us();
        std::string said = say(*peer, garbage);
        EXPECT_THAT(said, HasSubstr("<stream:error>")) << garbage;
        EXPECT_FALSE(peer->is_connected());
    }
}

TEST_F(ServerTest, ErrorsGoBackOverOurOwnStreamAndNeverForErrors) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    std::string said = say(*peer,
                           "<message id='m1' from='bob@fabrikam.example' to='@contoso.example'/>"
                           "<message id='m2' type='error' from='bob@fabrikam.example' "
                           "to='@contoso.example'/>"
                           "<presence id='p1' type='strange' from='bob@fabrikam.example' "
                           "to='alice@contoso.example'/>");
    EXPECT_EQ(said, "");
    loop.advance(2ms);
    fabrikam.let_in_by_external();
    EXPECT_THAT(fabrikam.last_heard(), HasSubstr("<jid-malformed"));
    EXPECT_THAT(fabrikam.last_heard(), HasSubstr("id='m1'"));
    EXPECT_THAT(fabrikam.last_heard(), Not(HasSubstr("id='m2'")));
    EXPECT_THAT(fabrikam.last_heard(), HasSubstr("<bad-request"));
    EXPECT_THAT(handler.presences, IsEmpty());
}

TEST_F(ServerTest, AWithdrawnPartnerLosesItsStreams) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    handler.partners.erase("fabrikam.example");
    server->recheck_partners();
    loop.advance(1s);
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("policy-violation")));
    EXPECT_FALSE(peer->is_connected());
}

TEST_F(ServerTest, DrainingTakesWhatWasSentBeforeThePeerAnswers) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    auto stranger = call_us();
    server->set_draining(true);
    loop.run();
    EXPECT_EQ(peer->take(), "</stream:stream>");
    EXPECT_THAT(stranger->take(), HasSubstr(stream_error("system-shutdown")));
    EXPECT_EQ(server->pending(), 1U);
    say(*peer,
        "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>late</body>"
        "</message></stream:stream>");
    EXPECT_EQ(handler.messages.size(), 1U);
    EXPECT_FALSE(peer->is_connected());
    EXPECT_EQ(server->pending(), 0U);
    auto too_late = call_us();
    loop.run();
    EXPECT_FALSE(too_late->is_connected());
}

TEST_F(ServerTest, DrainingDoesNotWaitForAPeerWhoNeverAnswers) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    server->set_draining(true);
    loop.advance(6s);
    EXPECT_FALSE(peer->is_connected());
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(ServerTest, DrainingWaitsForAPeerOnlyAsLongAsItSends) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    server->set_draining(true);
    for (int i = 0; i < 3; ++i) {
        loop.advance(900ms);
        EXPECT_EQ(server->pending(), 1U);
        say(*peer,
            "<message from='bob@fabrikam.example' to='alice@contoso.example'><body>late</body>"
            "</message>");
    }
    EXPECT_EQ(handler.messages.size(), 3U);
    loop.advance(1100ms);
    EXPECT_EQ(server->pending(), 0U);
}

TEST_F(ServerTest, KeepAlivesAreFineAndAFloodOfThemIsNot) {
    config.streams.stream_inactivity_timeout = 24h;
    start();
    auto peer = call_us();
    authenticate(*peer);
    for (int i = 0; i < 5000; ++i) {
        peer->send(" ");
        loop.advance(1s);
    }
    ASSERT_TRUE(peer->is_connected());
    for (int i = 0; i < 1100; ++i) {
        peer->send(" ");
        loop.run();
    }
    EXPECT_FALSE(peer->is_connected());
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("policy-violation")));
}

TEST_F(ServerTest, AFloodOfUnsolicitedAnswersEndsTheStream) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    for (int i = 0; i < 20; ++i) {
        say(*peer, "<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    }
    EXPECT_FALSE(peer->is_connected());
}

TEST_F(ServerTest, AQuestionIsAnsweredOnOurOwnStream) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    say(*peer,
        "<iq type='get' id='p1' from='bob@fabrikam.example/x' to='contoso.example'>"
        "<ping xmlns='urn:xmpp:ping'/></iq>");
    EXPECT_EQ(peer->take(), "");
    loop.advance(2ms);
    fabrikam.let_in_by_external();
    EXPECT_EQ(fabrikam.last_heard(),
              "<iq from='contoso.example' to='bob@fabrikam.example/x' id='p1' type='result'/>");
}

TEST_F(ServerTest, StatusNamesWhyAPartnerDoesNotReachUs) {
    handler.partners["fabrikam.example"].sasl = Negotiation::NotSupported;
    start();
    auto peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    say(*peer, "<db:result from='fabrikam.example' to='contoso.example'>key-1</db:result>");
    loop.advance(21s);
    peer->drop();
    loop.run();
    auto incoming = [this] {
        std::vector<xmpp::LinkStatus> made;
        for (auto& status : server->status()) {
            if (!status.outgoing) {
                made.push_back(status);
            }
        }
        return made;
    };
    ASSERT_EQ(incoming().size(), 1U);
    EXPECT_EQ(incoming()[0].remote_domain, kTheirs);
    EXPECT_EQ(incoming()[0].state, "down");
    ASSERT_TRUE(incoming()[0].last_error);
    EXPECT_EQ(incoming()[0].last_error->code, "IST-DB-003");
    auto again = call_us();
    say(*again, header(kTheirs, kOurs));
    ASSERT_EQ(incoming().size(), 1U) << "a stream of that partner is the row";
    EXPECT_EQ(incoming()[0].state, "negotiating");
    EXPECT_TRUE(incoming()[0].last_error);
    again->drop();
    handler.partners.clear();
    server->recheck_partners();
    loop.advance(1s);
    EXPECT_THAT(incoming(), IsEmpty()) << "no partner any more";
}

TEST_F(ServerTest, StrangersAreNotKeptInTheStatus) {
    start();
    auto peer = call_us();
    say(*peer, header("stranger.example", kOurs));
    EXPECT_THAT(server->status(), IsEmpty());
}

TEST_F(ServerTest, StatusNamesTheStreams) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    auto status = server->status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status[0].remote_domain, kTheirs);
    EXPECT_EQ(status[0].local_domain, kOurs);
    EXPECT_EQ(status[0].auth, "external");
    EXPECT_EQ(status[0].state, "up");
    EXPECT_EQ(status[0].tls_version, "TLSv1.3");
    EXPECT_FALSE(status[0].outgoing);
}

}  // namespace
}  // namespace isthmus::test
