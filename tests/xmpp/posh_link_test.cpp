// What POSH changes for streams with a partner (RFC 7711, RFC 7712 §5): when its web site is asked,
// what that proves, and that it never makes anything worse.
#include "xmpp/link_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "web_site.h"
#include "world.h"

namespace isthmus::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using xmpp::Negotiation;

const std::string kFingerprint(32, '\x11');

class PoshLinkTest : public LinksTest {
  protected:
    void SetUp() override {
        resolver.forget("_xmpp-server._tcp.fabrikam.example");
        resolver.forget(kTheirs);
        resolver.add_srv("_xmpp-server._tcp.fabrikam.example",
                         {0, 0, 5269, "xmpp.hosting.example"});
        resolver.add_address("xmpp.hosting.example", "192.0.2.2");
        resolver.add_address(kTheirs, "192.0.2.3");
        web.set_certificate(certificate_for(kTheirs));
        show(certificate_for("xmpp.hosting.example"));
        settings().allow_posh = true;
    }

    void show(net::PeerCertificate certificate) {
        certificate.sha256 = digest::to_hex(kFingerprint);
        theirs.set_certificate(std::move(certificate));
    }

    static net::PeerCertificate self_signed() {
        net::PeerCertificate certificate = certificate_for("xmpp.hosting.example", false);
        certificate.lacks_only_issuer = true;
        return certificate;
    }

    /// Until our side has seen the certificate.
    std::string connect() {
        start();
        send(1);
        dial();
        return fabrikam.negotiate_tls();
    }

    void go_on_by_external(std::string heard = "") {
        heard += fabrikam.hear();
        EXPECT_THAT(heard, HasSubstr("<stream:stream"));
        fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
        EXPECT_THAT(fabrikam.hear(), HasSubstr("mechanism='EXTERNAL'"));
        fabrikam.say(kSuccess);
        fabrikam.hear();
        fabrikam.say(header(kTheirs, kOurs, "p3") + features(""));
        fabrikam.hear();
    }

    std::string good() const { return json_answer(posh_document(kFingerprint)); }

    std::string other() const { return json_answer(posh_document(std::string(32, '\x12'))); }

    xmpp::LinkPolicy& settings() { return handler.partners["fabrikam.example"]; }

    MemoryHost& web = wire.host("192.0.2.3");
    WebSite site{loop, web, "192.0.2.3:443"};
};

TEST_F(PoshLinkTest, TheCertificateThatItNamesIsEnough) {
    EXPECT_THAT(connect(), IsEmpty()) << "not a word before it is proved";
    site.say(good());
    go_on_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(PoshLinkTest, WhoeverIssuedIt) {
    show(self_signed());
    connect();
    site.say(good());
    go_on_by_external();
    EXPECT_THAT(handler.sent, ElementsAre(1));
}

TEST_F(PoshLinkTest, AnotherIsRefusedAsItWouldBeWithout) {
    connect();
    site.say(other());
    EXPECT_THAT(fabrikam.hear(), IsEmpty());
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-001")));
    EXPECT_THAT(handler.errors.at(0).detail,
                AllOf(HasSubstr("does not prove fabrikam.example"),
                      HasSubstr("POSH names other certificates")));
}

TEST_F(PoshLinkTest, AFaultOfTheWebSiteAsWell) {
    show(self_signed());
    connect();
    site.say("HTTP/1.1 404 Not Found\r\n\r\n");
    EXPECT_THAT(handler.not_sent, ElementsAre(Pair(1, "IST-CERT-002")));
    EXPECT_THAT(handler.errors.at(0).detail,
                AllOf(HasSubstr("self-signed"),
                      HasSubstr("POSH is of no help: https://fabrikam"),
                      HasSubstr("answered 404")));
}

TEST_F(PoshLinkTest, DialbackGoesOnWhereTheSettingsAllowIt) {
    settings().sasl = Negotiation::Optional;
    connect();
    site.say(other());
    EXPECT_THAT(fabrikam.hear(), HasSubstr("<stream:stream"));
    fabrikam.say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
    EXPECT_THAT(fabrikam.hear(), HasSubstr("<db:result"));
}

TEST_F(PoshLinkTest, NobodyIsAskedWhereItIsNotAllowed) {
    settings().allow_posh = false;
    connect();
    loop.advance(1s);
    EXPECT_EQ(site.connections(), 0U);
    EXPECT_THAT(handler.errors.at(0).detail, Not(HasSubstr("POSH")));
}

TEST_F(PoshLinkTest, NorWhereTheCertificateIsGood) {
    show(certificate_for(kTheirs));
    go_on_by_external(connect());
    EXPECT_EQ(site.connections(), 0U);
}

/// What says more than a web site is not overruled.
TEST_F(PoshLinkTest, NorWhereThereIsMoreToSay) {
    net::PeerCertificate expired = certificate_for("xmpp.hosting.example", false);
    net::PeerCertificate revoked = self_signed();
    revoked.is_revoked = true;
    net::PeerCertificate not_in_dns = self_signed();
    not_in_dns.dane = net::Dane::Mismatch;
    net::PeerCertificate of_authority = certificate_for("xmpp.hosting.example");
    of_authority.dane = net::Dane::Authority;
    start();
    std::uint64_t cookie = 0;
    for (const auto& [certificate, code] : {std::pair(expired, "IST-CERT-002"),
                                            std::pair(revoked, "IST-CERT-041"),
                                            std::pair(not_in_dns, "IST-CERT-042"),
                                            std::pair(of_authority, "IST-CERT-001")}) {
        show(certificate);
        send(++cookie);
        dial();
        fabrikam.negotiate_tls();
        ASSERT_EQ(handler.not_sent.size(), cookie);
        EXPECT_EQ(handler.not_sent.back().second, code);
        loop.advance(60s);
    }
    show(self_signed());
    settings().pinned_certificates = {"aa11"};
    send(++cookie);
    dial();
    fabrikam.negotiate_tls();
    EXPECT_EQ(handler.not_sent.back().second, "IST-CERT-040");
    EXPECT_EQ(site.connections(), 0U);
}

TEST_F(PoshLinkTest, AServerThatBreaksOffMeanwhileIsNoTrouble) {
    connect();
    wire.cut_all();
    loop.advance(1s);
    EXPECT_THAT(handler.sent, IsEmpty());
}

TEST_F(PoshLinkTest, WhatItSaysTooEarlyIsReadAfterwards) {
    connect();
    fabrikam.say("<?xml version='1.0'?>");
    EXPECT_THAT(handler.not_sent, IsEmpty());
    site.say(good());
    fabrikam.hear();
    EXPECT_EQ(fabrikam.connections(), 1U);
}

TEST_F(PoshLinkTest, WhenTheSettingsForbidItTheStreamsEnd) {
    connect();
    site.say(good());
    go_on_by_external();
    settings().allow_posh = false;
    server->recheck_partners();
    loop.advance(2ms);
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("reset")));
}

TEST_F(PoshLinkTest, ItIsAskedAgainWhenWhatWeTrustHasChanged) {
    connect();
    site.say(good());
    go_on_by_external();
    server->set_tls(some_tls());
    loop.advance(1s);
    EXPECT_EQ(site.connections(), 2U);
    site.say(good());
    EXPECT_THAT(fabrikam.hear(), Not(HasSubstr("stream:error")));
    server->set_tls(some_tls());
    loop.advance(1s);
    site.say(other());
    EXPECT_THAT(fabrikam.hear(), HasSubstr(stream_error("reset")));
}

TEST_F(PoshLinkTest, ACallerIsLetInByIt) {
    start();
    auto peer = call_us();
    secure(*peer);
    EXPECT_THAT(say(*peer, header(kTheirs, kOurs) + auth("=")), Not(HasSubstr("features")));
    site.say(good());
    // What it said at once is read now.
    EXPECT_THAT(peer->take(), AllOf(HasSubstr("EXTERNAL"), HasSubstr("<success")));
    say(*peer, header(kTheirs, kOurs));
    settings().allow_posh = false;
    server->recheck_partners();
    loop.advance(2ms);
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("reset")));
}

TEST_F(PoshLinkTest, OrNot) {
    start();
    auto peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    site.say(other());
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("not-authorized")));
    EXPECT_THAT(server->status().at(0).last_error.value().evidence,
                HasSubstr("POSH names other certificates"));
}

TEST_F(PoshLinkTest, ACallerIsLookedAtAgain) {
    start();
    auto peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    site.say(good());
    peer->take();
    EXPECT_EQ(say(*peer, auth("=")), kSuccess);
    say(*peer, header(kTheirs, kOurs));
    server->set_tls(some_tls());
    loop.advance(1s);
    EXPECT_EQ(site.connections(), 2U);
    site.say(other());
    EXPECT_THAT(peer->take(), HasSubstr(stream_error("reset")));
}

TEST_F(PoshLinkTest, ACallerThatGoesMeanwhileIsNoTrouble) {
    start();
    auto peer = call_us();
    secure(*peer);
    say(*peer, header(kTheirs, kOurs));
    peer->drop();
    loop.advance(1s);
    site.say(good());
    loop.advance(120s);
}

class CertificateStep final : public xmpp::LinkTestHandler {
  public:
    void on_step(xmpp::TestStep step) override {
        if (step.id == "certificate") {
            found = std::move(step);
        }
    }

    void on_done() override {}

    xmpp::TestStep found;
};

TEST_F(PoshLinkTest, TheTestOfALinkSaysSo) {
    const auto test = [this](std::string_view answer) {
        CertificateStep step;
        const auto running = server->test(
            {.local = std::string(kOurs), .remote = std::string(kTheirs), .policy = settings()},
            step);
        loop.advance(4ms);
        fabrikam.negotiate_tls();
        if (!answer.empty()) {
            site.say(answer);
        }
        return step.found;
    };
    start();
    const xmpp::TestStep refused = test(other());
    EXPECT_EQ(refused.state, xmpp::TestState::Fail);
    EXPECT_EQ(refused.code, "IST-CERT-001");
    EXPECT_THAT(refused.evidence, HasSubstr("POSH names other certificates"));
    loop.advance(std::chrono::hours(2));
    const xmpp::TestStep good_step = test(good());
    EXPECT_EQ(good_step.state, xmpp::TestState::Pass);
    EXPECT_THAT(good_step.sentence, HasSubstr("web site of fabrikam.example names"));
    EXPECT_THAT(good_step.evidence,
                HasSubstr("POSH: https://fabrikam.example/.well-known/posh/xmpp-server.json"));
}

}  // namespace
}  // namespace isthmus::test
