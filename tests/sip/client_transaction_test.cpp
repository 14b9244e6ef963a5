// Every row of figures 5 and 6 of RFC 3261 (as errata and RFC 6026 have them), under a hand-moved
// clock.
#include "sip/client_transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace isthmus::sip {
namespace {

using Action = ClientTransaction::Action;
using Kind = ClientTransaction::Kind;
using State = ClientTransaction::State;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint kStart = TimePoint{} + std::chrono::hours(1);

std::vector<Action> list(const ClientTransaction::Actions& actions) {
    return {actions.begin(), actions.end()};
}

/// A machine and its clock.
struct Bench {
    Bench(Kind kind, bool is_reliable) : machine(kind, is_reliable, kStart) {}

    std::vector<Action> respond(int status) { return list(machine.on_response(status, now)); }

    /// Moves to the machine's own deadline.
    std::vector<Action> wait() {
        now = machine.deadline();
        return list(machine.on_time(now));
    }

    Duration passed() const { return now - kStart; }

    /// Times of the retransmissions until something else happens, which is left in `last`.
    std::vector<int> retransmissions_ms() {
        std::vector<int> times;
        for (last = wait(); last == std::vector{Action::SendRequest}; last = wait()) {
            times.push_back(static_cast<int>(passed() / milliseconds(1)));
        }
        return times;
    }

    TimePoint now = kStart;
    ClientTransaction machine;
    std::vector<Action> last;
};

TEST(NonInviteClient, RetransmitsOverUdpWithDoublingUpToT2) {  // erratum 2769
    Bench bench(Kind::NonInvite, false);
    EXPECT_EQ(bench.machine.state(), State::Trying);
    EXPECT_THAT(bench.retransmissions_ms(),
                ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
    EXPECT_THAT(bench.last, ElementsAre(Action::ReportTimeout, Action::Terminate));
    EXPECT_EQ(bench.passed(), 64 * t1);
    EXPECT_EQ(bench.machine.state(), State::Terminated);
    EXPECT_EQ(bench.machine.deadline(), never);
}

TEST(NonInviteClient, NeverRetransmitsOverTcp) {
    Bench bench(Kind::NonInvite, true);
    EXPECT_THAT(bench.retransmissions_ms(), IsEmpty());
    EXPECT_EQ(bench.passed(), 64 * t1);
    EXPECT_THAT(bench.last, ElementsAre(Action::ReportTimeout, Action::Terminate));
}

TEST(NonInviteClient, RetransmitsEveryT2OnceProceeding) {
    Bench bench(Kind::NonInvite, false);
    bench.now += milliseconds(100);
    EXPECT_THAT(bench.respond(100), ElementsAre(Action::PassResponse));
    EXPECT_EQ(bench.machine.state(), State::Proceeding);
    EXPECT_THAT(bench.retransmissions_ms(),
                ElementsAre(500, 4500, 8500, 12500, 16500, 20500, 24500, 28500));
    EXPECT_EQ(bench.passed(), 64 * t1);
}

TEST(NonInviteClient, AbsorbsRepeatedFinalResponsesForTimerK) {
    Bench bench(Kind::NonInvite, false);
    EXPECT_THAT(bench.respond(202), ElementsAre(Action::PassResponse));
    EXPECT_EQ(bench.machine.state(), State::Completed);
    EXPECT_THAT(bench.respond(202), IsEmpty());
    EXPECT_THAT(bench.respond(500), IsEmpty());
    EXPECT_THAT(bench.wait(), ElementsAre(Action::Terminate));
    EXPECT_EQ(bench.passed(), t4);
}

TEST(NonInviteClient, TimerKIsZeroOverTcp) {
    Bench bench(Kind::NonInvite, true);
    EXPECT_THAT(bench.respond(404), ElementsAre(Action::PassResponse, Action::Terminate));
    EXPECT_EQ(bench.machine.state(), State::Terminated);
    EXPECT_THAT(bench.respond(404), IsEmpty());
}

TEST(NonInviteClient, FinalFromProceeding) {
    Bench bench(Kind::NonInvite, false);
    bench.respond(100);
    EXPECT_THAT(bench.respond(200), ElementsAre(Action::PassResponse));
    EXPECT_EQ(bench.machine.state(), State::Completed);
}

TEST(NonInviteClient, TransportErrorEndsIt) {
    for (bool is_proceeding : {false, true}) {
        Bench bench(Kind::NonInvite, true);
        if (is_proceeding) {
            bench.respond(100);
        }
        EXPECT_THAT(list(bench.machine.on_transport_error()),
                    ElementsAre(Action::ReportTransportError, Action::Terminate));
        EXPECT_THAT(list(bench.machine.on_transport_error()), IsEmpty());
    }
}

TEST(NonInviteClient, TransportErrorAfterTheFinalResponseTellsNobody) {
    Bench bench(Kind::NonInvite, false);
    bench.respond(200);
    EXPECT_THAT(list(bench.machine.on_transport_error()), ElementsAre(Action::Terminate));
}

TEST(NonInviteClient, EarlyTimerDoesNothing) {
    Bench bench(Kind::NonInvite, false);
    EXPECT_THAT(list(bench.machine.on_time(kStart + milliseconds(499))), IsEmpty());
    EXPECT_EQ(bench.machine.deadline(), kStart + t1);
}

TEST(InviteClient, TimerADoublesWithoutBoundUntilTimerB) {
    Bench bench(Kind::Invite, false);
    EXPECT_EQ(bench.machine.state(), State::Calling);
    EXPECT_THAT(bench.retransmissions_ms(), ElementsAre(500, 1500, 3500, 7500, 15500, 31500));
    EXPECT_EQ(bench.passed(), 64 * t1);
    EXPECT_THAT(bench.last, ElementsAre(Action::ReportTimeout, Action::Terminate));
}

TEST(InviteClient, ProvisionalStopsRetransmissionButNotTimerB) {  // erratum 5653
    Bench bench(Kind::Invite, false);
    EXPECT_THAT(bench.respond(100), ElementsAre(Action::PassResponse));
    EXPECT_EQ(bench.machine.state(), State::Proceeding);
    EXPECT_THAT(bench.respond(100), ElementsAre(Action::PassResponse));
    EXPECT_THAT(bench.wait(), ElementsAre(Action::ReportTimeout, Action::Terminate));
    EXPECT_EQ(bench.passed(), 64 * t1);
}

TEST(InviteClient, WhereSomebodyIsAskedTimerBIsSetAnewOnce) {
    Bench bench(Kind::Invite, false);
    bench.now += seconds(2);
    EXPECT_THAT(bench.respond(180), ElementsAre(Action::PassResponse));
    bench.now += seconds(2);
    EXPECT_THAT(bench.respond(183), ElementsAre(Action::PassResponse));
    EXPECT_THAT(bench.wait(), ElementsAre(Action::ReportTimeout, Action::Terminate));
    EXPECT_EQ(bench.passed(), seconds(2) + 128 * t1);
}

TEST(InviteClient, AcknowledgesEveryCopyOfARefusalForTimerD) {
    for (bool is_proceeding : {false, true}) {
        Bench bench(Kind::Invite, false);
        if (is_proceeding) {
            bench.respond(180);
        }
        EXPECT_THAT(bench.respond(486), ElementsAre(Action::SendAck, Action::PassResponse));
        EXPECT_EQ(bench.machine.state(), State::Completed);
        EXPECT_THAT(bench.respond(486), ElementsAre(Action::SendAck));
        EXPECT_THAT(bench.respond(180), IsEmpty());
        EXPECT_THAT(bench.respond(200), IsEmpty());
        EXPECT_THAT(bench.wait(), ElementsAre(Action::Terminate));
        EXPECT_EQ(bench.passed(), seconds(32));
    }
}

TEST(InviteClient, TimerDIsZeroOverTcp) {
    Bench bench(Kind::Invite, true);
    EXPECT_THAT(bench.respond(603),
                ElementsAre(Action::SendAck, Action::PassResponse, Action::Terminate));
}

TEST(InviteClient, PassesEverySuccessForTimerM) {  // RFC 6026 §7.2
    for (bool is_reliable : {false, true}) {
        Bench bench(Kind::Invite, is_reliable);
        EXPECT_THAT(bench.respond(200), ElementsAre(Action::PassResponse));
        EXPECT_EQ(bench.machine.state(), State::Accepted);
        EXPECT_THAT(bench.respond(200), ElementsAre(Action::PassResponse));
        EXPECT_THAT(bench.respond(486), IsEmpty());
        EXPECT_THAT(bench.respond(180), IsEmpty());
        EXPECT_THAT(list(bench.machine.on_transport_error()), IsEmpty());
        EXPECT_THAT(bench.wait(), ElementsAre(Action::Terminate));
        EXPECT_EQ(bench.passed(), 64 * t1);
    }
}

TEST(InviteClient, TransportErrorIsReported) {
    for (int status : {0, 180, 486}) {  // Calling, Proceeding, Completed: the ACK did not go
        Bench bench(Kind::Invite, false);
        if (status != 0) {
            bench.respond(status);
        }
        EXPECT_THAT(list(bench.machine.on_transport_error()),
                    ElementsAre(Action::ReportTransportError, Action::Terminate));
    }
}

}  // namespace
}  // namespace isthmus::sip
