// The session machine, one row of its table a test, under a hand-moved clock.
#include "sip/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace isthmus::sip {
namespace {

using Action = Session::Action;
using State = Session::State;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint kBegin = TimePoint{} + std::chrono::hours(1);
constexpr Session::Limits kSome{.ring = seconds(60), .idle = std::chrono::minutes(10)};

std::vector<Action> all(const Session::Actions& actions) {
    return {actions.begin(), actions.end()};
}

/// A machine and its clock.
struct SessionBench {
    explicit SessionBench(Session first) : machine(first) {}

    static SessionBench inviting() { return SessionBench(Session::inviting(kSome, kBegin)); }

    static SessionBench answering() { return SessionBench(Session::answering(kSome, kBegin)); }

    static SessionBench open() {
        SessionBench bench = answering();
        bench.machine.on_ack(kBegin);
        return bench;
    }

    /// Moves to the machine's own deadline.
    std::vector<Action> wait() {
        now = machine.deadline();
        return all(machine.on_time(now));
    }

    long long passed_ms() const { return (now - kBegin) / milliseconds(1); }

    TimePoint now = kBegin;
    Session machine;
};

TEST(SessionOfOurs, OpensWithA2xx) {
    auto bench = SessionBench::inviting();
    EXPECT_EQ(bench.machine.state(), State::Inviting);
    EXPECT_FALSE(bench.machine.is_open());
    EXPECT_THAT(all(bench.machine.on_invite_response(200, kBegin)),
                ElementsAre(Action::SendAck, Action::SendNext));
    EXPECT_TRUE(bench.machine.is_open());
    EXPECT_THAT(all(bench.machine.on_2xx_again()), ElementsAre(Action::SendAck));
}

TEST(SessionOfOurs, FailsWhatWaitsWithItsRefusal) {
    for (const int status : {Session::kSilence, 302, 486, 503, 603}) {
        auto bench = SessionBench::inviting();
        EXPECT_THAT(all(bench.machine.on_invite_response(status, kBegin)),
                    ElementsAre(Action::FailAll, Action::Terminate))
            << status;
        EXPECT_EQ(bench.machine.state(), State::Over);
    }
}

TEST(SessionOfOurs, IsCancelledWhenNobodyAnswersInAMinute) {
    auto bench = SessionBench::inviting();
    EXPECT_THAT(bench.wait(), ElementsAre(Action::SendCancel));
    EXPECT_EQ(bench.passed_ms(), 60000);
    EXPECT_EQ(bench.machine.state(), State::Cancelling);
    EXPECT_EQ(bench.machine.deadline(), never);
    EXPECT_THAT(all(bench.machine.on_invite_response(487, bench.now)),
                ElementsAre(Action::FailAll, Action::Terminate));
}

TEST(SessionOfOurs, TakesBackA2xxThatCrossedTheCancel) {  // RFC 3261 §9.1
    auto bench = SessionBench::inviting();
    bench.wait();
    EXPECT_THAT(all(bench.machine.on_invite_response(200, bench.now)),
                ElementsAre(Action::SendAck, Action::SendBye, Action::Terminate));
}

TEST(SessionOfTheirs, RepeatsThe2xxUntilTheAckAndThenGivesUp) {  // RFC 3261 §13.3.1.4
    auto bench = SessionBench::answering();
    std::vector<long long> times;
    std::vector<Action> last;
    for (last = bench.wait(); last == std::vector{Action::SendAnswer}; last = bench.wait()) {
        times.push_back(bench.passed_ms());
    }
    EXPECT_THAT(times,
                ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
    EXPECT_THAT(last, ElementsAre(Action::SendBye, Action::Terminate));
    EXPECT_EQ(bench.passed_ms(), 32000);
}

TEST(SessionOfTheirs, OpensWithTheAck) {
    auto bench = SessionBench::answering();
    EXPECT_FALSE(bench.machine.is_open());
    EXPECT_THAT(all(bench.machine.on_ack(kBegin)), ElementsAre(Action::SendNext));
    EXPECT_TRUE(bench.machine.is_open());
    EXPECT_THAT(all(bench.machine.on_ack(kBegin)), IsEmpty()) << "a second ACK means nothing";
}

TEST(SessionOfTheirs, AMessageStandsForALostAck) {
    auto bench = SessionBench::answering();
    EXPECT_THAT(all(bench.machine.on_request(kBegin)), ElementsAre(Action::SendNext));
    EXPECT_TRUE(bench.machine.is_open());
}

TEST(OpenSession, GoesOnAfterA2xxAndAfterARefusal) {
    for (const int status : {200, 202, 403, 415, 603}) {
        auto bench = SessionBench::open();
        EXPECT_THAT(all(bench.machine.on_response(status, false, kBegin)),
                    ElementsAre(Action::Report, Action::SendNext))
            << status;
        EXPECT_TRUE(bench.machine.is_open());
    }
}

TEST(OpenSession, IsReplacedOnceWhenItsEndpointIsGone) {
    for (const int status : {480, 481}) {
        auto bench = SessionBench::open();
        EXPECT_THAT(all(bench.machine.on_response(status, false, kBegin)),
                    ElementsAre(Action::Repeat, Action::Terminate))
            << status;
        bench = SessionBench::open();
        EXPECT_THAT(all(bench.machine.on_response(status, true, kBegin)),
                    ElementsAre(Action::Report, Action::Terminate))
            << status;
    }
}

TEST(OpenSession, SendsNothingTwiceThatMayHaveArrived) {
    for (const int status : {Session::kSilence, 408}) {
        auto bench = SessionBench::open();
        EXPECT_THAT(all(bench.machine.on_response(status, false, kBegin)),
                    ElementsAre(Action::Report, Action::SendBye, Action::Terminate))
            << status;
    }
}

TEST(OpenSession, EndsWithTheirBye) {
    auto bench = SessionBench::open();
    EXPECT_THAT(all(bench.machine.on_bye()), ElementsAre(Action::Terminate));
    EXPECT_THAT(all(bench.machine.on_bye()), IsEmpty());
}

TEST(OpenSession, EndsWithOurs) {
    auto bench = SessionBench::open();
    EXPECT_THAT(all(bench.machine.end()), ElementsAre(Action::SendBye, Action::Terminate));
    EXPECT_THAT(all(bench.machine.end()), IsEmpty());
}

TEST(OpenSession, EndsAfterTenIdleMinutes) {
    auto bench = SessionBench::open();
    bench.now += std::chrono::minutes(9);
    bench.machine.on_request(bench.now);
    EXPECT_THAT(bench.wait(), ElementsAre(Action::SendBye, Action::Terminate));
    EXPECT_EQ(bench.passed_ms(), 19 * 60000);
}

TEST(OpenSession, IsNotIdleWhileSomethingWaits) {
    auto bench = SessionBench::open();
    bench.machine.set_busy(true);
    EXPECT_EQ(bench.machine.deadline(), never);
}

TEST(OpenSession, StaysOpenWhileAReinviteHasNoAckAndEndsIfNoneComes) {  // RFC 3261 §14.2
    auto bench = SessionBench::open();
    bench.machine.on_offer(kBegin);
    EXPECT_EQ(bench.machine.state(), State::Answering);
    EXPECT_TRUE(bench.machine.is_open());
    std::vector<Action> last;
    do {
        last = bench.wait();
    } while (last == std::vector{Action::SendAnswer});
    EXPECT_THAT(last, ElementsAre(Action::SendBye, Action::Terminate));
}

TEST(SessionTimers, WeRefreshAtHalfTime) {  // RFC 4028 §10
    auto bench = SessionBench::open();
    bench.machine.set_busy(true);
    bench.machine.on_expiry({.seconds = 1800, .is_ours = true}, kBegin);
    EXPECT_THAT(bench.wait(), ElementsAre(Action::SendRefresh));
    EXPECT_EQ(bench.passed_ms(), 900000);
    EXPECT_EQ(bench.machine.deadline(), never) << "until it is answered";
    EXPECT_THAT(all(bench.machine.on_refresh_response(200, bench.now)), IsEmpty());
    EXPECT_EQ(bench.machine.deadline(), bench.now + seconds(900));
}

TEST(SessionTimers, ARefreshThatCrossedAnotherIsTriedAgain) {  // RFC 3261 §14.1
    auto bench = SessionBench::open();
    bench.machine.set_busy(true);
    bench.machine.on_expiry({.seconds = 1800, .is_ours = true}, kBegin);
    bench.wait();
    bench.machine.on_refresh_response(491, bench.now);
    EXPECT_EQ(bench.machine.deadline(), bench.now + seconds(3));
}

TEST(SessionTimers, ARefreshThatNobodyKnowsEndsIt) {
    for (const int status : {Session::kSilence, 408, 481}) {
        auto bench = SessionBench::open();
        bench.machine.on_expiry({.seconds = 1800, .is_ours = true}, kBegin);
        EXPECT_THAT(all(bench.machine.on_refresh_response(status, kBegin)),
                    ElementsAre(Action::SendBye, Action::Terminate))
            << status;
    }
}

TEST(SessionTimers, AByeGoesShortlyBeforeTheirsExpires) {  // RFC 4028 §10
    for (const auto& [whole, when] : {std::pair{1800U, 1768000LL}, std::pair{90U, 60000LL}}) {
        auto bench = SessionBench::open();
        bench.machine.set_busy(true);
        bench.machine.on_expiry({.seconds = whole, .is_ours = false}, kBegin);
        EXPECT_THAT(bench.wait(), ElementsAre(Action::SendBye, Action::Terminate));
        EXPECT_EQ(bench.passed_ms(), when);
    }
}

TEST(SessionThatIsOver, StillHasTheOutcomeOfWhatWasUnderWay) {
    auto bench = SessionBench::open();
    bench.machine.on_bye();
    EXPECT_THAT(all(bench.machine.on_response(200, false, kBegin)), ElementsAre(Action::Report));
    EXPECT_THAT(all(bench.machine.on_response(408, false, kBegin)), ElementsAre(Action::Report));
    // RFC 5057 §5.1: nobody took it.
    EXPECT_THAT(all(bench.machine.on_response(481, false, kBegin)), ElementsAre(Action::Repeat));
    EXPECT_THAT(all(bench.machine.on_response(481, true, kBegin)), ElementsAre(Action::Report));
}

}  // namespace
}  // namespace isthmus::sip
