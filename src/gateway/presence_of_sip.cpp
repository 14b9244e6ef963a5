// An XMPP user watches a SIP user: her stanzas and the NOTIFYs about him meet the machine here.
// RFC 8048 §5.2, RFC 6121 §3 and §4.
#include "gateway/presence_flow.h"
#include "sip/presence_format.h"
#include "translate/address.h"
#include "translate/error.h"
#include "translate/presence.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace isthmus::gateway {

namespace {

using Machine = subscriptions::XmppWatchesSip;

/// Of his tuples that are closed, so many are remembered as told.
constexpr std::size_t kMaxClosed = 4;

Machine::Reason reason_of(sip::TerminationReason reason) {
    using From = sip::TerminationReason;
    using To = Machine::Reason;
    switch (reason) {
        case From::Deactivated:
            return To::Deactivated;
        case From::Probation:
            return To::Probation;
        case From::Rejected:
            return To::Rejected;
        case From::Timeout:
            return To::Timeout;
        case From::GiveUp:
            return To::GiveUp;
        case From::NoResource:
            return To::NoResource;
        case From::Invariant:
            return To::Invariant;
        default:
            return To::Other;
    }
}

Machine::Event event_of(sip::SubscriptionState state) {
    switch (state) {
        case sip::SubscriptionState::Pending:
            return Machine::Event::NotifyPending;
        case sip::SubscriptionState::Active:
            return Machine::Event::NotifyActive;
        default:
            return Machine::Event::NotifyTerminated;
    }
}

}  // namespace

void PresenceFlow::on_xmpp_subscribe(const xmpp::Presence& presence,
                                     const ServedDomain& served,
                                     std::string_view user) {
    using xmpp::StanzaError;
    const policy::Query query{.user = user.substr(0, user.rfind('@')),
                              .user_domain = served.sip,
                              .remote_domain = presence.from.domain};
    const policy::Decision decision = admission_.decide_from_xmpp(
        query, presence.from, *this, Approach::Subscription, timers_.now());
    decisions_.count_decision(decision);
    if (!decision.is_allowed()) {
        server_->send_error(
            xmpp::Kind::Presence,
            presence.to.bare(),
            presence.from.bare(),
            presence.id,
            StanzaError::of(xmpp::Condition::Forbidden, Admission::refusal_text(decision)));
        return note_refused(Watch::XmppWatchesSip, presence.from, {decision, query});
    }
    const std::uint32_t label = counters_.label_of(admission_.policy(), presence.from.domain);
    const bool is_in_time = counters_.admit_subscribe(
        label, config_.subscribe_rate, config_.subscribe_burst, timers_.now());
    PairHandle handle = find(user, presence.from);
    if (!is_in_time || (handle == 0 && book_.size() >= config_.max_pairs)) {
        return refuse(presence,
                      StanzaError::of(xmpp::Condition::ResourceConstraint),
                      "IST-LIM-003",
                      is_in_time ? "too many subscriptions" : "subscribe");
    }
    if (handle == 0) {
        const auto uri = translate::to_uri(
            presence.to.bare(),
            arena_,
            {.with_resource = false,
             .sip_domain = served.sip == served.xmpp ? std::string_view() : served.sip});
        if (!uri) {
            return refuse(presence,
                          StanzaError::of(xmpp::Condition::ItemNotFound),
                          "IST-XMPP-004",
                          "no SIP user can have that name");
        }
        handle = make(user, presence.from, *uri);
    }
    act(handle, OfSip::Event::Subscribe);
}

// --- the machine ------------------------------------------------------------------------------

void PresenceFlow::act(PairHandle handle, OfSip::Event event, const OfSip::Details& details) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr) {
        return;
    }
    const Ends ends = ends_of(*entry, arena_);
    OfSip& machine = entry->value.xmpp_watches_sip;
    const subscriptions::Standing before = machine.standing();
    const OfSip::State state = machine.state();
    const OfSip::List list = machine.on(event, details);
    count_standing(*entry, Watch::XmppWatchesSip, before);
    if (machine.state() != state) {
        recent_.add(handle);
    }
    perform(handle, *entry, ends, list);
    collect(handle);
}

void PresenceFlow::perform(PairHandle handle,
                           Entry& entry,
                           const Ends& ends,
                           const OfSip::List& list) {
    using Do = OfSip::Do;
    using xmpp::PresenceType;
    Pair& pair = entry.value;
    for (const auto& [what, value] : list) {
        switch (what) {
            case Do::Save:
                save(handle, entry, Watch::XmppWatchesSip, true);
                break;
            case Do::Subscribe:
                subscribe(handle, entry, ends);
                break;
            case Do::RefreshDialog:
                subscribers_->refresh(pair.dialog, is_sweeping_);
                break;
            case Do::EndDialog:
                subscribers_->end(std::exchange(pair.dialog, 0));
                recent_.add(handle);
                break;
            case Do::Retry:
                plan_retry(handle, entry, Watch::XmppWatchesSip, value);
                break;
            case Do::CancelRetry:
                retry_of(pair, Watch::XmppWatchesSip) = {};
                break;
            case Do::TellSubscribed:
                pair.owes_subscribed = false;
                send(ends.user,
                     ends.contact,
                     PresenceType::Subscribed,
                     cookie_of(handle, Watch::XmppWatchesSip));
                break;
            case Do::TellUnsubscribed:
                send(ends.user, ends.contact, PresenceType::Unsubscribed, 0);
                break;
            case Do::TellPresence:
                tell_fresh(entry, ends);
                break;
            case Do::TellState:
                tell_state(entry, ends);
                break;
            case Do::TellUnavailable:
                tell_unavailable(entry, ends);
                break;
            case Do::Forget:
                pair.sip_presence.forget();
                break;
            case Do::TellError:
                server_->send_error(xmpp::Kind::Presence,
                                    ends.user,
                                    ends.contact,
                                    {},
                                    translate::to_xmpp(static_cast<int>(value)));
                break;
            case Do::TellBusy:
                server_->send_error(xmpp::Kind::Presence,
                                    ends.user,
                                    ends.contact,
                                    {},
                                    xmpp::StanzaError::of(xmpp::Condition::ResourceConstraint));
                break;
        }
    }
}

void PresenceFlow::subscribe(PairHandle handle, Entry& entry, const Ends& ends) {
    retry_of(entry.value, Watch::XmppWatchesSip) = {};
    if (!ends.is_served || is_peer_down(ends.sip_domain)) {
        return act(handle, OfSip::Event::PeerDown);
    }
    const auto watcher = translate::to_uri(ends.contact, arena_, {.in_brackets = true});
    if (watcher) {
        entry.value.dialog = subscribers_->subscribe(
            {.watcher = *watcher,
             .presentity = ends.uri,
             .sip_domain = ends.sip_domain,
             .expires = std::max(60U, admission_.policy().gateway().subscription_refresh_interval),
             .is_one_of_many = is_sweeping_},
            handle);
    }
    recent_.add(handle);
    if (entry.value.dialog == 0) {
        act(handle, OfSip::Event::Unanswered);
    }
}

void PresenceFlow::plan_retry(PairHandle handle, Entry& entry, Watch watch, std::uint32_t seconds) {
    // Up to a quarter later: what failed together does not come back together.
    const Duration delay = std::chrono::milliseconds(
        std::uint64_t{seconds} * 1000 + random_.below(std::uint64_t{seconds} * 250 + 1));
    const TimePoint due = timers_.now() + delay;
    retry_of(entry.value, watch) = due;
    retries_.push_back({.due = due, .pair = handle, .watch = watch});
    std::ranges::push_heap(retries_, std::ranges::greater{}, &Retry::due);
    retry_timer_.arm(retries_.front().due - timers_.now());
}

// --- sip::SubscriberHandler -------------------------------------------------------------------

void PresenceFlow::take_document(Entry& entry, const sip::Notification& notification, int& status) {
    Pair& pair = entry.value;
    auto pidf = sip::read_presence(notification.content_type, notification.body, arena_);
    if (!pidf) {
        counters_.count(Watch::XmppWatchesSip, pair.label, Update::Invalid);
        const ErrorKind kind = pidf.error().kind;
        status = kind == ErrorKind::Unsupported ? 415 : kind == ErrorKind::TooLong ? 413 : 400;
        return;
    }
    const Ends ends = ends_of(entry, arena_);
    std::vector<xmpp::Presence> kept;
    if (pidf->unsaid.is_any()) {
        pair.sip_presence.read(ends.user, ends.contact, arena_, kept);
    }
    announced_.clear();
    pair.sip_presence.available(announced_);
    for (std::string_view& resource : announced_) {
        resource = arena_.copy(resource);  // it outlives what is kept now
    }
    const ServedDomain* served = admission_.served_sip(ends.sip_domain);
    std::string_view entity_domain;
    if (served != nullptr && served->sip != served->xmpp) {
        const auto domain = xmpp::domain_to_unicode(served->sip, arena_);
        entity_domain = domain ? *domain : std::string_view(served->sip);
    }
    const auto made = translate::to_presence(std::move(*pidf),
                                             {.presentity = ends.user,
                                              .watcher = ends.contact,
                                              .announced = announced_,
                                              .content_language = notification.content_language,
                                              .kept = kept,
                                              .entity_domain = entity_domain},
                                             arena_,
                                             fresh_);
    if (!made) {
        fresh_.clear();
        counters_.count(Watch::XmppWatchesSip, pair.label, Update::Invalid);
        status = made.error().status;
        return;
    }
    const policy::Partner* partner = admission_.policy().partner_of(ends.contact.domain);
    const bool may_see_note = partner != nullptr && Admission::may_see_note(*partner);
    std::erase_if(fresh_, [&](xmpp::Presence& presence) {
        if (!may_see_note) {
            presence.statuses.clear();
        }
        return !pair.sip_presence.keep(presence, kMaxClosed);
    });
    counters_.count(
        Watch::XmppWatchesSip, pair.label, fresh_.empty() ? Update::Unchanged : Update::Passed);
    note_update(entry, Watch::XmppWatchesSip, fresh_.size());
}

int PresenceFlow::on_notify(std::uint64_t owner, const sip::Notification& notification) {
    using sip::SubscriptionState;
    const Turn turn(*this);
    Entry* entry = book_.get(owner);
    if (entry == nullptr) {
        return 481;
    }
    Pair& pair = entry->value;
    pair.last_notify = static_cast<std::uint32_t>(std::time(nullptr));
    int status = 200;
    fresh_.clear();
    const bool is_state = notification.state == SubscriptionState::Active ||
                          (notification.state == SubscriptionState::Terminated &&
                           notification.reason == sip::TerminationReason::Invariant);
    if (is_state && !notification.body.empty()) {
        take_document(*entry, notification, status);
    }
    if (notification.state == SubscriptionState::Terminated) {
        pair.dialog = 0;
        recent_.add(owner);
        fail(*entry,
             Watch::XmppWatchesSip,
             "IST-SIP-006",
             sip::termination_reason_name(notification.reason));
    } else {
        pair.failure[static_cast<std::size_t>(Watch::XmppWatchesSip)] = 0;
    }
    act(owner,
        event_of(notification.state),
        {.reason = reason_of(notification.reason),
         .retry_after = notification.retry_after.value_or(0)});
    if (notification.state == SubscriptionState::Active) {
        settle_shown(owner, !notification.body.empty());
    }
    return status;
}

void PresenceFlow::on_end(std::uint64_t owner,
                          sip::SubscriptionEnd end,
                          int status,
                          std::optional<std::uint32_t> retry_after) {
    using sip::SubscriptionEnd;
    const Turn turn(*this);
    Entry* entry = book_.get(owner);
    if (entry == nullptr) {
        return;
    }
    entry->value.dialog = 0;
    recent_.add(owner);
    char digits[8];
    const char* stop = std::to_chars(digits, digits + sizeof digits, status).ptr;
    const std::string_view evidence(digits, static_cast<std::size_t>(stop - digits));
    const bool is_answer = end == SubscriptionEnd::Refused || end == SubscriptionEnd::DialogGone;
    fail(*entry,
         Watch::XmppWatchesSip,
         is_answer ? "IST-SIP-006" : "IST-SIP-002",
         is_answer                          ? evidence
         : end == SubscriptionEnd::NoNotify ? std::string_view("no NOTIFY came")
         : end == SubscriptionEnd::Expired  ? std::string_view("no refresh succeeded")
                                            : std::string_view("SUBSCRIBE was not answered"));
    const std::size_t peer = peer_of(entry->user().substr(entry->user().rfind('@') + 1));
    if (!is_answer) {
        ask_peer(peer);
    } else if (end == SubscriptionEnd::DialogGone && status == 481) {
        suspect(peer);
    }
    const OfSip::Details details{
        .reason = {}, .retry_after = retry_after.value_or(0), .status = status};
    act(owner,
        end == SubscriptionEnd::Refused      ? OfSip::Event::Refused
        : end == SubscriptionEnd::DialogGone ? OfSip::Event::DialogGone
                                             : OfSip::Event::Unanswered,
        details);
}

}  // namespace isthmus::gateway
