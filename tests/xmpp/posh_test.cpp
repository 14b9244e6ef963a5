// How the web site of a domain is asked for its POSH document (RFC 7711): within which limits, and
// how long what it says is kept. The clock is moved by hand.
#include "xmpp/posh.h"

#include "support/fixed_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "web_site.h"
#include "world.h"

namespace isthmus::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kShown(32, '\x11');
constexpr std::string_view kRequest =
    "GET /.well-known/posh/xmpp-server.json HTTP/1.1\r\nHost: fabrikam.example\r\n"
    "User-Agent: isthmus\r\nAccept: application/json\r\nConnection: close\r\n\r\n";

class PoshTest : public testing::Test {
  protected:
    PoshTest() {
        resolver.add_address(kTheirs, "192.0.2.3");
        resolver.add_address("hosting.example", "192.0.2.4");
        at_home.set_certificate(certificate_for(kTheirs));
        at_host.set_certificate(certificate_for("hosting.example"));
    }

    void ask(std::string_view domain = kTheirs, bool may_be_private = false) {
        pending.push_back(posh.ask(domain, may_be_private, trust, [this](const auto& answer) {
            told.push_back(answer.document ? "good " + answer.evidence : answer.evidence);
            is_named = answer.document && answer.document->names(shown());
        }));
        loop.advance(2ms);
    }

    /// What comes of one answer to one question.
    std::string after(std::string_view answer) {
        ask();
        site.say(answer);
        return told.empty() ? "" : told.back();
    }

    static net::PeerCertificate shown() {
        net::PeerCertificate certificate;
        certificate.sha256 = digest::to_hex(kShown);
        return certificate;
    }

    static std::string reference(std::string_view to, std::string_view expires = "3600") {
        return json_answer(R"({"url": ")" + std::string(to) + R"(", "expires": )" +
                           std::string(expires) + "}");
    }

    ManualLoop loop;
    MemoryWire wire{loop};
    MemoryHost& ours = wire.host("192.0.2.1");
    MemoryHost& at_home = wire.host("192.0.2.3");
    MemoryHost& at_host = wire.host("192.0.2.4");
    FixedResolver resolver{loop};
    WebSite site{loop, at_home, "192.0.2.3:443"};
    WebSite hosting{loop, at_host, "192.0.2.4:443"};
    std::shared_ptr<const net::TlsContext> trust = some_tls();
    xmpp::Posh posh{{ours, resolver, loop.timers()}};
    std::vector<std::unique_ptr<net::Pending>> pending;
    std::vector<std::string> told;
    bool is_named = false;
};

TEST_F(PoshTest, TheDocumentIsAskedForAtItsPlace) {
    ask();
    EXPECT_EQ(site.hear(), kRequest);
    EXPECT_EQ(at_home.last_server_name(), kTheirs);
    EXPECT_THAT(told, IsEmpty());
    site.say(json_answer(posh_document(kShown)));
    EXPECT_THAT(told,
                ElementsAre("good https://fabrikam.example/.well-known/posh/xmpp-server.json"));
    EXPECT_TRUE(is_named);
}

TEST_F(PoshTest, WhatItSaysIsKeptAsLongAsItSays) {
    after(json_answer(posh_document(kShown, "600")));
    loop.advance(590s);
    ask();
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(site.connections(), 1U);
    loop.advance(11s);
    ask();
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(site.connections(), 2U);
}

TEST_F(PoshTest, ButForADayAtMostAndAMinuteAtLeast) {
    after(json_answer(posh_document(kShown, "9000000000000")));
    loop.advance(std::chrono::hours(24));
    ask();
    EXPECT_EQ(site.connections(), 2U);
    site.say(json_answer(posh_document(kShown, "1")));
    loop.advance(55s);
    ask();
    EXPECT_EQ(site.connections(), 2U);
    loop.advance(6s);
    ask();
    EXPECT_EQ(site.connections(), 3U);
}

TEST_F(PoshTest, AFaultIsKeptForHalfAMinute) {
    EXPECT_THAT(after("HTTP/1.1 404 Not Found\r\n\r\n"), HasSubstr("answered 404"));
    loop.advance(29s);
    ask();
    EXPECT_EQ(site.connections(), 1U);
    loop.advance(2s);
    ask();
    EXPECT_EQ(site.connections(), 2U);
}

TEST_F(PoshTest, WhoAskMeanwhileWaitForTheSameAnswer) {
    ask();
    ask();
    ask();
    pending[1].reset();  // no longer interested
    site.say(json_answer(posh_document(kShown)));
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(site.connections(), 1U);
}

TEST_F(PoshTest, NobodyIsToldWhoWentBetweenAnswerAndTurn) {
    after(json_answer(posh_document(kShown)));
    auto question = posh.ask(kTheirs, false, trust, [this](const auto&) { told.push_back("no"); });
    question.reset();
    loop.advance(1s);
    EXPECT_THAT(told, Not(Contains("no")));
}

TEST_F(PoshTest, OtherAuthoritiesOtherAnswers) {
    after(json_answer(posh_document(kShown)));
    trust = some_tls();
    ask();
    EXPECT_EQ(site.connections(), 2U);
    // And what is under way when they change is good for nobody who asks later.
    trust = some_tls();
    ask("other.example");
    site.say(json_answer(posh_document(kShown)));
    ask();
    EXPECT_EQ(site.connections(), 3U);
}

TEST_F(PoshTest, AReferenceIsFollowedOnceAndTheShorterTimeHolds) {
    ask();
    site.say(reference("https://hosting.example/posh/fabrikam.json", "100"));
    EXPECT_THAT(hosting.hear(),
                HasSubstr("GET /posh/fabrikam.json HTTP/1.1\r\n"
                          "Host: hosting.example\r\n"));
    hosting.say(json_answer(posh_document(kShown, "3600")));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0], HasSubstr("refers to https://hosting.example/posh/fabrikam.json"));
    EXPECT_TRUE(is_named);
    loop.advance(101s);
    ask();
    EXPECT_EQ(site.connections(), 2U);
    site.say(reference("https://hosting.example/posh/fabrikam.json"));
    hosting.say(reference("https://hosting.example/third.json"));
    EXPECT_THAT(told.back(), HasSubstr("it is a reference, and was referred to"));
    EXPECT_EQ(hosting.connections(), 2U);
}

TEST_F(PoshTest, ThreeRedirectsAreFollowed) {
    ask();
    site.say(redirect_answer("/other"));
    EXPECT_THAT(site.hear(), HasSubstr("GET /other HTTP/1.1"));
    site.say(redirect_answer("//hosting.example/a"));
    hosting.say(redirect_answer("https://hosting.example/b"));
    hosting.say(json_answer(posh_document(kShown)));
    EXPECT_TRUE(is_named);
}

/// Abuse case B23.
TEST_F(PoshTest, AFourthIsNot) {
    ask();
    for (int i = 0; i < 4; ++i) {
        site.say(redirect_answer("/again"));
    }
    EXPECT_THAT(told, ElementsAre(HasSubstr("more than 3 redirects")));
    EXPECT_EQ(site.connections(), 4U);
}

/// Abuse case B23.
TEST_F(PoshTest, NothingElseThanHttpsIsFollowed) {
    for (const std::string_view to : {"http://fabrikam.example/x",
                                      "https://192.0.2.4/x",
                                      "https://[2001:db8::1]/x",
                                      "https://me@hosting.example/x",
                                      "https://hosting.example:0/x",
                                      "ftp://hosting.example/x",
                                      "relative.json",
                                      ""}) {
        EXPECT_THAT(after(redirect_answer(to)), HasSubstr("redirects to something else")) << to;
        loop.advance(31s);
    }
    EXPECT_THAT(after(reference("http://hosting.example/x")), HasSubstr("refers to something"));
    EXPECT_EQ(hosting.connections(), 0U);
}

/// Abuse case B23.
TEST_F(PoshTest, WhatIsNoDocumentIsNone) {
    const auto no = [this](std::string_view answer, std::string_view why) {
        EXPECT_THAT(after(answer), HasSubstr(why));
        EXPECT_FALSE(is_named);
        loop.advance(31s);
    };
    no(json_answer(posh_document(kShown), "text/html"), "of type text/html");
    no("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "of type ");
    no(json_answer(posh_document(kShown, "0")), "expired");
    no("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", "16 KiB");
    no(json_answer("[]"), "no JSON object");
    no("HTTP/1.1 500 Oops\r\n\r\n", "answered 500");
}

TEST_F(PoshTest, OfAHundredMegabytesLittleIsTakenIn) {
    wire.set_window(65536);
    ask();
    site.say("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" +
             std::string(1U << 20, ' '));
    EXPECT_THAT(told, ElementsAre(HasSubstr("16 KiB")));
}

TEST_F(PoshTest, TheSiteMustProveItself) {
    at_home.set_certificate(certificate_for(kTheirs, false));
    ask();
    loop.advance(2ms);
    EXPECT_THAT(told, ElementsAre(HasSubstr("not trusted: self-signed certificate")));
    EXPECT_THAT(site.hear(), IsEmpty());  // it is asked nothing
    loop.advance(31s);
    at_home.set_certificate(certificate_for("hosting.example"));
    ask();
    loop.advance(2ms);
    EXPECT_THAT(told.back(), HasSubstr("does not name fabrikam.example"));
    loop.advance(31s);
    at_home.fail_handshakes(true);
    ask();
    loop.advance(2ms);
    EXPECT_THAT(told.back(), HasSubstr("no TLS"));
}

TEST_F(PoshTest, FiveSecondsAreEnough) {
    at_home.stall_handshakes(true);
    ask();
    loop.advance(4s);
    EXPECT_THAT(told, IsEmpty());
    loop.advance(1s);
    EXPECT_THAT(told, ElementsAre(HasSubstr("no answer within 5 seconds")));
    EXPECT_EQ(wire.connections(), 0U);
}

TEST_F(PoshTest, ForAllOfItTogether) {
    ask();
    for (int i = 0; i < 3; ++i) {
        loop.advance(2s);
        if (told.empty()) {
            site.say(redirect_answer("/again"));
        }
    }
    EXPECT_THAT(told, ElementsAre(HasSubstr("no answer within 5 seconds")));
}

TEST_F(PoshTest, WhereNobodyIsThereIsNoDocument) {
    resolver.fail("nodns.example");
    ask("nodns.example");
    EXPECT_THAT(told, ElementsAre(HasSubstr("no address of nodns.example")));
    ask("nobody.example");
    EXPECT_THAT(told.back(), HasSubstr("no address of nobody.example"));
    resolver.add_address("closed.example", "192.0.2.9");
    ask("closed.example");
    EXPECT_THAT(told.back(), HasSubstr("no connection"));
    ask("192.0.2.3");
    EXPECT_THAT(told.back(), HasSubstr("no web site can have that name"));
    EXPECT_EQ(site.connections(), 0U);
}

/// Abuse case B19.
TEST_F(PoshTest, DnsDoesNotLeadIntoOurOwnNetwork) {
    resolver.add_address("inside.example", "10.0.0.5");
    resolver.add_address("inside.example", "127.0.0.1");
    WebSite inside(loop, wire.host("10.0.0.5"), "10.0.0.5:443");
    ask("inside.example");
    EXPECT_THAT(told, ElementsAre(HasSubstr("address of a closed network")));
    EXPECT_EQ(inside.connections(), 0U);
    ask("inside.example", true);
    EXPECT_EQ(inside.connections(), 1U);
}

TEST_F(PoshTest, NorDoesARedirect) {
    resolver.add_address("inside.example", "10.0.0.5");
    resolver.write_down("inside.example");  // for somebody else
    WebSite inside(loop, wire.host("10.0.0.5"), "10.0.0.5:443");
    EXPECT_THAT(after(redirect_answer("https://inside.example/")), HasSubstr("closed network"));
    EXPECT_EQ(inside.connections(), 0U);
    ask("inside.example");
    EXPECT_EQ(inside.connections(), 1U);
}

TEST_F(PoshTest, LinkLocalAddressesAreNobodysSite) {
    resolver.add_address("cloud.example", "169.254.169.254");
    WebSite cloud(loop, wire.host("169.254.169.254"), "169.254.169.254:443");
    ask("cloud.example", true);
    EXPECT_THAT(told, ElementsAre(HasSubstr("no server can be")));
    EXPECT_EQ(cloud.connections(), 0U);
}

TEST_F(PoshTest, EightAreAskedAtOnceTheOthersWait) {
    at_home.stall_handshakes(true);
    for (int i = 0; i < 10; ++i) {
        const std::string domain = "d" + std::to_string(i) + ".example";
        resolver.add_address(domain, "192.0.2.3");
        ask(domain);
    }
    EXPECT_EQ(site.connections(), 8U);
    loop.advance(4900ms);
    EXPECT_EQ(site.connections(), 8U);
    EXPECT_THAT(told, IsEmpty());
    loop.advance(200ms);
    EXPECT_EQ(told.size(), 10U) << "waiting counts as well";
    const std::size_t before = site.connections();
    at_home.stall_handshakes(false);
    ask();
    EXPECT_EQ(site.connections(), before + 1);
    site.say(json_answer(posh_document(kShown)));
    EXPECT_TRUE(is_named);
}

TEST_F(PoshTest, AThousandAnswersAreKept) {
    for (int i = 0; i <= 1000; ++i) {
        ask("d" + std::to_string(i) + ".example");
    }
    const auto asked = [this](std::string_view domain) {
        return std::ranges::count(resolver.questions(), "A " + std::string(domain));
    };
    ask("d1000.example");
    EXPECT_EQ(asked("d1000.example"), 1);
    ask("d0.example");
    EXPECT_EQ(asked("d0.example"), 2) << "the oldest went";
}

TEST_F(PoshTest, ItMayGoWhileSomebodyWaits) {
    auto own = std::make_unique<xmpp::Posh>(xmpp::HttpsGet::Doors{ours, resolver, loop.timers()});
    auto question = own->ask(kTheirs, false, trust, [](const auto&) { FAIL(); });
    own.reset();
    loop.advance(10s);
    question.reset();
}

}  // namespace
}  // namespace isthmus::test
