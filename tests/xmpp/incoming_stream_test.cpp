// The receiving side as dialogues: RFC 6120 §4-§6, XEP-0178, XEP-0220; abuse cases A13-A16, B02,
// B04, B11-B16, B24, B25.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "dialogue.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using xmpp::LinkPolicy;
using xmpp::Negotiation;

class TestDirectory final : public xmpp::Directory {
  public:
    bool serves(std::string_view domain) const override {
        return served.contains(std::string(domain));
    }

    std::optional<LinkPolicy> link_policy(std::string_view remote_domain) override {
        auto found = partners.find(std::string(remote_domain));
        return found == partners.end() ? std::nullopt : std::optional(found->second);
    }

    Error link_refusal(std::string_view remote_domain) override {
        return make_error(ErrorKind::Forbidden, "IST-POL-001", "", std::string(remote_domain));
    }

    std::string_view dialback_secret() const override { return "s3cr3t"; }

    bool has_tls() const override { return tls; }

    std::string make_stream_id() override { return "id" + std::to_string(++ids); }

    std::set<std::string> served = {"contoso.example", "other.contoso.example"};
    std::map<std::string, LinkPolicy> partners = {{"fabrikam.example", {}}};
    bool tls = true;
    int ids = 0;
};

class IncomingStreamTest : public testing::Test {
  protected:
    LinkPolicy& partner() { return directory.partners["fabrikam.example"]; }

    /// Up to the features inside TLS; returns them.
    std::string secure(std::optional<net::PeerCertificate> certificate,
                       std::string_view from = kTheirs) {
        stream.says(header(from, kOurs));
        stream.says(kStartTls);
        certificate_ = std::move(certificate);
        stream.machine.on_secured(certificate_ ? &*certificate_ : nullptr);
        return stream.says(header(from, kOurs));
    }

    void authenticate() {
        secure(certificate_for(kTheirs));
        stream.says(auth("="));
        stream.says(header(kTheirs, kOurs));
        stream.actions.clear();
    }

    TestDirectory directory;
    Dialogue<xmpp::IncomingStream> stream{directory};
    std::optional<net::PeerCertificate> certificate_;
};

constexpr std::string_view kResult =
    "<db:result from='fabrikam.example' to='contoso.example'>the-key</db:result>";

TEST_F(IncomingStreamTest, StartTlsThenExternalThenStanzas) {
    std::string said = stream.says(header(kTheirs, kOurs));
    EXPECT_THAT(said, StartsWith("<?xml version='1.0'?><stream:stream xmlns='jabber:server'"));
    EXPECT_THAT(said, HasSubstr("xmlns:db='jabber:server:dialback'"));
    EXPECT_THAT(said, HasSubstr("from='contoso.example' to='fabrikam.example' id='id1'"));
    EXPECT_THAT(said, HasSubstr("version='1.0'"));
    EXPECT_THAT(said, HasSubstr("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"));
    EXPECT_THAT(said, Not(HasSubstr("mechanisms")));
    EXPECT_THAT(said, Not(HasSubstr("dialback'>")));

    EXPECT_EQ(stream.says(kStartTls), kProceed);
    EXPECT_THAT(stream.actions, ElementsAre("starttls"));

    auto certificate = certificate_for(kTheirs);
    stream.machine.on_secured(&certificate);
    said = stream.says(header(kTheirs, kOurs));
    EXPECT_THAT(said, HasSubstr("id='id2'"));
    EXPECT_THAT(said, HasSubstr(features(kExternalOffer)));

    EXPECT_EQ(stream.says(auth("=")), kSuccess);
    EXPECT_THAT(
        stream.actions,
        ElementsAre(
            "starttls", "restart", "authenticated fabrikam.example contoso.example external"));
    said = stream.says(header(kTheirs, kOurs));
    EXPECT_THAT(said, HasSubstr("id='id3'"));
    EXPECT_THAT(said, EndsWith("<stream:features/>"));

    EXPECT_EQ(stream.says("<message from='a@fabrikam.example/x' to='b@contoso.example'/>"), "");
    EXPECT_THAT(stream.stanzas, ElementsAre("a@fabrikam.example/x -> b@contoso.example"));
    EXPECT_EQ(stream.says("</stream:stream>"), "</stream:stream>");
    EXPECT_EQ(stream.actions.back(), "close by peer");
}

TEST_F(IncomingStreamTest, ExternalTakesTheAuthzidOrAsksForIt) {
    secure(certificate_for(kTheirs));
    EXPECT_THAT(stream.says(auth("")), HasSubstr("<challenge"));
    EXPECT_EQ(stream.says("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                          "ZmFicmlrYW0uZXhhbXBsZQ==</response>"),
              kSuccess);
}

TEST_F(IncomingStreamTest, ExternalRefusesAnotherAuthzidAndASecondRefusalCloses) {
    secure(certificate_for(kTheirs));
    EXPECT_THAT(stream.says(auth("ZXZpbC5leGFtcGxl")), HasSubstr("<invalid-authzid"));
    EXPECT_FALSE(stream.machine.is_authenticated());
    EXPECT_THAT(stream.says(auth("ZXZpbC5leGFtcGxl")), HasSubstr(stream_error("policy-violation")));
    EXPECT_THAT(stream.actions, ElementsAre("starttls", "note IST-AUTH-003", "close IST-AUTH-003"));
}

TEST_F(IncomingStreamTest, AuthPipelinedTwiceIsNotTwoIdentities) {
    secure(certificate_for(kTheirs));
    std::string said = stream.says(auth("=") + auth("="));
    EXPECT_THAT(said, StartsWith(std::string(kSuccess)));
    // What follows the success must be a stream header.
    EXPECT_THAT(said, HasSubstr("<stream:error>"));
    EXPECT_THAT(stream.stanzas, IsEmpty());
}

TEST_F(IncomingStreamTest, OtherMechanismIsInvalid) {
    secure(certificate_for(kTheirs));
    EXPECT_THAT(
        stream.says("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</auth>"),
        HasSubstr("<invalid-mechanism"));
}

TEST_F(IncomingStreamTest, OctetsBehindStartTlsCloseTheStream) {
    stream.says(header(kTheirs, kOurs));
    std::string said =
        stream.says(std::string(kStartTls) + "<message from='a@fabrikam.example' to='b@c'/>");
    EXPECT_THAT(said, HasSubstr(stream_error("policy-violation")));
    EXPECT_THAT(said, Not(HasSubstr("proceed")));
    EXPECT_THAT(stream.actions, ElementsAre("starttls", "close IST-XMPP-001"));
}

TEST_F(IncomingStreamTest, CertificateOfAnotherDomainGetsNothingWhereSaslIsRequired) {
    std::string said = secure(certificate_for("evil.example"));
    EXPECT_THAT(said, HasSubstr(stream_error("not-authorized")));
    EXPECT_THAT(said, Not(HasSubstr("features")));
    EXPECT_EQ(stream.actions.back(), "close IST-CERT-001");
}

TEST_F(IncomingStreamTest, UntrustedCertificateGetsNothingWhereSaslIsRequired) {
    secure(certificate_for(kTheirs, false));
    EXPECT_EQ(stream.actions.back(), "close IST-CERT-002");
}

TEST_F(IncomingStreamTest, UntrustedCertificateMayUseDialbackWhereSaslIsOptional) {
    partner().sasl = Negotiation::Optional;
    std::string said = secure(certificate_for(kTheirs, false));
    EXPECT_THAT(said, HasSubstr(kDialbackOffer));
    EXPECT_THAT(said, Not(HasSubstr("EXTERNAL")));
    EXPECT_EQ(stream.actions.back(), "note IST-CERT-002");
}

TEST_F(IncomingStreamTest, DialbackIsVerifiedBeforeStanzasFlow) {
    partner().sasl = Negotiation::NotSupported;
    secure(std::nullopt);
    EXPECT_EQ(stream.says(kResult), "");
    EXPECT_EQ(stream.actions.back(), "verify fabrikam.example contoso.example id2 the-key");
    EXPECT_FALSE(stream.machine.is_authenticated());

    stream.note(stream.machine.on_verified(kTheirs, kOurs, xmpp::Verdict::Valid, stream.out));
    EXPECT_EQ(stream.take(),
              "<db:result from='contoso.example' to='fabrikam.example' type='valid'/>");
    EXPECT_EQ(stream.actions.back(), "authenticated fabrikam.example contoso.example dialback");
    stream.says("<message from='a@fabrikam.example' to='b@contoso.example'/>");
    EXPECT_THAT(stream.stanzas, ElementsAre("a@fabrikam.example -> b@contoso.example"));
}

TEST_F(IncomingStreamTest, WrongKeyEndsTheStream) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    stream.says(kResult);
    stream.note(stream.machine.on_verified(kTheirs, kOurs, xmpp::Verdict::Invalid, stream.out));
    EXPECT_EQ(stream.take(),
              "<db:result from='contoso.example' to='fabrikam.example' type='invalid'/>"
              "</stream:stream>");
    EXPECT_EQ(stream.actions.back(), "close IST-DB-002");
}

TEST_F(IncomingStreamTest, NoAnswerAboutTheKeyIsAnErrorAndTheStreamLivesOn) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    stream.says(kResult);
    stream.note(stream.machine.on_verified(kTheirs, kOurs, xmpp::Verdict::Unknown, stream.out));
    std::string said = stream.take();
    EXPECT_THAT(said, HasSubstr("type='error'"));
    EXPECT_THAT(said, HasSubstr("<remote-server-timeout"));
    stream.says(kResult);
    EXPECT_THAT(stream.actions.back(), StartsWith("verify "));
}

TEST_F(IncomingStreamTest, EachPairIsAuthorisedForItself) {
    partner().sasl = Negotiation::Optional;
    directory.partners["second.example"] = partner();
    secure(certificate_for(kTheirs));
    stream.says(auth("="));
    stream.says(header(kTheirs, kOurs));
    stream.says("<db:result from='second.example' to='contoso.example'>k</db:result>");
    EXPECT_EQ(stream.actions.back(), "verify second.example contoso.example id3 k");
    stream.note(
        stream.machine.on_verified("second.example", kOurs, xmpp::Verdict::Valid, stream.out));
    stream.take();
    stream.says(
        "<message from='a@second.example' to='b@contoso.example'/>"
        "<message from='a@fabrikam.example' to='b@contoso.example'/>");
    EXPECT_EQ(stream.stanzas.size(), 2U);
    EXPECT_THAT(stream.says("<message from='a@second.example' to='b@other.contoso.example'/>"),
                HasSubstr(stream_error("not-authorized")));
    EXPECT_EQ(stream.stanzas.size(), 2U);
}

TEST_F(IncomingStreamTest, UnsolicitedAnswersChangeNothing) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    stream.says(kResult);
    EXPECT_EQ(stream.says("<db:verify from='fabrikam.example' to='contoso.example' id='id2' "
                          "type='valid'/>"
                          "<db:result from='fabrikam.example' to='contoso.example' type='valid'/>"),
              "");
    EXPECT_FALSE(stream.machine.is_authenticated());
    EXPECT_THAT(stream.says("<message from='a@fabrikam.example' to='b@contoso.example'/>"),
                HasSubstr(stream_error("not-authorized")));
}

TEST_F(IncomingStreamTest, VerdictOnAPairThatDidNotAskIsIgnored) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    EXPECT_TRUE(
        stream.machine.on_verified(kTheirs, kOurs, xmpp::Verdict::Valid, stream.out).empty());
    EXPECT_FALSE(stream.machine.is_authenticated());
}

TEST_F(IncomingStreamTest, DialbackThatSettingsForbidIsRefused) {
    struct Row {
        LinkPolicy policy;
        bool secure;
        bool allowed;
    };

    const Row rows[] = {
        {{Negotiation::Required, Negotiation::NotSupported, true, {}}, true, true},
        {{Negotiation::Optional, Negotiation::Required, true, {}}, true, true},
        {{Negotiation::Optional, Negotiation::Optional, true, {}}, false, true},
        {{Negotiation::NotSupported, Negotiation::NotSupported, true, {}}, false, true},
        {{Negotiation::Optional, Negotiation::Optional, false, {}}, false, false},
    };
    for (const Row& row : rows) {
        partner() = row.policy;
        Dialogue<xmpp::IncomingStream> dialogue(directory);
        dialogue.says(header(kTheirs, kOurs));
        if (row.secure) {
            dialogue.says(kStartTls);
            dialogue.machine.on_secured(nullptr);
            dialogue.says(header(kTheirs, kOurs));
        }
        std::string said = dialogue.says(kResult);
        if (row.allowed) {
            EXPECT_THAT(dialogue.actions.back(), StartsWith("verify "));
        } else {
            EXPECT_THAT(said, HasSubstr("<policy-violation"));
        }
    }
}

TEST_F(IncomingStreamTest, DialbackAsOneOfOurDomainsIsRefused) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    std::string said = stream.says(
        "<db:result from='contoso.example' to='contoso.example'>k</db:result>"
        "<db:result from='other.contoso.example' to='contoso.example'>k</db:result>");
    EXPECT_THAT(said, HasSubstr("type='error'"));
    for (const std::string& action : stream.actions) {
        EXPECT_THAT(action, Not(StartsWith("verify")));
    }
}

TEST_F(IncomingStreamTest, DialbackForAnUnknownHostKeepsTheStream) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    EXPECT_THAT(stream.says("<db:result from='fabrikam.example' to='nobody.example'>k</db:result>"),
                HasSubstr("<item-not-found"));
    stream.says(kResult);
    EXPECT_THAT(stream.actions.back(), StartsWith("verify "));
}

TEST_F(IncomingStreamTest, OurKeysAreVouchedForAndOthersAreNot) {
    partner().sasl = Negotiation::Optional;
    secure(std::nullopt);
    std::string key = xmpp::dialback::make_key("s3cr3t", kTheirs, kOurs, "their-id");
    auto verify = [&](std::string_view id, std::string_view to) {
        return stream.says("<db:verify from='fabrikam.example' to='" + std::string(to) + "' id='" +
                           std::string(id) + "'>" + key + "</db:verify>");
    };
    EXPECT_EQ(verify("their-id", kOurs),
              "<db:verify from='contoso.example' to='fabrikam.example' id='their-id' "
              "type='valid'/>");
    EXPECT_THAT(verify("another-id", kOurs), HasSubstr("type='invalid'"));
    EXPECT_THAT(verify("their-id", "other.contoso.example"), HasSubstr("type='invalid'"));
    EXPECT_THAT(verify("their-id", "nobody.example"), HasSubstr("<item-not-found"));
}

TEST_F(IncomingStreamTest, NothingButStartTlsBeforeRequiredTls) {
    for (std::string_view said :
         {std::string_view("<message from='a@fabrikam.example' to='b@contoso.example'/>"),
          kResult,
          std::string_view("<db:verify from='fabrikam.example' to='contoso.example' id='x'>k"
                           "</db:verify>"),
          std::string_view("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                           "mechanism='EXTERNAL'>=</auth>")}) {
        Dialogue<xmpp::IncomingStream> dialogue(directory);
        dialogue.says(header(kTheirs, kOurs));
        EXPECT_THAT(dialogue.says(said), HasSubstr(stream_error("policy-violation"))) << said;
        EXPECT_THAT(dialogue.actions, ElementsAre("close IST-TLS-001"));
    }
}

TEST_F(IncomingStreamTest, StanzaBeforeAuthenticationClosesTheStream) {
    secure(certificate_for(kTheirs));
    EXPECT_THAT(stream.says("<iq from='fabrikam.example' to='contoso.example' type='get' id='1'/>"),
                HasSubstr(stream_error("not-authorized")));
}

TEST_F(IncomingStreamTest, BadHeadersAreAnsweredInsideAStream) {
    struct Row {
        std::string header;
        std::string_view condition;
    };

    std::string wrong_ns = header(kTheirs, kOurs);
    wrong_ns.replace(wrong_ns.find("jabber:server"), 13, "jabber:client");
    std::string wrong_stream = header(kTheirs, kOurs);
    wrong_stream.replace(wrong_stream.find("http://etherx"), 13, "http://strange");
    const Row rows[] = {
        {wrong_ns, "invalid-namespace"},
        {wrong_stream, "invalid-namespace"},
        {header(kTheirs, kOurs, "", ""), "unsupported-version"},
        {header(kTheirs, kOurs, "", "0.9"), "unsupported-version"},
        {header(kTheirs, ""), "host-unknown"},
        {header(kTheirs, "nobody.example"), "host-unknown"},
        {header("not a domain", kOurs), "invalid-from"},
        {header("other.contoso.example", kOurs), "invalid-from"},
        {header("stranger.example", kOurs), "policy-violation"},
    };
    for (const Row& row : rows) {
        Dialogue<xmpp::IncomingStream> dialogue(directory);
        std::string said = dialogue.says(row.header);
        EXPECT_THAT(said, StartsWith("<?xml version='1.0'?><stream:stream ")) << row.header;
        EXPECT_THAT(said, HasSubstr(stream_error(row.condition))) << row.header;
        EXPECT_THAT(said, EndsWith("</stream:stream>"));
        EXPECT_THAT(said, Not(HasSubstr("features")));
        EXPECT_THAT(said, Not(HasSubstr("other.contoso.example"))) << "tells whom we serve";
        EXPECT_EQ(dialogue.actions.size(), 1U);
    }
}

TEST_F(IncomingStreamTest, ASecondHeaderInsideTheStreamClosesIt) {
    stream.says(header(kTheirs, kOurs));
    std::string second = header(kTheirs, kOurs);
    EXPECT_THAT(stream.says(second.substr(second.find("<stream:stream")) + "</stream:stream>"),
                HasSubstr("<stream:error>"));
}

TEST_F(IncomingStreamTest, OtherNamesAfterSaslAreRefused) {
    for (const auto& [from, to] : {std::pair("second.example", "contoso.example"),
                                   std::pair("fabrikam.example", "other.contoso.example")}) {
        directory.partners["second.example"] = {};
        Dialogue<xmpp::IncomingStream> dialogue(directory);
        dialogue.says(header(kTheirs, kOurs));
        dialogue.says(kStartTls);
        auto certificate = certificate_for(kTheirs);
        dialogue.machine.on_secured(&certificate);
        dialogue.says(header(kTheirs, kOurs));
        dialogue.says(auth("="));
        EXPECT_THAT(dialogue.says(header(from, to)), HasSubstr(stream_error("invalid-from")));
    }
}

TEST_F(IncomingStreamTest, CompressionIsNotThere) {
    authenticate();
    EXPECT_THAT(stream.says("<compress xmlns='http://jabber.org/protocol/compress'>"
                            "<method>zlib</method></compress>"),
                HasSubstr(stream_error("unsupported-stanza-type")));
}

TEST_F(IncomingStreamTest, StanzaAddressesFollowTheRules) {
    struct Row {
        std::string_view stanza;
        std::string_view condition;
    };

    const Row rows[] = {
        {"<message to='b@contoso.example'/>", "improper-addressing"},
        {"<message from='a@fabrikam.example'/>", "improper-addressing"},
        {"<message from='a@evil.example' to='b@contoso.example'/>", "invalid-from"},
        {"<message from='a@fabrikam.example' to='b@nobody.example'/>", "host-unknown"},
        {"<message from='@fabrikam.example' to='b@contoso.example'/>", "invalid-from"},
        {"<message xmlns='jabber:client' from='a@fabrikam.example' to='b@contoso.example'/>",
         "invalid-namespace"},
        {"<note from='a@fabrikam.example' to='b@contoso.example'/>", "unsupported-stanza-type"},
    };
    for (const Row& row : rows) {
        SetUp();
        Dialogue<xmpp::IncomingStream> dialogue(directory);
        dialogue.says(header(kTheirs, kOurs));
        dialogue.says(kStartTls);
        auto certificate = certificate_for(kTheirs);
        dialogue.machine.on_secured(&certificate);
        dialogue.says(header(kTheirs, kOurs));
        dialogue.says(auth("="));
        dialogue.says(header(kTheirs, kOurs));
        EXPECT_THAT(dialogue.says(row.stanza), HasSubstr(stream_error(row.condition)))
            << row.stanza;
        EXPECT_THAT(dialogue.stanzas, IsEmpty());
    }
}

TEST_F(IncomingStreamTest, BadAddresseeIsForTheSenderNotForTheStream) {
    authenticate();
    EXPECT_EQ(stream.says("<message from='a@fabrikam.example' to='@contoso.example'/>"), "");
    EXPECT_THAT(stream.stanzas, ElementsAre("a@fabrikam.example -> ?"));
}

TEST_F(IncomingStreamTest, AWithdrawnPartnerIsClosed) {
    authenticate();
    EXPECT_TRUE(stream.machine.recheck(stream.out).empty());
    directory.partners.clear();
    stream.note(stream.machine.recheck(stream.out));
    EXPECT_THAT(stream.take(), HasSubstr(stream_error("policy-violation")));
    EXPECT_THAT(stream.actions, ElementsAre("close IST-POL-001"));
}

TEST_F(IncomingStreamTest, ThePeersStreamErrorEndsTheStream) {
    authenticate();
    EXPECT_EQ(stream.says("<stream:error><system-shutdown "
                          "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"),
              "</stream:stream>");
    EXPECT_THAT(stream.actions, ElementsAre("close IST-XMPP-002"));
}

}  // namespace
}  // namespace isthmus::test
