// A pinned certificate is accepted whoever issued it, and no other one is, whatever else proves the
// domain: neither a public authority nor dialback, neither in clear text nor on streams to us.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using xmpp::Negotiation;

constexpr std::string_view kPin = "aa11";

class PinnedCertificateTest : public LinksTest {
  protected:
    void show(std::string_view fingerprint, bool is_trusted) {
        net::PeerCertificate certificate = certificate_for(kTheirs, is_trusted);
        certificate.sha256 = fingerprint;
        theirs.set_certificate(certificate);
    }

    xmpp::LinkPolicy& settings() { return handler.partners["fabrikam.example"]; }
};

TEST_F(PinnedCertificateTest, ItIsAcceptedWhoeverIssuedIt) {
    settings().pinned_certificates = {"bb22", std::string(kPin)};
    show(kPin, false);
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    auto peer = call_us();
    authenticate(*peer);
}

TEST_F(PinnedCertificateTest, AnotherOneIsNotThoughItIsTrusted) {
    settings().pinned_certificates = {std::string(kPin)};
    settings().sasl = Negotiation::Optional;  // dialback would be allowed
    show("cc33", true);
    start();
    send(1);
    dial();
    EXPECT_THAT(fabrikam.negotiate_tls(), Not(HasSubstr("<stream:stream")));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-040")));
}

TEST_F(PinnedCertificateTest, NothingIsProvedInClearText) {
    settings() = {Negotiation::Optional, Negotiation::Optional, true, {}};
    settings().pinned_certificates = {std::string(kPin)};
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") +
                 features(std::string(kDialbackOffer) + "</dialback>"));
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("db:result")));
    EXPECT_THAT(handler.sent, IsEmpty());
}

TEST_F(PinnedCertificateTest, AStreamToUsWithAnotherOneGetsNoOffer) {
    settings().pinned_certificates = {std::string(kPin)};
    settings().sasl = Negotiation::Optional;
    show("cc33", true);
    start();
    auto peer = call_us();
    secure(*peer);
    const std::string said = say(*peer, header(kTheirs, kOurs));
    EXPECT_THAT(said, HasSubstr(stream_error("not-authorized")));
    EXPECT_THAT(said, Not(HasSubstr("EXTERNAL")));
}

TEST_F(PinnedCertificateTest, DialbackUnderAnotherNameIsNoWayRound) {
    settings().pinned_certificates = {std::string(kPin)};
    settings().sasl = Negotiation::Optional;
    handler.partners["evil.example"].sasl = Negotiation::Optional;
    MemoryHost& evil = wire.host("192.0.2.66");
    evil.set_certificate(certificate_for("evil.example"));
    start();
    auto peer = call_us(&evil);
    say(*peer, header("evil.example", kOurs));
    say(*peer, kStartTls);
    peer->start_tls({.role = net::TlsRole::Client, .server_name = std::string(kOurs)});
    loop.run();
    say(*peer, header("evil.example", kOurs));
    const std::string said =
        say(*peer,
            "<db:result from='fabrikam.example' to='contoso.example'>0123456789abcdef</db:result>");
    EXPECT_THAT(said, HasSubstr("type='error'"));
    EXPECT_THAT(said, HasSubstr("not-authorized"));
    EXPECT_EQ(fabrikam.connections(), 0U) << "nobody is asked about the key";
}

}  // namespace
}  // namespace isthmus::test
