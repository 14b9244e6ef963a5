// The table of the machine, a row a test: what his watcher and the links do. PM-... are the cases
// of vectors/presence-map.json.
#include "subscriptions/xmpp_watches_sip_rows.h"

namespace isthmus::subscriptions::test {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Asking, XmppWatchesSipTable, testing::ValuesIn(kAsking), kName);
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
}  // namespace isthmus::subscriptions::test
