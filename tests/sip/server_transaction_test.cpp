// Every row of figures 7 and 8 of RFC 3261 (as erratum 1470, RFC 4320 and RFC 6026 have them),
// under a hand-moved clock.
#include "sip/server_transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace isthmus::sip {
namespace {

using Action = ServerTransaction::Action;
using Kind = ServerTransaction::Kind;
using State = ServerTransaction::State;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint kStart = TimePoint{} + std::chrono::hours(1);

std::vector<Action> list(const ServerTransaction::Actions& actions) {
    return {actions.begin(), actions.end()};
}

struct Bench {
    Bench(Kind kind, bool is_reliable) : machine(kind, is_reliable, kStart) {}

    std::vector<Action> answer(int status) { return list(machine.on_answer(status, now)); }

    std::vector<Action> repeat() { return list(machine.on_retransmission()); }

    std::vector<Action> ack() { return list(machine.on_ack(now)); }

    std::vector<Action> wait() {
        now = machine.deadline();
        return list(machine.on_time(now));
    }

    Duration passed() const { return now - kStart; }

    TimePoint now = kStart;
    ServerTransaction machine;
};

TEST(NonInviteServer, AnswersFromTryingAndKeepsTheAnswerForTimerJ) {  // erratum 1470
    Bench bench(Kind::NonInvite, false);
    EXPECT_EQ(bench.machine.state(), State::Trying);
    EXPECT_THAT(bench.repeat(), IsEmpty());
    EXPECT_THAT(bench.answer(202), ElementsAre(Action::SendResponse));
    EXPECT_EQ(bench.machine.state(), State::Completed);
    EXPECT_THAT(bench.repeat(), ElementsAre(Action::ResendResponse));
    EXPECT_THAT(bench.repeat(), ElementsAre(Action::ResendResponse));
    EXPECT_THAT(bench.answer(500), IsEmpty());
    EXPECT_THAT(bench.wait(), ElementsAre(Action::Terminate));
    EXPECT_EQ(bench.passed(), 64 * t1);
    EXPECT_THAT(bench.repeat(), IsEmpty());
}

TEST(NonInviteServer, TimerJIsZeroOverTcp) {
    Bench bench(Kind::NonInvite, true);
    EXPECT_THAT(bench.answer(200), ElementsAre(Action::SendResponse, Action::Terminate));
    EXPECT_EQ(bench.machine.state(), State::Terminated);
    EXPECT_EQ(bench.machine.deadline(), never);
    EXPECT_THAT(bench.answer(200), IsEmpty());
}

TEST(NonInviteServer, SendsTryingWhenTheClientsTimerEHasReachedT2) {  // RFC 4320 §4.1
    for (bool is_reliable : {false, true}) {
        Bench bench(Kind::NonInvite, is_reliable);
        EXPECT_THAT(bench.wait(), ElementsAre(Action::SendTrying));
        EXPECT_EQ(bench.passed(), milliseconds(3500));
        EXPECT_EQ(bench.machine.state(), State::Proceeding);
        EXPECT_THAT(bench.repeat(), ElementsAre(Action::ResendResponse));
        EXPECT_EQ(bench.answer(202).front(), Action::SendResponse);
    }
}

TEST(NonInviteServer, SendsNoProvisionalBeforeThat) {
    Bench udp(Kind::NonInvite, false);
    EXPECT_THAT(udp.answer(100), IsEmpty());
    EXPECT_THAT(udp.answer(180), IsEmpty());
    EXPECT_EQ(udp.machine.state(), State::Trying);
    Bench tcp(Kind::NonInvite, true);
    EXPECT_THAT(tcp.answer(180), IsEmpty());
    EXPECT_THAT(tcp.answer(100), ElementsAre(Action::SendResponse));
}

TEST(NonInviteServer, SendsNothingAfterTheClientsTimerF) {  // RFC 4320 §4.2
    for (bool is_reliable : {false, true}) {
        Bench bench(Kind::NonInvite, is_reliable);
        bench.wait();
        EXPECT_THAT(bench.wait(), ElementsAre(Action::ReportLate, Action::Terminate));
        EXPECT_EQ(bench.passed(), 64 * t1);
        EXPECT_THAT(bench.answer(200), IsEmpty());
    }
}

TEST(NonInviteServer, NeverTakesAnAck) {
    Bench bench(Kind::NonInvite, false);
    bench.answer(404);
    EXPECT_THAT(bench.ack(), IsEmpty());
    EXPECT_EQ(bench.machine.state(), State::Completed);
}

TEST(InviteServer, SendsTryingAfter200Milliseconds) {
    Bench bench(Kind::Invite, false);
    EXPECT_EQ(bench.machine.state(), State::Proceeding);
    EXPECT_THAT(bench.repeat(), IsEmpty());
    EXPECT_THAT(bench.wait(), ElementsAre(Action::SendTrying));
    EXPECT_EQ(bench.passed(), milliseconds(200));
    EXPECT_THAT(bench.repeat(), ElementsAre(Action::ResendResponse));
    EXPECT_EQ(bench.machine.deadline(), never);
    EXPECT_THAT(bench.answer(180), ElementsAre(Action::SendResponse));
    EXPECT_THAT(bench.repeat(), ElementsAre(Action::ResendResponse));
}

TEST(InviteServer, AnAnswerInTimeNeedsNoTrying) {
    Bench bench(Kind::Invite, false);
    EXPECT_THAT(bench.answer(180), ElementsAre(Action::SendResponse));
    EXPECT_EQ(bench.machine.deadline(), never);
}

TEST(InviteServer, RepeatsARefusalUntilTimerH) {
    Bench bench(Kind::Invite, false);
    EXPECT_THAT(bench.answer(486), ElementsAre(Action::SendResponse));
    EXPECT_EQ(bench.machine.state(), State::Completed);
    EXPECT_THAT(bench.answer(200), IsEmpty());
    std::vector<int> times;
    std::vector<Action> last;
    for (last = bench.wait(); last == std::vector{Action::ResendResponse}; last = bench.wait()) {
        times.push_back(static_cast<int>(bench.passed() / milliseconds(1)));
    }
    EXPECT_THAT(times,
                ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
    EXPECT_THAT(last, ElementsAre(Action::ReportLostAck, Action::Terminate));
    EXPECT_EQ(bench.passed(), 64 * t1);
}

TEST(InviteServer, WaitsForTheAckOverTcpWithoutRepeating) {
    Bench bench(Kind::Invite, true);
    bench.answer(486);
    EXPECT_THAT(bench.repeat(), ElementsAre(Action::ResendResponse));
    EXPECT_THAT(bench.wait(), ElementsAre(Action::ReportLostAck, Action::Terminate));
    EXPECT_EQ(bench.passed(), 64 * t1);
}

TEST(InviteServer, AckLeadsToConfirmedForTimerI) {
    Bench bench(Kind::Invite, false);
    bench.answer(486);
    EXPECT_THAT(bench.ack(), IsEmpty());
    EXPECT_EQ(bench.machine.state(), State::Confirmed);
    EXPECT_THAT(bench.ack(), IsEmpty());
    EXPECT_THAT(bench.repeat(), IsEmpty());
    EXPECT_THAT(bench.wait(), ElementsAre(Action::Terminate));
    EXPECT_EQ(bench.passed(), t4);
}

TEST(InviteServer, TimerIIsZeroOverTcp) {
    Bench bench(Kind::Invite, true);
    bench.answer(486);
    EXPECT_THAT(bench.ack(), ElementsAre(Action::Terminate));
}

TEST(InviteServer, SuccessIsTheUsersForTimerL) {  // RFC 6026 §7.1
    for (bool is_reliable : {false, true}) {
        Bench bench(Kind::Invite, is_reliable);
        EXPECT_THAT(bench.answer(200), ElementsAre(Action::SendResponse));
        EXPECT_EQ(bench.machine.state(), State::Accepted);
        EXPECT_THAT(bench.repeat(), IsEmpty());
        EXPECT_THAT(bench.answer(200), ElementsAre(Action::SendResponse));
        EXPECT_THAT(bench.answer(486), IsEmpty());
        EXPECT_THAT(bench.ack(), ElementsAre(Action::PassAck));
        EXPECT_THAT(bench.ack(), ElementsAre(Action::PassAck));
        EXPECT_THAT(bench.wait(), ElementsAre(Action::Terminate));
        EXPECT_EQ(bench.passed(), 64 * t1);
    }
}

TEST(InviteServer, AckBeforeAnyAnswerIsNothing) {
    Bench bench(Kind::Invite, false);
    EXPECT_THAT(bench.ack(), IsEmpty());
    EXPECT_EQ(bench.machine.state(), State::Proceeding);
}

}  // namespace
}  // namespace isthmus::sip
