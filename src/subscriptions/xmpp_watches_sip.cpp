#include "subscriptions/xmpp_watches_sip.h"

#include <algorithm>

namespace isthmus::subscriptions {

namespace {

using Do = XmppWatchesSip::Do;

/// RFC 8048 §5.2.2: the authorisation is gone for good.
bool is_final(int status) {
    return status == 403 || status == 489 || status == 603;
}

/// There is nobody of that name; gap G-57.
bool is_no_such_user(int status) {
    return status == 404 || status == 410 || status == 416 || status == 484 || status == 485 ||
           status == 604;
}

}  // namespace

XmppWatchesSip XmppWatchesSip::restored(Standing standing) {
    XmppWatchesSip made;
    made.standing_ = standing;
    made.state_ = standing == Standing::None ? State::None : State::Waiting;
    return made;
}

XmppWatchesSip::List XmppWatchesSip::on(Event event, const Details& details) {
    switch (event) {
        case Event::Subscribe:
            return on_subscribe();
        case Event::Unsubscribe:
            return on_unsubscribe();
        case Event::Probe:
            return on_probe();
        case Event::Saved:
            return on_saved();
        case Event::NotSaved:
            return on_not_saved();
        case Event::NotifyPending:
            return on_notify(false);
        case Event::NotifyActive:
            return on_notify(true);
        case Event::NotifyTerminated:
            return has_dialog() ? on_terminated(details) : List{};
        case Event::Refused:
        case Event::DialogGone:
            return has_dialog() ? on_status(details) : List{};
        case Event::Unanswered:
            return has_dialog() ? wait(details.retry_after) : List{};
        case Event::PeerDown:
            return on_peer_down();
        case Event::PeerUp:
            return on_peer_up();
        case Event::PartnerUp:
            return List{}.add_if(state_ != State::Subscribing && is_told(), Do::TellState);
        case Event::Withdrawn:
            return on_withdrawn();
        case Event::Refresh:
            return on_refresh();
        case Event::RetryDue:
            return on_retry_due();
    }
    return {};
}

XmppWatchesSip::List XmppWatchesSip::subscribe() {
    state_ = State::Subscribing;
    return {{Do::Subscribe}};
}

/// A dialog is gone and RFC 6665 lets us ask again at once: once, then with growing patience.
XmppWatchesSip::List XmppWatchesSip::subscribe_at_once() {
    if (failures_ != 0) {
        return wait(0);
    }
    ++failures_;
    state_ = State::Subscribing;
    // What she was told stays until the new dialog says otherwise; what she was not would be no
    // news when it does.
    return List{}.add_if(is_granting_, Do::Forget).add(Do::Subscribe);
}

XmppWatchesSip::List XmppWatchesSip::wait(std::uint32_t at_least, bool is_rare) {
    const std::uint32_t delay = is_rare ? kLastRetry : backoff(failures_);
    failures_ = static_cast<std::uint8_t>(std::min(failures_ + 1, 10));
    state_ = State::Waiting;
    return hide().add(Do::Retry, std::max(delay, at_least));
}

/// He is not there for now. While the grant is being saved nobody is told, but what came with it
/// must not be told afterwards.
XmppWatchesSip::List XmppWatchesSip::hide() const {
    return List{}.add_if(is_told(), Do::TellUnavailable).add_if(is_granting_, Do::Forget);
}

/// The authorisation is over by the SIP side's word.
XmppWatchesSip::List XmppWatchesSip::lose() {
    List actions = hide();
    *this = {};
    return actions.add(Do::TellUnsubscribed).add(Do::Save);
}

/// The watching ends from our side.
XmppWatchesSip::List XmppWatchesSip::end() {
    const List actions = List{}
                             .add_if(has_dialog(), Do::EndDialog)
                             .add_if(state_ == State::Waiting, Do::CancelRetry)
                             .add_if(is_told(), Do::TellUnavailable)
                             .add_if(is_granting_, Do::Forget);
    *this = {};
    return actions;
}

XmppWatchesSip::List XmppWatchesSip::no_such_user(int status) {
    if (standing_ == Standing::Active) {
        // She was let in once: her roster entry is not ours to destroy.
        return wait(0, true);
    }
    *this = {};
    return {{Do::TellError, static_cast<std::uint32_t>(status)}, {Do::Save}};
}

XmppWatchesSip::List XmppWatchesSip::on_subscribe() {
    switch (state_) {
        case State::None:
        case State::Ending:
            *this = {};
            state_ = State::Saving;
            standing_ = Standing::Pending;
            return {{Do::Save}};
        case State::Waiting:
            if (is_told()) {
                return {{Do::TellSubscribed}};
            }
            state_ = State::Subscribing;
            return {{Do::CancelRetry}, {Do::Subscribe}};
        case State::Resting:
            state_ = State::Subscribing;
            return List{}.add_if(is_told(), Do::TellSubscribed).add(Do::Subscribe);
        default:
            // RFC 6121 §3.1.3: who is authorised already is told so at once.
            return is_told() ? List{{Do::TellSubscribed}} : List{};
    }
}

XmppWatchesSip::List XmppWatchesSip::on_unsubscribe() {
    if (state_ == State::None || state_ == State::Ending) {
        return {};
    }
    List actions = end();
    state_ = State::Ending;
    return actions.add(Do::Save);
}

XmppWatchesSip::List XmppWatchesSip::on_probe() {
    if (state_ == State::None) {
        // RFC 6121 §4.3.2: repairs a roster that is out of step.
        return {{Do::TellUnsubscribed}};
    }
    if (!is_told()) {
        return {};
    }
    switch (state_) {
        case State::Live:
            return {{Do::TellState}};
        case State::Waiting:
            state_ = State::Subscribing;
            return {{Do::CancelRetry}, {Do::Subscribe}};
        case State::Resting:
            return {{Do::TellState}};
        default:
            return {};
    }
}

XmppWatchesSip::List XmppWatchesSip::on_saved() {
    if (state_ == State::Saving) {
        return subscribe();
    }
    if (state_ == State::Ending) {
        state_ = State::None;
        return {{Do::TellUnsubscribed}};
    }
    if (is_granting_) {
        is_granting_ = false;
        return List{{Do::TellSubscribed}}.add_if(state_ == State::Live, Do::TellState);
    }
    return {};
}

XmppWatchesSip::List XmppWatchesSip::on_not_saved() {
    if (state_ == State::Saving) {
        *this = {};
        return {{Do::TellBusy}};
    }
    if (state_ == State::Ending) {
        // The next start finds her record again, and her `unsubscribed` to our presence ends it.
        state_ = State::None;
        return {{Do::TellUnsubscribed}};
    }
    if (is_granting_) {
        is_granting_ = false;
        standing_ = Standing::Pending;
        return List{}.add_if(state_ == State::Live, Do::Retry, backoff(2));
    }
    return {};
}

XmppWatchesSip::List XmppWatchesSip::on_notify(bool is_active) {
    if (!has_dialog()) {
        return {};
    }
    if (state_ == State::Live) {
        // A second NOTIFY in one dialog: this one holds.
        failures_ = 0;
    }
    state_ = State::Live;
    if (!is_active) {
        // RFC 8048 §5.2.1: pending is no presence.
        return hide();
    }
    if (standing_ == Standing::Active) {
        return List{}.add_if(is_told(), Do::TellPresence);
    }
    standing_ = Standing::Active;
    is_granting_ = true;
    return {{Do::Save}};
}

// RFC 6665 §4.1.3.
XmppWatchesSip::List XmppWatchesSip::on_terminated(const Details& details) {
    switch (details.reason) {
        case Reason::Deactivated:
        case Reason::Timeout:
            return details.retry_after != 0 ? wait(details.retry_after) : subscribe_at_once();
        case Reason::Rejected:
            return lose();
        case Reason::NoResource:
            if (standing_ != Standing::Active) {
                return no_such_user(404);
            }
            state_ = State::Resting;
            return hide();
        case Reason::Invariant:
            state_ = State::Resting;
            return List{}.add_if(is_told(), Do::TellPresence);
        default:
            return wait(details.retry_after);
    }
}

XmppWatchesSip::List XmppWatchesSip::on_status(const Details& details) {
    if (is_final(details.status)) {
        return lose();
    }
    if (is_no_such_user(details.status)) {
        return no_such_user(details.status);
    }
    if (details.status == 481) {
        return subscribe_at_once();
    }
    return wait(details.retry_after);
}

XmppWatchesSip::List XmppWatchesSip::on_peer_down() {
    if (state_ == State::Subscribing) {
        state_ = State::Waiting;
        return List{{Do::EndDialog}}
            .add_if(is_told(), Do::TellUnavailable)
            .add_if(is_granting_, Do::Forget);
    }
    return state_ == State::Live ? hide() : List{};
}

XmppWatchesSip::List XmppWatchesSip::on_peer_up() {
    if (state_ == State::Waiting) {
        failures_ = 0;
        state_ = State::Subscribing;
        return {{Do::CancelRetry}, {Do::Subscribe}};
    }
    return List{}.add_if(state_ == State::Live, Do::RefreshDialog);
}

XmppWatchesSip::List XmppWatchesSip::on_withdrawn() {
    if (state_ == State::None || state_ == State::Ending) {
        return {};
    }
    return end().add(Do::TellUnsubscribed).add(Do::Save);
}

XmppWatchesSip::List XmppWatchesSip::on_refresh() {
    switch (state_) {
        case State::Live:
            return {{Do::RefreshDialog}};
        case State::Waiting:
            state_ = State::Subscribing;
            return {{Do::CancelRetry}, {Do::Subscribe}};
        case State::Resting:
            return subscribe();
        default:
            return {};
    }
}

XmppWatchesSip::List XmppWatchesSip::on_retry_due() {
    if (state_ == State::Waiting) {
        return subscribe();
    }
    // The grant could not be saved: the NOTIFY of a refresh gives it again.
    return List{}.add_if(state_ == State::Live && standing_ == Standing::Pending,
                         Do::RefreshDialog);
}

std::string_view state_name(XmppWatchesSip::State state) {
    constexpr std::string_view kNames[] = {
        "none", "saving", "subscribing", "live", "waiting", "resting", "ending"};
    return kNames[static_cast<std::size_t>(state)];
}

}  // namespace isthmus::subscriptions
