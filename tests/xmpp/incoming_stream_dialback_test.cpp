// Dialback on the receiving side as dialogues: XEP-0220; abuse cases B12-B16.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "incoming_stream_world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using xmpp::LinkPolicy;
using xmpp::Negotiation;

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
    stream.note(stream.machine.on_verified(kTheirs, kOurs, xmpp::Verdict::NoServer, stream.out));
    EXPECT_THAT(stream.take(), HasSubstr("<remote-server-not-found"));
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

}  // namespace
}  // namespace isthmus::test
