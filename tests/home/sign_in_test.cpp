// Who signs in, with what proof, and how he is signed out.
#include <gmock/gmock.h>

#include "home_world.h"

namespace isthmus::home {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Sign = HomeWorld;

TEST_F(Sign, PlainClientsAreChallengedBy401AndLyncClientsBy407) {
    Ask reg{.method = "REGISTER",
            .uri = "sip:contoso.example",
            .to = "sip:alice@contoso.example",
            .headers = contact(1)};
    const auto plain = ask(reg);
    EXPECT_EQ(plain->status, 401);
    EXPECT_THAT(plain->headers, SizeIs(2));  // SHA-256, then MD5
    reg.headers += lync();
    const auto of_lync = ask(reg);
    EXPECT_EQ(of_lync->status, 407);
    ASSERT_THAT(of_lync->headers, SizeIs(1));
    EXPECT_THAT(of_lync->header("Proxy-Authenticate"), HasSubstr("algorithm=MD5"));
}

TEST_F(Sign, InWithTheRightPasswordOnly) {
    EXPECT_EQ(sign_in("alice", 1, false, "not this one")->status, 403);
    EXPECT_THAT(outside.proved, IsEmpty());
    const auto good = sign_in("alice", 1);
    EXPECT_EQ(good->status, 200);
    EXPECT_THAT(good->header("Contact"), HasSubstr(";expires=3600"));
    EXPECT_THAT(outside.proved, testing::ElementsAre(1));
    EXPECT_EQ(home.devices(), 1U);
}

TEST_F(Sign, WhoIsDisabledOrUnknownStaysOut) {
    EXPECT_EQ(sign_in("gone", 1)->status, 403);
    EXPECT_EQ(sign_in("mallory", 2)->status, 403);
    EXPECT_EQ(home.devices(), 0U);
}

TEST_F(Sign, WhoeverIsDisabledIsSignedOutOnEveryTransport) {
    for (const std::uint64_t flow : {0U, 1U}) {
        outside.enter(true);
        ASSERT_EQ(sign_in("alice", flow)->status, 200);
        ASSERT_EQ(sign_in("bob", flow + 2)->status, 200);
        outside.enter(false);
        home.recheck();
        EXPECT_EQ(home.devices(), 1U) << flow;
        const auto again = sign_in("alice", flow);
        EXPECT_EQ(again->status, 403);
        EXPECT_THAT(again->header("Warning"), HasSubstr("does not let this user sign in"));
        home.on_flow_closed(flow + 2);
    }
}

TEST_F(Sign, NobodyIsToldWhyBeforeHeHasProvedWhoHeIs) {
    EXPECT_THAT(sign_in("alice", 1, false, "wrong")->headers, IsEmpty());
    EXPECT_THAT(sign_in("mallory", 2)->headers, IsEmpty());
}

TEST_F(Sign, LyncClientIsToldWhatItNeeds) {
    const auto good = sign_in("alice", 1, true);
    EXPECT_EQ(good->status, 200);
    EXPECT_EQ(good->header("Expires"), "3600");
    EXPECT_THAT(good->header("Contact"), HasSubstr("gruu=\"sip:alice@contoso.example;opaque="));
    EXPECT_THAT(good->header("Allow-Events"), testing::Not(HasSubstr(" ")));
    EXPECT_THAT(good->header("ms-keep-alive"), HasSubstr("timeout=300"));
}

TEST_F(Sign, LyncClientsAreReachedByTheirConnectionWhateverTheirContactSays) {
    Ask reg{.method = "REGISTER",
            .uri = "sip:contoso.example",
            .to = "sip:alice@contoso.example",
            .headers =
                "Contact: <sip:10.1.2.3:5060;transport=tls;ms-opaque=d3470f2e1d>;methods="
                "\"INVITE, MESSAGE, INFO, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, "
                "BENOTIFY\";proxy=replace;+sip.instance=\"<urn:uuid:"
                "f12129eb-0000-4000-8000-000000000001>\"\r\n" +
                lync(),
            .flow = 7};
    reg.headers += proof(*ask(reg), "alice", "REGISTER", "sip:contoso.example");
    ASSERT_EQ(ask(reg)->status, 200);
    flows_ask({.uri = "sip:alice@contoso.example", .from = "sip:romeo@fabrikam.example"});
    ASSERT_THAT(outside.to_devices, testing::Not(IsEmpty()));
    EXPECT_EQ(outside.to_devices.back().flow, 7U);
}

TEST_F(Sign, GuessingIsLockedForThatAccountAndAddress) {
    for (int i = 0; i < SignIn::kFreeFailures; ++i) {
        EXPECT_EQ(sign_in("alice", 1, false, "wrong")->status, 403);
    }
    EXPECT_EQ(sign_in("alice", 1)->status, 403);  // the right one, but not now
    EXPECT_EQ(sign_in("bob", 2)->status, 200);    // others of that address may
    timers.advance(SignIn::kLock);
    EXPECT_EQ(sign_in("alice", 3)->status, 200);
}

TEST_F(Sign, OfAnotherDoesNotCount) {
    sign_in("alice", 1);
    EXPECT_EQ(ask({.uri = "sip:romeo@fabrikam.example",
                   .from = "sip:bob@contoso.example",
                   .headers = "Content-Type: text/plain\r\n",
                   .body = "x"})
                  ->status,
              407);
    EXPECT_EQ(
        ask({.uri = "sip:romeo@fabrikam.example", .from = "sip:mallory@evil.example"})->status,
        403);
    EXPECT_EQ(ask({.method = "REGISTER",
                   .uri = "sip:contoso.example",
                   .to = "sip:bob@contoso.example",
                   .headers = contact(1)})
                  ->status,
              403);
    EXPECT_THAT(outside.passed, IsEmpty());
}

TEST_F(Sign, ReplayedProofIsStale) {
    Ask reg{.method = "REGISTER",
            .uri = "sip:contoso.example",
            .to = "sip:alice@contoso.example",
            .headers = contact(1)};
    reg.headers += proof(*ask(reg), "alice", "REGISTER", "sip:contoso.example");
    EXPECT_EQ(ask(reg)->status, 200);
    reg.flow = 2;
    const auto again = ask(reg);
    EXPECT_EQ(again->status, 401);
    EXPECT_THAT(again->header("WWW-Authenticate"), HasSubstr("stale=true"));
}

TEST_F(Sign, OutWhenTheConnectionIsGoneOrTimeIsUp) {
    sign_in("alice", 1);
    sign_in("alice", 2);
    sign_in("bob", 3);
    home.on_flow_closed(1);
    EXPECT_EQ(home.devices(), 2U);
    timers.advance(std::chrono::seconds(3601));
    EXPECT_EQ(home.devices(), 0U);
}

TEST_F(Sign, PasswordTakenAwaySignsOut) {
    sign_in("alice", 1, true);
    sign_in("bob", 2);
    outside.to_devices.clear();
    home.set_credentials("alice@contoso.example", std::nullopt);
    EXPECT_EQ(home.devices(), 1U);
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_EQ(outside.to_devices[0].headers["Event"], "registration-notify");
    EXPECT_THAT(outside.to_devices[0].body, HasSubstr("deregistered"));
    EXPECT_THAT(outside.closed, testing::ElementsAre(1));
}

// --- what the administrator hears ---------------------------------------------------------------

class Told : public HomeWorld {
  protected:
    explicit Told(RegistrarConfig registrar = {}) : HomeWorld(registrar) {}

    template <class Do>
    static std::string said(Do what) {
        testing::internal::CaptureStderr();
        what();
        return testing::internal::GetCapturedStderr();
    }
};

TEST_F(Told, OfADeviceThatAnswersNothing) {
    sign_in("alice", 1);
    EXPECT_THAT(said([this] {
                    for (int i = 0; i < 2; ++i) {
                        outside.to_devices.clear();
                        flows_ask({.uri = "sip:alice@contoso.example",
                                   .from = "sip:romeo@fabrikam.example",
                                   .headers = "Content-Type: text/plain\r\n",
                                   .body = "hello"});
                        ASSERT_FALSE(outside.to_devices.empty());
                        const Sent& sent = outside.to_devices.back();
                        sent.handler->on_no_response(sent.cookie,
                                                     make_error(ErrorKind::Timeout, "Timer F"));
                    }
                }),
                HasSubstr("IST-HOME-007"));
    EXPECT_EQ(home.devices(), 0U);
}

TEST_F(Told, OfAConnectionThatIsGoneOnceASecond) {
    sign_in("alice", 1);
    sign_in("bob", 2);
    const std::string text = said([this] {
        home.on_flow_closed(1);
        home.on_flow_closed(2);
    });
    EXPECT_THAT(text, HasSubstr("IST-HOME-004"));
    EXPECT_THAT(text, HasSubstr("alice@contoso.example"));
    EXPECT_THAT(text, Not(HasSubstr("bob@contoso.example")));
}

TEST_F(Told, OfOneDeviceTooMany) {
    for (std::uint64_t flow = 1; flow <= 10; ++flow) {
        sign_in("alice", flow);
    }
    EXPECT_THAT(said([this] { sign_in("alice", 11); }), HasSubstr("IST-HOME-006"));
    EXPECT_EQ(home.devices(), 10U);
}

TEST_F(Told, NothingOfWhoSignsOutOrComesBack) {
    sign_in("alice", 1);
    EXPECT_THAT(said([this] { sign_in("alice", 1); }), IsEmpty());
}

class ToldWhenFull : public Told {
  protected:
    ToldWhenFull() : Told({.max_devices = 1}) {}
};

TEST_F(ToldWhenFull, OfWhoIsTurnedAway) {
    sign_in("alice", 1);
    EXPECT_THAT(said([this] { EXPECT_EQ(sign_in("bob", 2)->status, 503); }),
                HasSubstr("IST-HOME-006"));
}

}  // namespace
}  // namespace isthmus::home
