// The table of the machine, a row a test. PM-... are the cases of vectors/presence-map.json.
#include "subscriptions/xmpp_watches_sip.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace isthmus::subscriptions {
namespace {

using Machine = XmppWatchesSip;
using Do = Machine::Do;
using Event = Machine::Event;
using List = Machine::List;
using Reason = Machine::Reason;
using State = Machine::State;

struct Happening {
    Event event;
    Machine::Details details{};
};

/// How a machine comes to where the row begins.
using Past = std::vector<Happening>;

const Past kNone{};
const Past kSaving{{Event::Subscribe}};
const Past kSubscribing{{Event::Subscribe}, {Event::Saved}};
const Past kLivePending{{Event::Subscribe}, {Event::Saved}, {Event::NotifyPending}};
const Past kGranting{{Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}};
const Past kLive{{Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}, {Event::Saved}};
const Past kWaitingPending{{Event::Subscribe}, {Event::Saved}, {Event::Unanswered}};
const Past kWaiting{
    {Event::Subscribe}, {Event::Saved}, {Event::NotifyActive}, {Event::Saved}, {Event::Unanswered}};
const Past kResubscribing{{Event::Subscribe},
                          {Event::Saved},
                          {Event::NotifyActive},
                          {Event::Saved},
                          {Event::DialogGone, {.status = 481}}};
const Past kResting{{Event::Subscribe},
                    {Event::Saved},
                    {Event::NotifyActive},
                    {Event::Saved},
                    {Event::NotifyTerminated, {.reason = Reason::NoResource}}};
const Past kEnding{{Event::Subscribe},
                   {Event::Saved},
                   {Event::NotifyActive},
                   {Event::Saved},
                   {Event::Unsubscribe}};

struct Row {
    std::string name;
    Past past;
    Happening event;
    List expected;
    State state;
    Standing standing;
};

std::ostream& operator<<(std::ostream& to, const Row& row) {
    return to << row.name;
}

std::string text_of(const List& list) {
    std::string text;
    for (const auto& item : list) {
        text +=
            std::to_string(static_cast<int>(item.what)) + ":" + std::to_string(item.value) + " ";
    }
    return text;
}

class XmppWatchesSipTable : public testing::TestWithParam<Row> {};

TEST_P(XmppWatchesSipTable, Row) {
    const Row& row = GetParam();
    Machine machine;
    for (const Happening& happening : row.past) {
        machine.on(happening.event, happening.details);
    }
    const List actions = machine.on(row.event.event, row.event.details);
    EXPECT_EQ(text_of(actions), text_of(row.expected));
    EXPECT_EQ(machine.state(), row.state) << state_name(machine.state());
    EXPECT_EQ(machine.standing(), row.standing) << standing_name(machine.standing());
}

constexpr auto kNo = Standing::None;
constexpr auto kPending = Standing::Pending;
constexpr auto kActive = Standing::Active;

Happening terminated(Reason reason, std::uint32_t retry_after = 0) {
    return {Event::NotifyTerminated, {.reason = reason, .retry_after = retry_after}};
}

Happening refused(int status, std::uint32_t retry_after = 0) {
    return {Event::Refused, {.retry_after = retry_after, .status = status}};
}

Happening gone(int status) {
    return {Event::DialogGone, {.status = status}};
}

const std::vector<Row> kAsking{
    {"SubscribeIsSavedFirst", kNone, {Event::Subscribe}, {{Do::Save}}, State::Saving, kPending},
    {"PM115SavedSubscribes",
     kSaving,
     {Event::Saved},
     {{Do::Subscribe}},
     State::Subscribing,
     kPending},
    {"NotSavedIsBusy", kSaving, {Event::NotSaved}, {{Do::TellBusy}}, State::None, kNo},
    {"SubscribeTwiceWhileSaving", kSaving, {Event::Subscribe}, {}, State::Saving, kPending},
    {"SubscribeTwiceWhilePending", kLivePending, {Event::Subscribe}, {}, State::Live, kPending},
    {"SubscribeAgainWhileWaitingTriesNow",
     kWaitingPending,
     {Event::Subscribe},
     {{Do::CancelRetry}, {Do::Subscribe}},
     State::Subscribing,
     kPending},
    {"PM142SubscribeWhileActive",
     kLive,
     {Event::Subscribe},
     {{Do::TellSubscribed}},
     State::Live,
     kActive},
    {"SubscribeWhileActiveWithoutDialog",
     kWaiting,
     {Event::Subscribe},
     {{Do::TellSubscribed}},
     State::Waiting,
     kActive},
    {"SubscribeWhileResting",
     kResting,
     {Event::Subscribe},
     {{Do::TellSubscribed}, {Do::Subscribe}},
     State::Subscribing,
     kActive},
    {"SubscribeWhileGranting", kGranting, {Event::Subscribe}, {}, State::Live, kActive},
    {"SubscribeWhileEnding", kEnding, {Event::Subscribe}, {{Do::Save}}, State::Saving, kPending},
};

const std::vector<Row> kNotifies{
    {"PM116Pending", kSubscribing, {Event::NotifyPending}, {}, State::Live, kPending},
    {"PM117ActiveTheFirstTimeIsSaved",
     kLivePending,
     {Event::NotifyActive},
     {{Do::Save}},
     State::Live,
     kActive},
    {"PM119NotifyBeforeThe200",
     kSubscribing,
     {Event::NotifyActive},
     {{Do::Save}},
     State::Live,
     kActive},
    {"PM117GrantSaved",
     kGranting,
     {Event::Saved},
     {{Do::TellSubscribed}, {Do::TellState}},
     State::Live,
     kActive},
    {"GrantNotSavedIsTriedAgain",
     kGranting,
     {Event::NotSaved},
     {{Do::Retry, 20}},
     State::Live,
     kPending},
    {"NothingIsToldBeforeTheGrantIsSaved",
     kGranting,
     {Event::NotifyActive},
     {},
     State::Live,
     kActive},
    {"PM118ActiveAgain", kLive, {Event::NotifyActive}, {{Do::TellPresence}}, State::Live, kActive},
    {"PendingAfterActiveHidesHim",
     kLive,
     {Event::NotifyPending},
     {{Do::TellUnavailable}},
     State::Live,
     kActive},
    {"NotifyOfADialogThatEnded", kEnding, {Event::NotifyActive}, {}, State::Ending, kNo},
    {"NotifyWithoutASubscription", kNone, {Event::NotifyActive}, {}, State::None, kNo},
    {"PM128Deactivated",
     kLive,
     terminated(Reason::Deactivated),
     {{Do::Subscribe}},
     State::Subscribing,
     kActive},
    {"DeactivatedAgainAndAgain",
     kResubscribing,
     terminated(Reason::Deactivated),
     {{Do::TellUnavailable}, {Do::Retry, 10}},
     State::Waiting,
     kActive},
    {"PM129Probation",
     kLive,
     terminated(Reason::Probation, 120),
     {{Do::TellUnavailable}, {Do::Retry, 120}},
     State::Waiting,
     kActive},
    {"GiveUp",
     kLive,
     terminated(Reason::GiveUp),
     {{Do::TellUnavailable}, {Do::Retry, 5}},
     State::Waiting,
     kActive},
    {"GiveUpWhilePending",
     kLivePending,
     terminated(Reason::GiveUp, 30),
     {{Do::Retry, 30}},
     State::Waiting,
     kPending},
    {"PM130Rejected",
     kLive,
     terminated(Reason::Rejected),
     {{Do::TellUnavailable}, {Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"RejectedWhilePending",
     kLivePending,
     terminated(Reason::Rejected),
     {{Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"PM131Timeout",
     kLive,
     terminated(Reason::Timeout),
     {{Do::Subscribe}},
     State::Subscribing,
     kActive},
    {"TimeoutWithRetryAfter",
     kLive,
     terminated(Reason::Timeout, 60),
     {{Do::TellUnavailable}, {Do::Retry, 60}},
     State::Waiting,
     kActive},
    {"PM132NoResource",
     kLive,
     terminated(Reason::NoResource),
     {{Do::TellUnavailable}},
     State::Resting,
     kActive},
    {"NoResourceWhilePending",
     kLivePending,
     terminated(Reason::NoResource),
     {{Do::TellError, 404}, {Do::Save}},
     State::None,
     kNo},
    {"Invariant",
     kLive,
     terminated(Reason::Invariant),
     {{Do::TellPresence}},
     State::Resting,
     kActive},
    {"PM133NoReason",
     kLive,
     terminated(Reason::Other),
     {{Do::TellUnavailable}, {Do::Retry, 5}},
     State::Waiting,
     kActive},
    {"PM135FinalNotifyAfterUnsubscribe",
     kEnding,
     terminated(Reason::Timeout),
     {},
     State::Ending,
     kNo},
};

const std::vector<Row> kResponses{
    {"PM120Refused403",
     kSubscribing,
     refused(403),
     {{Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"PM121Refused489",
     kSubscribing,
     refused(489),
     {{Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"PM122Refused603",
     kSubscribing,
     refused(603),
     {{Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"Refused403WhenActive",
     kResubscribing,
     refused(403),
     {{Do::TellUnavailable}, {Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"PM126Refused404",
     kSubscribing,
     refused(404),
     {{Do::TellError, 404}, {Do::Save}},
     State::None,
     kNo},
    {"Refused404WhenActiveIsRetriedRarely",
     kResubscribing,
     refused(404),
     {{Do::TellUnavailable}, {Do::Retry, 600}},
     State::Waiting,
     kActive},
    {"Refused503", kSubscribing, refused(503), {{Do::Retry, 5}}, State::Waiting, kPending},
    {"PM125RetryAfterIsRespected",
     kSubscribing,
     refused(503, 60),
     {{Do::Retry, 60}},
     State::Waiting,
     kPending},
    {"PM127Unanswered",
     kSubscribing,
     {Event::Unanswered},
     {{Do::Retry, 5}},
     State::Waiting,
     kPending},
    {"DialogRanOut",
     kLive,
     {Event::Unanswered},
     {{Do::TellUnavailable}, {Do::Retry, 5}},
     State::Waiting,
     kActive},
    {"PM124Refresh481", kLive, gone(481), {{Do::Subscribe}}, State::Subscribing, kActive},
    {"Refresh480",
     kLive,
     gone(480),
     {{Do::TellUnavailable}, {Do::Retry, 5}},
     State::Waiting,
     kActive},
    {"Refresh404",
     kLive,
     gone(404),
     {{Do::TellUnavailable}, {Do::Retry, 600}},
     State::Waiting,
     kActive},
    {"Refresh489",
     kLive,
     gone(489),
     {{Do::TellUnavailable}, {Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"LateRefusal", kWaiting, refused(403), {}, State::Waiting, kActive},
    {"LateSilence", kWaiting, {Event::Unanswered}, {}, State::Waiting, kActive},
    {"RetryDue", kWaiting, {Event::RetryDue}, {{Do::Subscribe}}, State::Subscribing, kActive},
    {"RetryDueTooLate", kLive, {Event::RetryDue}, {}, State::Live, kActive},
};

const std::vector<Row> kLeaving{
    {"PM134Unsubscribe",
     kLive,
     {Event::Unsubscribe},
     {{Do::EndDialog}, {Do::TellUnavailable}, {Do::Save}},
     State::Ending,
     kNo},
    {"PM136UnsubscribedWhenTheLossIsSaved",
     kEnding,
     {Event::Saved},
     {{Do::TellUnsubscribed}},
     State::None,
     kNo},
    {"UnsubscribedEvenIfItIsNot",
     kEnding,
     {Event::NotSaved},
     {{Do::TellUnsubscribed}},
     State::None,
     kNo},
    {"UnsubscribeWhileSaving", kSaving, {Event::Unsubscribe}, {{Do::Save}}, State::Ending, kNo},
    {"UnsubscribeWhilePending",
     kLivePending,
     {Event::Unsubscribe},
     {{Do::EndDialog}, {Do::Save}},
     State::Ending,
     kNo},
    {"UnsubscribeWhileWaiting",
     kWaiting,
     {Event::Unsubscribe},
     {{Do::CancelRetry}, {Do::TellUnavailable}, {Do::Save}},
     State::Ending,
     kNo},
    {"UnsubscribeFromNothing", kNone, {Event::Unsubscribe}, {}, State::None, kNo},
    {"PM137ProbeWithoutDialog",
     kWaiting,
     {Event::Probe},
     {{Do::CancelRetry}, {Do::Subscribe}},
     State::Subscribing,
     kActive},
    {"PM138ProbeWithDialog", kLive, {Event::Probe}, {{Do::TellState}}, State::Live, kActive},
    {"PM139ProbeWithoutAuthorisation",
     kNone,
     {Event::Probe},
     {{Do::TellUnsubscribed}},
     State::None,
     kNo},
    {"ProbeWhilePending", kLivePending, {Event::Probe}, {}, State::Live, kPending},
    {"ProbeWhileResting", kResting, {Event::Probe}, {{Do::TellState}}, State::Resting, kActive},
    {"PM140LastResourceLeaves", kLive, {Event::Unavailable}, {}, State::Live, kActive},
};

const std::vector<Row> kLinks{
    {"PeerDownHidesHim", kLive, {Event::PeerDown}, {{Do::TellUnavailable}}, State::Live, kActive},
    {"PeerDownWhilePending", kLivePending, {Event::PeerDown}, {}, State::Live, kPending},
    {"PeerDownWhileSubscribing",
     kSubscribing,
     {Event::PeerDown},
     {{Do::EndDialog}},
     State::Waiting,
     kPending},
    {"PeerUpRefreshes", kLive, {Event::PeerUp}, {{Do::RefreshDialog}}, State::Live, kActive},
    {"PeerUpSubscribes",
     kWaiting,
     {Event::PeerUp},
     {{Do::CancelRetry}, {Do::Subscribe}},
     State::Subscribing,
     kActive},
    {"PartnerUpTellsAgain", kLive, {Event::PartnerUp}, {{Do::TellState}}, State::Live, kActive},
    {"PartnerUpWhileWaitingTellsThatHeIsGone",
     kWaiting,
     {Event::PartnerUp},
     {{Do::TellState}},
     State::Waiting,
     kActive},
    {"PartnerUpWhileResubscribing",
     kResubscribing,
     {Event::PartnerUp},
     {},
     State::Subscribing,
     kActive},
    {"PartnerUpWhilePending", kLivePending, {Event::PartnerUp}, {}, State::Live, kPending},
    {"WithdrawnWhileLive",
     kLive,
     {Event::Withdrawn},
     {{Do::EndDialog}, {Do::TellUnavailable}, {Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"WithdrawnWhileWaiting",
     kWaiting,
     {Event::Withdrawn},
     {{Do::CancelRetry}, {Do::TellUnavailable}, {Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"WithdrawnWhilePending",
     kSubscribing,
     {Event::Withdrawn},
     {{Do::EndDialog}, {Do::TellUnsubscribed}, {Do::Save}},
     State::None,
     kNo},
    {"WithdrawnFromNobody", kNone, {Event::Withdrawn}, {}, State::None, kNo},
    {"RefreshLive", kLive, {Event::Refresh}, {{Do::RefreshDialog}}, State::Live, kActive},
    {"RefreshWaiting",
     kWaiting,
     {Event::Refresh},
     {{Do::CancelRetry}, {Do::Subscribe}},
     State::Subscribing,
     kActive},
    {"RefreshResting", kResting, {Event::Refresh}, {{Do::Subscribe}}, State::Subscribing, kActive},
};

const auto kName = [](const testing::TestParamInfo<Row>& row) { return row.param.name; };
INSTANTIATE_TEST_SUITE_P(Asking, XmppWatchesSipTable, testing::ValuesIn(kAsking), kName);
INSTANTIATE_TEST_SUITE_P(Notifies, XmppWatchesSipTable, testing::ValuesIn(kNotifies), kName);
INSTANTIATE_TEST_SUITE_P(Responses, XmppWatchesSipTable, testing::ValuesIn(kResponses), kName);
INSTANTIATE_TEST_SUITE_P(Leaving, XmppWatchesSipTable, testing::ValuesIn(kLeaving), kName);
INSTANTIATE_TEST_SUITE_P(Links, XmppWatchesSipTable, testing::ValuesIn(kLinks), kName);

TEST(XmppWatchesSip, RestoredWaitsForItsTurnAndIsNotToldTwice) {
    Machine machine = Machine::restored(kActive);
    EXPECT_EQ(machine.state(), State::Waiting);
    EXPECT_EQ(text_of(machine.on(Event::RetryDue)), text_of({{Do::Subscribe}}));
    EXPECT_EQ(text_of(machine.on(Event::NotifyActive)), text_of({{Do::TellPresence}}));
    EXPECT_EQ(Machine::restored(kNo), Machine{});
}

TEST(XmppWatchesSip, AttemptsBecomeRarer) {
    Machine machine = Machine::restored(kActive);
    std::vector<std::uint32_t> delays;
    for (int i = 0; i < 9; ++i) {
        machine.on(Event::RetryDue);
        for (const auto& item : machine.on(Event::Unanswered)) {
            if (item.what == Do::Retry) {
                delays.push_back(item.value);
            }
        }
    }
    EXPECT_EQ(delays, (std::vector<std::uint32_t>{5, 10, 20, 40, 80, 160, 320, 600, 600}));
}

TEST(XmppWatchesSip, ASecondNotifyForgivesTheFailures) {
    Machine machine = Machine::restored(kActive);
    machine.on(Event::RetryDue);
    machine.on(Event::Unanswered);
    machine.on(Event::RetryDue);
    machine.on(Event::NotifyActive);
    machine.on(Event::NotifyActive);
    EXPECT_EQ(text_of(machine.on(Event::DialogGone, {.status = 481})), text_of({{Do::Subscribe}}));
}

TEST(XmppWatchesSip, AGrantThatOutlivesItsDialogIsTold) {
    Machine machine;
    for (const Event event : {Event::Subscribe, Event::Saved, Event::NotifyActive}) {
        machine.on(event);
    }
    machine.on(Event::Unanswered);
    EXPECT_EQ(text_of(machine.on(Event::Saved)), text_of({{Do::TellSubscribed}}));
    EXPECT_EQ(machine.state(), State::Waiting);
}

}  // namespace
}  // namespace isthmus::subscriptions
