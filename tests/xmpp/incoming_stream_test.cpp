// The receiving side as dialogues: RFC 6120 §4-§6, XEP-0178; abuse cases A13-A16, B02, B04, B11,
// B24, B25.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "incoming_stream_world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

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
    EXPECT_THAT(said,
                HasSubstr(features(std::string(kExternalOffer) +
                                   "<bidi xmlns='urn:xmpp:features:bidi'/>")));

    EXPECT_EQ(stream.says(auth("=")), kSuccess);
    EXPECT_THAT(
        stream.actions,
        ElementsAre(
            "starttls", "restart", "authenticated fabrikam.example contoso.example external"));
    said = stream.says(header(kTheirs, kOurs));
    EXPECT_THAT(said, HasSubstr("id='id3'"));
    EXPECT_THAT(said, EndsWith(features("<sm xmlns='urn:xmpp:sm:3'/>")));

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
