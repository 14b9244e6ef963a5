// Streams live longer than certificates: what a peer proved itself by is looked at again. RFC 6120
// §13.7.2.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace isthmus::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using xmpp::Negotiation;

class SecondLookTest : public LinksTest {
  protected:
    /// What TLS says of it from now on.
    void lapse(bool is_revoked = false) {
        net::PeerCertificate certificate = certificate_for(kTheirs, false);
        certificate.trust_error = "certificate has expired";
        certificate.is_revoked = is_revoked;
        theirs.set_certificate(certificate);
    }

    void use_new_lists() {
        server->set_tls(some_tls());
        loop.advance(1s);
    }

    xmpp::LinkPolicy& settings() { return handler.partners["fabrikam.example"]; }
};

TEST_F(SecondLookTest, ARevokedCertificateEndsOurStreamAndTheNextMessageTriesAgain) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    lapse(true);
    use_new_lists();
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("reset")));
    EXPECT_THAT(handler.sent, ElementsAre(1));
    send(2);
    dial();
    EXPECT_EQ(fabrikam.connections(), 2U);
}

TEST_F(SecondLookTest, AndTheirs) {
    start();
    auto peer = call_us();
    authenticate(*peer);
    lapse(true);
    use_new_lists();
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("reset")));
}

TEST_F(SecondLookTest, ACertificateThatExpiresIsFoundOutWithinTheHour) {
    settings().keep_alive = false;
    config.streams.stream_inactivity_timeout = std::chrono::hours(24);
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    auto peer = call_us();
    authenticate(*peer);
    loop.advance(2h);
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("stream:error")));
    lapse();
    loop.advance(61min);
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("reset")));
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("reset")));
}

TEST_F(SecondLookTest, WhatIsStillGoodStays) {
    start();
    send(1);
    dial();
    fabrikam.let_in_by_external();
    auto peer = call_us();
    authenticate(*peer);
    use_new_lists();
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("stream:error")));
    EXPECT_THAT(peer->take(), IsEmpty());
}

TEST_F(SecondLookTest, WhoIsProvedBySomethingElseStays) {
    settings().pinned_certificates = {"aa11"};
    net::PeerCertificate pinned = certificate_for(kTheirs, false);
    pinned.sha256 = "aa11";
    theirs.set_certificate(pinned);
    start();
    auto peer = call_us();
    authenticate(*peer);
    use_new_lists();
    EXPECT_THAT(peer->take(), IsEmpty());
}

TEST_F(SecondLookTest, DialbackDoesNotCareForCertificates) {
    settings().sasl = Negotiation::NotSupported;
    start();
    send(1);
    dial();
    fabrikam.negotiate_tls();
    fabrikam.say(header(kTheirs, kOurs, "p2") +
                 features("<dialback xmlns='urn:xmpp:features:dialback'/>"));
    fabrikam.hear();
    fabrikam.say("<db:result from='fabrikam.example' to='contoso.example' type='valid'/>");
    ASSERT_THAT(handler.sent, ElementsAre(1));
    lapse(true);
    use_new_lists();
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("stream:error")));
}

TEST_F(SecondLookTest, ManyAreLookedAtInSlices) {
    config.streams.partner_connection_limit = 1000;
    start();
    std::vector<std::unique_ptr<StreamPeer>> peers;
    for (int i = 0; i < 40; ++i) {
        peers.push_back(call_us());
        authenticate(*peers.back());
    }
    lapse(true);
    server->set_tls(some_tls());
    const auto ended = [&] {
        std::size_t count = 0;
        for (const auto& peer : peers) {
            count += peer->received().find("reset") != std::string::npos ? 1U : 0U;
        }
        return count;
    };
    loop.advance(5ms);
    EXPECT_GT(ended(), 0U);
    EXPECT_LT(ended(), 40U);
    loop.advance(1s);
    EXPECT_EQ(ended(), 40U);
}

}  // namespace
}  // namespace isthmus::test
