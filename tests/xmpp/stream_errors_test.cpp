// RFC 6120 §4.9.3, one test for each condition: what makes us send it, and what becomes of our own
// stream when we hear it.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string name_of(std::string condition) {
    std::ranges::replace(condition, '-', '_');
    return condition;
}

constexpr std::string_view kStanza =
    "<message from='juliet@fabrikam.example' to='alice@contoso.example'/>";

std::string stanza_with(std::string_view from, std::string_view to) {
    return "<message from='" + std::string(from) + "' to='" + std::string(to) + "'/>";
}

// What we send.

struct Cause {
    std::string condition;
    bool is_authenticated = false;  ///< before it is said
    std::string said;
};

class StreamErrorWeSend : public LinksTest, public testing::WithParamInterface<Cause> {};

TEST_P(StreamErrorWeSend, EndsTheStreamAndNothingElse) {
    config.max_stanza_octets_before_auth = 4096;
    start();
    auto neighbour = call_us();
    authenticate(*neighbour);
    auto peer = call_us();
    if (GetParam().is_authenticated) {
        authenticate(*peer);
    }
    const std::string answer = say(*peer, GetParam().said);
    EXPECT_THAT(answer, HasSubstr(stream_error(GetParam().condition).substr(0, 14)));
    EXPECT_THAT(
        answer,
        HasSubstr("<" + GetParam().condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    EXPECT_THAT(answer, EndsWith("</stream:stream>"));
    // RFC 6120 §4.9.1.1: within a stream, even if there is none of ours yet.
    EXPECT_EQ(answer.find("<stream:stream ") != std::string::npos, !GetParam().is_authenticated);
    say(*peer, kStanza);
    EXPECT_THAT(handler.messages, IsEmpty());
    say(*neighbour, kStanza);
    EXPECT_EQ(handler.messages.size(), 1U) << "its neighbour goes on";
}

std::string changed(std::string text, std::string_view what, std::string_view into) {
    return text.replace(text.find(what), what.size(), into);
}

INSTANTIATE_TEST_SUITE_P(
    Conditions,
    StreamErrorWeSend,
    testing::Values(
        Cause{"bad-namespace-prefix", true, "<strange:note/>"},
        Cause{"host-unknown", false, header(kTheirs, "nobody.example")},
        Cause{"improper-addressing", true, "<message to='alice@contoso.example'/>"},
        Cause{"invalid-from", true, stanza_with("juliet@evil.example", "alice@contoso.example")},
        Cause{"invalid-namespace",
              false,
              changed(header(kTheirs, kOurs), "jabber:server", "jabber:client")},
        Cause{"not-authorized",
              true,
              stanza_with("juliet@fabrikam.example", "alice@other.contoso.example")},
        Cause{"not-well-formed", true, "<message></presence>"},
        Cause{"policy-violation", false, header("stranger.example", kOurs)},
        Cause{"restricted-xml", true, "<!-- a comment -->"},
        Cause{"unsupported-encoding",
              false,
              changed(header(kTheirs, kOurs),
                      "<?xml version='1.0'?>",
                      "<?xml version='1.0' encoding='ISO-8859-1'?>")},
        Cause{"unsupported-stanza-type", true, "<note/>"},
        Cause{"unsupported-version", false, header(kTheirs, kOurs, {}, "0.9")}),
    [](const auto& one) { return name_of(one.param.condition); });

class StreamErrorOfOurs : public LinksTest {
  protected:
    void SetUp() override {
        start();
        peer = call_us();
        authenticate(*peer);
    }

    std::unique_ptr<StreamPeer> peer;
};

TEST_F(StreamErrorOfOurs, connection_timeout) {
    auto slow = call_us();
    say(*slow, header(kTheirs, kOurs));
    loop.advance(61s);
    EXPECT_THAT(slow->take(), HasSubstr(stream_error("connection-timeout")));
}

TEST_F(StreamErrorOfOurs, reset_when_the_settings_forbid_what_is_there) {
    handler.partners["fabrikam.example"].sasl = xmpp::Negotiation::NotSupported;
    server->recheck_partners();
    loop.advance(2ms);
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("reset")));
}

TEST_F(StreamErrorOfOurs, resource_constraint) {
    config.streams.partner_connection_limit = 1;
    server->set_settings(config.streams);
    auto second = call_us();
    EXPECT_THAT(say(*second, header(kTheirs, kOurs)),
                HasSubstr(stream_error("resource-constraint").substr(0, 34)));
}

TEST_F(StreamErrorOfOurs, system_shutdown) {
    auto stranger = call_us();
    say(*stranger, header(kTheirs, kOurs));
    server->set_draining(true);
    loop.advance(200ms);
    EXPECT_THAT(stranger->take(), HasSubstr("<system-shutdown "));
}

TEST_F(StreamErrorOfOurs, undefined_condition_for_counts_of_what_was_not_sent) {
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + features(kStartTls));
    fabrikam.hear();
    fabrikam.start_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    fabrikam.hear();
    fabrikam.say(kSuccess);
    fabrikam.say(header(kTheirs, kOurs, "p3") + features("<sm xmlns='urn:xmpp:sm:3'/>"));
    fabrikam.say("<enabled xmlns='urn:xmpp:sm:3'/>");
    fabrikam.hear();
    fabrikam.say("<a xmlns='urn:xmpp:sm:3' h='77'/>");
    EXPECT_THAT(fabrikam.hear(), HasSubstr("<undefined-condition "));
    EXPECT_EQ(handler.not_sent.size(), 1U);
}

// What we hear.

class StreamErrorWeHear : public LinksTest, public testing::WithParamInterface<std::string> {
  protected:
    static std::string error(const std::string& condition) {
        return "<stream:error><" + condition +
               " xmlns='urn:ietf:params:xml:ns:xmpp-streams'>elsewhere.example</" + condition +
               "><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>so &#10; it is</text>"
               "</stream:error></stream:stream>";
    }

    xmpp::LinkTrouble trouble() {
        for (const xmpp::LinkStatus& link : server->status()) {
            if (link.outgoing && link.last_error) {
                return *link.last_error;
            }
        }
        return {};
    }
};

TEST_P(StreamErrorWeHear, OnAStreamThatIsUpTheNextMessageOpensAnother) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    ASSERT_THAT(handler.sent, ElementsAre(1U));
    fabrikam.say(error(GetParam()));
    EXPECT_THAT(fabrikam.hear(), EndsWith("</stream:stream>"));
    EXPECT_EQ(trouble().code, "IST-XMPP-002");
    EXPECT_THAT(trouble().evidence, HasSubstr(GetParam() + ": so"));
    EXPECT_THAT(trouble().evidence, testing::Not(HasSubstr("\n")));
    fabrikam.peer().shut_down();
    send(2);
    loop.advance(1s);
    EXPECT_EQ(fabrikam.connections(), 2U);
    EXPECT_EQ(wire.connects_tried(), 2U) << "and nowhere else, see-other-host or not";
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1U, 2U));
}

TEST_P(StreamErrorWeHear, BeforeThatItIsFinalOrTriedAgain) {
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") + error(GetParam()));
    fabrikam.peer().shut_down();
    loop.advance(1s);
    const std::string& condition = GetParam();
    if (condition == "not-authorized" || condition == "policy-violation") {
        EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1U, "IST-AUTH-004")));
    } else if (condition == "host-unknown" || condition == "host-gone") {
        EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1U, "IST-XMPP-002")));
        EXPECT_EQ(handler.errors.front().kind, ErrorKind::NotFound);
    } else {
        EXPECT_THAT(handler.not_sent, IsEmpty());
        EXPECT_EQ(fabrikam.connections(), 2U);
        fabrikam.let_in_by_external();
        EXPECT_THAT(handler.sent, ElementsAre(1U));
        return;
    }
    EXPECT_EQ(fabrikam.connections(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Conditions,
                         StreamErrorWeHear,
                         testing::Values("bad-format",
                                         "bad-namespace-prefix",
                                         "conflict",
                                         "connection-timeout",
                                         "host-gone",
                                         "host-unknown",
                                         "improper-addressing",
                                         "internal-server-error",
                                         "invalid-from",
                                         "invalid-namespace",
                                         "invalid-xml",
                                         "not-authorized",
                                         "not-well-formed",
                                         "policy-violation",
                                         "remote-connection-failed",
                                         "reset",
                                         "resource-constraint",
                                         "restricted-xml",
                                         "see-other-host",
                                         "system-shutdown",
                                         "undefined-condition",
                                         "unsupported-encoding",
                                         "unsupported-feature",
                                         "unsupported-stanza-type",
                                         "unsupported-version"),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace isthmus::test
