// What TLSA records change for a stream to a partner (RFC 7673): whom they are asked of, what they
// prove, and that nothing else counts where they do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using xmpp::Negotiation;

constexpr std::string_view kQuestion = "TLSA _5269._tcp.xmpp.fabrikam.example";

class DaneLinkTest : public LinksTest {
  protected:
    void SetUp() override {
        resolver.forget("_xmpp-server._tcp.fabrikam.example");
        resolver.add_srv("_xmpp-server._tcp.fabrikam.example",
                         {0, 0, 5269, "xmpp.fabrikam.example", true});
        resolver.add_tlsa("_5269._tcp.xmpp.fabrikam.example", {3, 1, 1, std::string(32, 'x')});
    }

    /// What TLS makes of the records.
    void show(net::Dane verdict,
              bool is_trusted,
              std::string_view name = kTheirs,
              std::string_view fingerprint = "") {
        net::PeerCertificate certificate = certificate_for(name, is_trusted);
        certificate.dane = verdict;
        certificate.dane_host = "xmpp.fabrikam.example";
        certificate.sha256 = fingerprint;
        theirs.set_certificate(certificate);
    }

    xmpp::LinkPolicy& settings() { return handler.partners["fabrikam.example"]; }
};

TEST_F(DaneLinkTest, TheCertificateThatTheyNameIsEnough) {
    show(net::Dane::EndEntity, true, "nobody.example");
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
    EXPECT_THAT(resolver.questions(), Contains(kQuestion));
}

TEST_F(DaneLinkTest, UnderAnAuthorityTheNameOfTheTargetWillDo) {
    show(net::Dane::Authority, true, "xmpp.fabrikam.example");
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(DaneLinkTest, WithoutThemItWillNot) {
    show(net::Dane::NotAsked, true, "xmpp.fabrikam.example");
    start();
    send(1);
    dial();
    fabrikam.negotiate_tls();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-001")));
}

TEST_F(DaneLinkTest, UnderAnAuthorityAnotherNameIsNone) {
    show(net::Dane::Authority, true, "nobody.example");
    start();
    send(1);
    dial();
    fabrikam.negotiate_tls();
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-001")));
}

/// Abuse case B21.
TEST_F(DaneLinkTest, WhatTheyDoNotNameIsProvedByNothingElse) {
    settings().sasl = Negotiation::Optional;  // dialback would be allowed
    show(net::Dane::Mismatch, false);
    start();
    send(1);
    dial();
    EXPECT_THAT(fabrikam.negotiate_tls(), Not(HasSubstr("<stream:stream")));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-042")));
}

TEST_F(DaneLinkTest, APinIsMoreThanTheyAre) {
    settings().pinned_certificates = {"aa11"};
    show(net::Dane::Mismatch, false, kTheirs, "aa11");
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

/// RFC 7673 §3.4: whoever publishes them encrypts.
TEST_F(DaneLinkTest, NothingGoesInClearText) {
    settings() = {.tls = Negotiation::Optional, .sasl = Negotiation::Optional};
    start();
    send(1);
    dial();
    fabrikam.hear();
    fabrikam.say(header(kTheirs, kOurs, "p1") +
                 features("<dialback xmlns='urn:xmpp:features:dialback'/>"));
    EXPECT_EQ(fabrikam.hear(), kStartTls);
    fabrikam.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("db:result")));
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-TLS-001")));
    EXPECT_THAT(handler.errors.at(0).detail, HasSubstr("TLSA"));
}

TEST_F(DaneLinkTest, WhereDnsDoesNotProveTheTargetNobodyAsks) {
    resolver.forget("_xmpp-server._tcp.fabrikam.example");
    resolver.add_srv("_xmpp-server._tcp.fabrikam.example",
                     {0, 0, 5269, "xmpp.fabrikam.example", false});
    start();
    send(1);
    dial();
    EXPECT_THAT(resolver.questions(), Not(Contains(kQuestion)));
    EXPECT_EQ(fabrikam.connections(), 1U);
}

TEST_F(DaneLinkTest, WhereTlsIsNotUsedNobodyAsks) {
    settings() = {.tls = Negotiation::NotSupported, .sasl = Negotiation::NotSupported};
    start();
    send(1);
    dial();
    EXPECT_THAT(resolver.questions(), Not(Contains(kQuestion)));
}

/// Whoever keeps the answer from us does not get us to do without.
TEST_F(DaneLinkTest, WithoutAnAnswerNobodyIsConnectedTo) {
    resolver.fail("_5269._tcp.xmpp.fabrikam.example");
    start();
    send(1);
    dial();
    EXPECT_EQ(fabrikam.connections(), 0U);
    loop.advance(31s);
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-XMPP-003")));
    EXPECT_THAT(handler.errors.at(0).detail, HasSubstr("_5269._tcp.xmpp.fabrikam.example"));
}

}  // namespace
}  // namespace isthmus::test
