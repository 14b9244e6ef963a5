// The table of the machine, row by row: what went before, what happens, what is done. PM-... are
// the cases of vectors/presence-map.json.
#pragma once

#include "subscriptions/sip_watches_xmpp.h"

#include <ostream>
#include <string>
#include <vector>

namespace isthmus::subscriptions::sip_rows {

using Machine = SipWatchesXmpp;
using Do = Machine::Do;
using Event = Machine::Event;
using Facts = Machine::Facts;
using List = Machine::List;
using State = Machine::State;

using Past = std::vector<Event>;

inline const Past kNone{};
inline const Past kSaving{Event::Subscribe};
inline const Past kPending{Event::Subscribe, Event::Saved};
inline const Past kGranting{Event::Subscribe, Event::Saved, Event::Subscribed};
inline const Past kActive{Event::Subscribe, Event::Saved, Event::Subscribed, Event::Saved};

inline constexpr Facts kAlone{};
inline constexpr Facts kWatched{.has_dialogs = true};
inline constexpr Facts kKnown{.has_dialogs = true, .is_known = true};
inline constexpr Facts kCached{.is_known = true};
inline constexpr Facts kMutual{.is_known = true, .is_shown = true};

struct Row {
    std::string name;
    Past past;
    Event event;
    Facts facts;
    List expected;
    State state;
};

inline std::ostream& operator<<(std::ostream& to, const Row& row) {
    return to << row.name;
}

inline std::string text_of(const List& list) {
    std::string text;
    for (const auto& item : list) {
        text +=
            std::to_string(static_cast<int>(item.what)) + ":" + std::to_string(item.value) + " ";
    }
    return text;
}

inline const std::vector<Row> kSip{
    {"PM143SubscribeIsSavedFirst",
     kNone,
     Event::Subscribe,
     kAlone,
     {{Do::Hold}, {Do::Save}},
     State::Saving},
    {"SecondDeviceWhileSaving", kSaving, Event::Subscribe, kAlone, {{Do::Hold}}, State::Saving},
    {"PM143SavedIsAcceptedAndAsked",
     kSaving,
     Event::Saved,
     kAlone,
     {{Do::AcceptHeld}, {Do::SendSubscribe}, {Do::SaveDialogs}},
     State::Pending},
    {"NotSavedIsRefused", kSaving, Event::NotSaved, kAlone, {{Do::RefuseHeld}}, State::None},
    {"SecondDeviceWhilePending",
     kPending,
     Event::Subscribe,
     kWatched,
     {{Do::Accept}, {Do::SaveDialogs}},
     State::Pending},
    {"BackWhilePendingAsksAgain",
     kPending,
     Event::Subscribe,
     kAlone,
     {{Do::Accept}, {Do::SaveDialogs}, {Do::SendSubscribe}},
     State::Pending},
    {"PM158SecondDevice",
     kActive,
     Event::Subscribe,
     kKnown,
     {{Do::Accept}, {Do::SaveDialogs}},
     State::Active},
    {"BackAndNothingKnownProbes",
     kActive,
     Event::Subscribe,
     kAlone,
     {{Do::Accept}, {Do::SaveDialogs}, {Do::SendProbe}},
     State::Active},
    {"PM147Refresh", kActive, Event::Refreshed, kKnown, {{Do::SaveDialogs}}, State::Active},
    {"PM148RefreshWithoutState",
     kActive,
     Event::Refreshed,
     kWatched,
     {{Do::SaveDialogs}},
     State::Active},
    {"PM149LastDialogEnded",
     kActive,
     Event::Left,
     kCached,
     {{Do::SaveDialogs}, {Do::SendUnavailable}},
     State::Active},
    {"PM149NotWhileSheSeesHim", kActive, Event::Left, kMutual, {{Do::SaveDialogs}}, State::Active},
    {"OneOfTwoDialogsEnded", kActive, Event::Left, kKnown, {{Do::SaveDialogs}}, State::Active},
    {"LeftWhilePending", kPending, Event::Left, kAlone, {{Do::SaveDialogs}}, State::Pending},
    {"PM151DialogRanOut", kActive, Event::Lost, kCached, {{Do::SaveDialogs}}, State::Active},
    {"PM157NotifyAnswered481", kActive, Event::Lost, kKnown, {{Do::SaveDialogs}}, State::Active},
    {"PM152FetchStateUnknown",
     kActive,
     Event::Fetch,
     kAlone,
     {{Do::Accept}, {Do::SendProbe}},
     State::Active},
    {"PM153FetchStateKnown", kActive, Event::Fetch, kCached, {{Do::Accept}}, State::Active},
    {"FetchByAStranger", kNone, Event::Fetch, kAlone, {{Do::Accept}}, State::None},
    {"FetchWhilePending", kPending, Event::Fetch, kAlone, {{Do::Accept}}, State::Pending},
    {"ContactAdded", kNone, Event::Added, kAlone, {{Do::Save}}, State::Saving},
    {"ContactThereAlready", kPending, Event::Added, kAlone, {}, State::Pending},
    {"RefreshWhilePendingOfHis",
     kPending,
     Event::Refreshed,
     kWatched,
     {{Do::SaveDialogs}},
     State::Pending},
    {"RefreshWhileGranting",
     kGranting,
     Event::Refreshed,
     kWatched,
     {{Do::SaveDialogs}},
     State::Granting},
    {"LeftWhileGranting", kGranting, Event::Left, kAlone, {{Do::SaveDialogs}}, State::Granting},
    {"RanOutWhilePending", kPending, Event::Lost, kAlone, {{Do::SaveDialogs}}, State::Pending},
    {"RanOutWhileGranting", kGranting, Event::Lost, kAlone, {{Do::SaveDialogs}}, State::Granting},
    {"AnotherDeviceWhileGranting",
     kGranting,
     Event::Subscribe,
     kWatched,
     {{Do::Accept}, {Do::SaveDialogs}},
     State::Granting},
    {"FetchWhileSaving", kSaving, Event::Fetch, kAlone, {{Do::Accept}}, State::Saving},
    {"FetchWhileGranting", kGranting, Event::Fetch, kWatched, {{Do::Accept}}, State::Granting},
};

inline const std::vector<Row> kXmpp{
    {"PM144SubscribedIsSaved",
     kPending,
     Event::Subscribed,
     kWatched,
     {{Do::Save}},
     State::Granting},
    {"PM144GrantSaved", kGranting, Event::Saved, kWatched, {{Do::Notify}}, State::Active},
    {"GrantNotSavedIsAskedAgain",
     kGranting,
     Event::NotSaved,
     kWatched,
     {{Do::Retry, 40}},
     State::Pending},
    {"SubscribedAgain", kActive, Event::Subscribed, kKnown, {}, State::Active},
    {"SubscribedThatNobodyAskedFor", kNone, Event::Subscribed, kAlone, {}, State::None},
    {"SubscribedBeforeItWasAsked", kSaving, Event::Subscribed, kAlone, {}, State::Saving},
    {"PM145Declined",
     kPending,
     Event::Unsubscribed,
     kWatched,
     {{Do::EndRejected}, {Do::Save}},
     State::None},
    {"PM146Revoked",
     kActive,
     Event::Unsubscribed,
     kKnown,
     {{Do::EndRejected}, {Do::Save}},
     State::None},
    {"UnsubscribedFromNothing", kNone, Event::Unsubscribed, kAlone, {}, State::None},
    {"Presence", kActive, Event::Presence, kKnown, {{Do::Notify}}, State::Active},
    {"PresenceWithoutDialogs", kActive, Event::Presence, kCached, {}, State::Active},
    {"PresenceBeforeTheGrantIsSaved", kGranting, Event::Presence, kKnown, {}, State::Granting},
    {"PresenceFromSomeoneNotSubscribedTo", kPending, Event::Presence, kKnown, {}, State::Pending},
    {"PM159ServerNotFound",
     kPending,
     Event::Unreachable,
     kWatched,
     {{Do::EndProbation, 60}},
     State::Pending},
    {"ErrorNoSuchUser",
     kPending,
     Event::NoSuchUser,
     kWatched,
     {{Do::EndNoResource}, {Do::Save}},
     State::None},
    {"ErrorForbidden",
     kPending,
     Event::Forbidden,
     kWatched,
     {{Do::EndRejected}, {Do::Save}},
     State::None},
    {"ErrorToAProbe",
     kActive,
     Event::Unreachable,
     kKnown,
     {{Do::Forget}, {Do::Notify}},
     State::Active},
    {"ErrorForbiddenLater", kActive, Event::Forbidden, kKnown, {}, State::Active},
    {"RevokedWhileGranting",
     kGranting,
     Event::Unsubscribed,
     kWatched,
     {{Do::EndRejected}, {Do::Save}},
     State::None},
    {"ErrorNoSuchUserLater",
     kActive,
     Event::NoSuchUser,
     kKnown,
     {{Do::Forget}, {Do::Notify}},
     State::Active},
    {"ErrorNoSuchUserWhileGranting",
     kGranting,
     Event::NoSuchUser,
     kKnown,
     {{Do::Forget}},
     State::Granting},
    {"ErrorWhileGranting", kGranting, Event::Unreachable, kKnown, {{Do::Forget}}, State::Granting},
};

inline const std::vector<Row> kLinks{
    {"PartnerDown",
     kActive,
     Event::PartnerDown,
     kKnown,
     {{Do::Forget}, {Do::Notify}},
     State::Active},
    {"PartnerDownAndNobodyLooks",
     kActive,
     Event::PartnerDown,
     kCached,
     {{Do::Forget}},
     State::Active},
    {"PartnerDownWhilePending", kPending, Event::PartnerDown, kWatched, {}, State::Pending},
    {"PartnerUpProbes", kActive, Event::PartnerUp, kWatched, {{Do::SendProbe}}, State::Active},
    {"PartnerUpAsksAgain",
     kPending,
     Event::PartnerUp,
     kWatched,
     {{Do::SendSubscribe}},
     State::Pending},
    {"PeerUpNotifies", kActive, Event::PeerUp, kKnown, {{Do::Notify}}, State::Active},
    {"Withdrawn",
     kActive,
     Event::Withdrawn,
     kKnown,
     {{Do::EndRejected}, {Do::SendUnsubscribe}, {Do::Save}},
     State::None},
    {"WithdrawnWhilePending",
     kPending,
     Event::Withdrawn,
     kWatched,
     {{Do::EndRejected}, {Do::SendUnsubscribe}, {Do::Save}},
     State::None},
    {"WithdrawnWhileSaving",
     kSaving,
     Event::Withdrawn,
     kAlone,
     {{Do::RefuseHeld}, {Do::Save}},
     State::None},
    {"WithdrawnFromNobody", kNone, Event::Withdrawn, kAlone, {}, State::None},
    {"Refresh", kActive, Event::Refresh, kKnown, {{Do::SendProbe}}, State::Active},
    {"RefreshWhilePending",
     kPending,
     Event::Refresh,
     kWatched,
     {{Do::SendSubscribe}},
     State::Pending},
    {"PartnerDownWhileGranting",
     kGranting,
     Event::PartnerDown,
     kWatched,
     {{Do::Forget}},
     State::Granting},
    {"PartnerUpWhileGranting",
     kGranting,
     Event::PartnerUp,
     kWatched,
     {{Do::SendProbe}},
     State::Granting},
    {"PeerUpWhilePending", kPending, Event::PeerUp, kWatched, {{Do::Notify}}, State::Pending},
    {"PeerUpWhileGranting", kGranting, Event::PeerUp, kWatched, {{Do::Notify}}, State::Granting},
    {"WithdrawnWhileGranting",
     kGranting,
     Event::Withdrawn,
     kWatched,
     {{Do::EndRejected}, {Do::SendUnsubscribe}, {Do::Save}},
     State::None},
    {"RefreshWhileGrantingAsks",
     kGranting,
     Event::Refresh,
     kWatched,
     {{Do::SendProbe}},
     State::Granting},
    {"RetryWhilePending",
     kPending,
     Event::RetryDue,
     kWatched,
     {{Do::SendSubscribe}},
     State::Pending},
    {"RetryWhileGranting",
     kGranting,
     Event::RetryDue,
     kWatched,
     {{Do::SendProbe}},
     State::Granting},
    {"TurnOfARestoredOne", kActive, Event::RetryDue, kWatched, {{Do::SendProbe}}, State::Active},
};

}  // namespace isthmus::subscriptions::sip_rows
