// The initiating side as dialogues: what it says to the features of real servers. RFC 6120 §4-§6,
// XEP-0178, XEP-0220; abuse cases B01, B03, B12.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "dialogue.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using xmpp::LinkPolicy;
using xmpp::Negotiation;
using xmpp::OutgoingStream;

// As they come from the default installations of Debian 12.
constexpr std::string_view kProsodyClear =
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "<dialback xmlns='urn:xmpp:features:dialback'/>";
constexpr std::string_view kProsodySecure =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
    "</mechanisms><dialback xmlns='urn:xmpp:features:dialback'/>";
constexpr std::string_view kEjabberdSecure =
    "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://www.process-one.net/' "
    "ver='x'/>";

class OutgoingStreamTest : public testing::Test {
  protected:
    OutgoingStream::Purpose purpose(Negotiation tls, Negotiation sasl, bool dialback) const {
        OutgoingStream::Purpose wanted;
        wanted.local = kOurs;
        wanted.remote = kTheirs;
        wanted.policy = {tls, sasl, dialback, {}};
        wanted.dialback_secret = "s3cr3t";
        return wanted;
    }

    void open(OutgoingStream::Purpose wanted) {
        stream.emplace(std::move(wanted));
        stream->machine.open(stream->out);
        stream->take();
    }

    std::string secure(std::string_view secure_features,
                       std::optional<net::PeerCertificate> certificate = certificate_for(kTheirs)) {
        stream->says(header(kTheirs, kOurs, "t1") + features(kProsodyClear));
        stream->says(kProceed);
        certificate_ = std::move(certificate);
        const auto& purpose = stream->machine.purpose();
        stream->note(stream->machine.on_secured(
            xmpp::certificate_fault(certificate_ ? &*certificate_ : nullptr,
                                    purpose.remote,
                                    purpose.policy,
                                    stream->arena()),
            stream->out));
        stream->take();
        return stream->says(header(kTheirs, kOurs, "t2") + features(secure_features));
    }

    std::string key(std::string_view id) const {
        return "<db:result from='contoso.example' to='fabrikam.example'>" +
               xmpp::dialback::make_key("s3cr3t", kTheirs, kOurs, id) + "</db:result>";
    }

    std::optional<Dialogue<OutgoingStream>> stream;
    std::optional<net::PeerCertificate> certificate_;
};

TEST_F(OutgoingStreamTest, MethodsFollowTheWholeMatrix) {
    // TLS x SASL x dialback; what we say to a server that offers everything, and to one that knows
    // neither TLS nor SASL.
    constexpr auto kR = Negotiation::Required;
    constexpr auto kO = Negotiation::Optional;
    constexpr auto kN = Negotiation::NotSupported;

    struct Row {
        Negotiation tls, sasl;
        bool dialback;
        std::string_view over_tls;        ///< with a good certificate
        std::string_view over_tls_alone;  ///< TLS without EXTERNAL
        std::string_view over_tcp;
    };

    const Row rows[] = {
        {kR, kR, true, "external", "", ""},
        {kR, kR, false, "external", "", ""},
        {kR, kO, true, "external", "dialback", ""},
        {kR, kO, false, "external", "", ""},
        {kR, kN, true, "dialback", "dialback", ""},
        {kR, kN, false, "", "", ""},
        {kO, kR, true, "external", "dialback", "dialback"},
        {kO, kR, false, "external", "", ""},
        {kO, kO, true, "external", "dialback", "dialback"},
        {kO, kO, false, "external", "", ""},
        {kO, kN, true, "dialback", "dialback", "dialback"},
        {kO, kN, false, "", "", ""},
        {kN, kR, true, "", "", "dialback"},
        {kN, kR, false, "", "", ""},
        {kN, kO, true, "", "", "dialback"},
        {kN, kO, false, "", "", ""},
        {kN, kN, true, "", "", "dialback"},
        {kN, kN, false, "", "", ""},
    };
    auto said = [](const std::string& text) -> std::string_view {
        return text == auth(kOurIdentity)       ? "external"
               : text.starts_with("<db:result") ? "dialback"
                                                : "";
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(testing::Message()
                     << static_cast<int>(row.tls) << static_cast<int>(row.sasl) << row.dialback);
        auto wanted = purpose(row.tls, row.sasl, row.dialback);
        if (row.tls != kN) {
            open(wanted);
            EXPECT_EQ(said(secure(kProsodySecure)), row.over_tls);
            open(wanted);
            EXPECT_EQ(said(secure(kEjabberdSecure)), row.over_tls_alone);
        }
        open(wanted);
        std::string plain =
            stream->says(header(kTheirs, kOurs, "t1") +
                         features("<dialback xmlns='urn:xmpp:features:dialback'/>"));
        EXPECT_EQ(said(plain), row.over_tcp);
        if (row.tls == kR) {
            EXPECT_EQ(plain, kStartTls) << "it may have been taken out of the features";
            plain = stream->says("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        }
        if (row.over_tcp.empty()) {
            EXPECT_THAT(plain, HasSubstr("<stream:error>"));
            EXPECT_THAT(stream->actions.back(), StartsWith("close IST-"));
        }
    }
}

TEST_F(OutgoingStreamTest, ExternalComesUpWithTheFeaturesAfterSuccess) {
    open(purpose(Negotiation::Required, Negotiation::Required, true));
    EXPECT_EQ(secure(kProsodySecure), auth(kOurIdentity));
    EXPECT_THAT(stream->says(kSuccess), StartsWith("<?xml version='1.0'?><stream:stream "));
    EXPECT_THAT(stream->actions, ElementsAre("starttls", "restart"));
    stream->says(header(kTheirs, kOurs, "t3") + features(""));
    EXPECT_EQ(stream->actions.back(), "authenticated fabrikam.example contoso.example external");
}

TEST_F(OutgoingStreamTest, TheKeyIsForTheStreamInsideTls) {
    open(purpose(Negotiation::Required, Negotiation::NotSupported, true));
    EXPECT_EQ(secure(kEjabberdSecure), key("t2"));
}

TEST_F(OutgoingStreamTest, NotOurResultIsNoResult) {
    open(purpose(Negotiation::Required, Negotiation::NotSupported, true));
    secure(kEjabberdSecure);
    stream->actions.clear();
    stream->says(
        "<db:result from='evil.example' to='contoso.example' type='valid'/>"
        "<db:result from='fabrikam.example' to='other.example' type='valid'/>"
        "<db:result from='fabrikam.example' to='contoso.example'>k</db:result>"
        "<db:verify from='fabrikam.example' to='contoso.example' id='t2' type='valid'/>");
    for (const std::string& action : stream->actions) {
        EXPECT_THAT(action, StartsWith("note "));
    }
    EXPECT_EQ(stream->actions.size(), 4U);
    stream->says("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_EQ(stream->actions.back(), "authenticated fabrikam.example contoso.example dialback");
}

TEST_F(OutgoingStreamTest, AnEarlyResultIsNotBelieved) {
    open(purpose(Negotiation::Required, Negotiation::Optional, true));
    EXPECT_EQ(secure(kProsodySecure), auth(kOurIdentity));
    stream->says("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    EXPECT_EQ(stream->actions.back(), "note IST-XMPP-001");
    EXPECT_FALSE(stream->machine.is_up());
}

TEST_F(OutgoingStreamTest, DialbackErrorsAreTemporaryOrNot) {
    struct Row {
        std::string_view condition;
        std::string_view action;
    };

    for (const Row& row : {Row{"remote-server-timeout", "close IST-DB-001 retry"},
                           Row{"remote-server-not-found", "close IST-DB-001 retry"},
                           Row{"policy-violation", "close IST-DB-001"},
                           Row{"item-not-found", "close IST-DB-001"}}) {
        open(purpose(Negotiation::Required, Negotiation::NotSupported, true));
        secure(kEjabberdSecure);
        stream->says(
            "<db:result from='fabrikam.example' to='contoso.example' type='error'>"
            "<error type='cancel'><" +
            std::string(row.condition) +
            " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
        EXPECT_EQ(stream->actions.back(), row.action);
    }
}

TEST_F(OutgoingStreamTest, StreamErrorsAreRefusalsOrTroubles) {
    struct Row {
        std::string_view condition;
        std::string_view action;
    };

    for (const Row& row : {Row{"not-authorized", "close IST-AUTH-004"},
                           Row{"policy-violation", "close IST-AUTH-004"},
                           Row{"host-unknown", "close IST-XMPP-002"},
                           Row{"system-shutdown", "close IST-XMPP-002 retry"},
                           Row{"resource-constraint", "close IST-XMPP-002 retry"}}) {
        open(purpose(Negotiation::Required, Negotiation::Required, true));
        EXPECT_EQ(stream->says(header(kTheirs, kOurs, "t1") + stream_error(row.condition) +
                               "</stream:error></stream:stream>"),
                  "</stream:stream>");
        EXPECT_THAT(stream->actions, ElementsAre(row.action));
    }
}

TEST_F(OutgoingStreamTest, AServerBeforeVersionOneKnowsDialbackOnly) {
    open(purpose(Negotiation::Optional, Negotiation::Optional, true));
    EXPECT_EQ(stream->says(header("", "", "old", "")), key("old"));
    open(purpose(Negotiation::Required, Negotiation::Optional, true));
    stream->says(header("", "", "old", ""));
    EXPECT_EQ(stream->actions.back(), "close IST-TLS-001");
}

TEST_F(OutgoingStreamTest, AnotherServerThanAskedForIsLeft) {
    open(purpose(Negotiation::Required, Negotiation::Required, true));
    EXPECT_THAT(stream->says(header("evil.example", kOurs, "t1")),
                HasSubstr(stream_error("invalid-from")));
}

TEST_F(OutgoingStreamTest, TlsRefusedIsNotForgiven) {
    open(purpose(Negotiation::Optional, Negotiation::Optional, true));
    stream->says(header(kTheirs, kOurs, "t1") + features(kProsodyClear));
    std::string said = stream->says("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    EXPECT_THAT(said, Not(HasSubstr("db:result")));
    EXPECT_EQ(stream->actions.back(), "close IST-TLS-002 retry");
}

TEST_F(OutgoingStreamTest, TlsThatThePeerRequiresAndWeMayNot) {
    open(purpose(Negotiation::NotSupported, Negotiation::NotSupported, true));
    stream->says(header(kTheirs, kOurs, "t1") + features(kProsodyClear));
    EXPECT_THAT(stream->actions, ElementsAre("close IST-TLS-003"));
}

TEST_F(OutgoingStreamTest, AQuestionAboutAKeyNeedsNoAuthentication) {
    auto wanted = purpose(Negotiation::Required, Negotiation::Optional, true);
    wanted.question = {"in-7", "the-key"};
    open(wanted);
    EXPECT_EQ(secure(kProsodySecure),
              "<db:verify from='contoso.example' to='fabrikam.example' id='in-7'>the-key"
              "</db:verify>");
    stream->says(
        "<db:verify from='fabrikam.example' to='contoso.example' id='in-8' "
        "type='valid'/>");
    EXPECT_EQ(stream->actions.back(), "note IST-XMPP-001");
    EXPECT_EQ(stream->says("<db:verify from='fabrikam.example' to='contoso.example' id='in-7' "
                           "type='valid'/>"),
              "</stream:stream>");
    EXPECT_EQ(stream->actions.back(), "verified valid");
}

TEST_F(OutgoingStreamTest, AnUntrustedServerIsAskedOnlyWhereDialbackMayBe) {
    auto wanted = purpose(Negotiation::Required, Negotiation::Required, true);
    open(wanted);
    secure(kProsodySecure, certificate_for(kTheirs, false));
    EXPECT_EQ(stream->actions.back(), "close IST-CERT-002");
    wanted.policy.sasl = Negotiation::Optional;
    open(wanted);
    EXPECT_EQ(secure(kProsodySecure, certificate_for(kTheirs, false)), key("t2"));
    EXPECT_EQ(stream->actions.back(), "note IST-CERT-002");
}

}  // namespace
}  // namespace isthmus::test
