#include "sip/session.h"

#include <algorithm>

namespace isthmus::sip {

namespace {

constexpr Duration kAckPatience = 64 * t1;
constexpr Duration kRefreshAgain = seconds(3);  // RFC 3261 §14.1: after a 491

}  // namespace

Session Session::inviting(const Limits& limits, TimePoint now) {
    Session made(State::Inviting, limits, now);
    made.give_up_at_ = now + limits.ring;
    return made;
}

Session Session::answering(const Limits& limits, TimePoint now) {
    Session made(State::Answering, limits, now);
    made.on_offer(now);
    return made;
}

Session::Actions Session::on_invite_response(int status, TimePoint now) {
    const bool is_good = status >= 200 && status < 300;
    switch (state_) {
        case State::Inviting:
            if (!is_good) {
                return terminate(Actions(Action::FailAll));
            }
            state_ = State::Open;
            give_up_at_ = never;
            used_at_ = now;
            return Actions(Action::SendAck, Action::SendNext);
        case State::Cancelling:
            // RFC 3261 §9.1: the 2xx was on its way already.
            return is_good ? terminate(Actions(Action::SendAck, Action::SendBye))
                           : terminate(Actions(Action::FailAll));
        case State::Answering:
        case State::Open:
        case State::Over:
            break;
    }
    return {};
}

void Session::on_offer(TimePoint now) {
    was_open_ = state_ == State::Open || was_open_;
    state_ = State::Answering;
    interval_ = t1;
    resend_at_ = now + interval_;
    give_up_at_ = now + kAckPatience;
}

Session::Actions Session::on_ack(TimePoint now) {
    if (state_ != State::Answering) {
        return {};
    }
    state_ = State::Open;
    resend_at_ = give_up_at_ = never;
    used_at_ = now;
    return Actions(Action::SendNext);
}

Session::Actions Session::on_request(TimePoint now) {
    used_at_ = now;
    return state_ == State::Answering ? on_ack(now) : Actions();
}

Session::Actions Session::on_response(int status, bool is_repeated, TimePoint now) {
    used_at_ = now;
    if (state_ == State::Over) {
        // RFC 5057 §5.1: 481 says that nobody took it.
        return status == 481 && !is_repeated ? Actions(Action::Repeat) : Actions(Action::Report);
    }
    switch (status) {
        case 481:
        case 480:
            // The endpoint is gone, not the user: once more in a session with where he is now.
            return terminate(is_repeated ? Actions(Action::Report) : Actions(Action::Repeat));
        case kSilence:
        case 408:
            // It may have arrived, so it is not sent again. RFC 5057 §5.1: the dialog is over.
            return terminate(Actions(Action::Report, Action::SendBye));
        default:
            return Actions(Action::Report, Action::SendNext);
    }
}

Session::Actions Session::on_bye() {
    return state_ == State::Over ? Actions() : terminate();
}

Session::Actions Session::on_refresh_response(int status, TimePoint now) {
    if (state_ == State::Over) {
        return {};
    }
    if (status == 491) {
        expiry_at_ = now + kRefreshAgain;
        return {};
    }
    if (status == kSilence || status == 408 || status == 481) {
        return terminate(Actions(Action::SendBye));  // RFC 4028 §10
    }
    // RFC 4028 §7.2: whatever else it was, the peer is there.
    on_expiry(expiry_, now);
    return {};
}

void Session::on_expiry(const SessionExpiry& expiry, TimePoint now) {
    expiry_ = expiry;
    if (expiry.seconds == 0) {
        expiry_at_ = never;
        return;
    }
    // RFC 4028 §10: we refresh at half time; else BYE a little before it is over.
    const Duration whole = seconds(expiry.seconds);
    expiry_at_ =
        now + (expiry.is_ours ? whole / 2 : whole - std::min<Duration>(seconds(32), whole / 3));
}

Session::Actions Session::end() {
    switch (state_) {
        case State::Inviting:
            state_ = State::Cancelling;
            give_up_at_ = never;
            return Actions(Action::SendCancel);
        case State::Answering:
            // RFC 3261 §15: the callee's BYE would have to wait for the ACK; a peer that has our
            // 2xx takes it all the same, and one that has not must not keep the session.
        case State::Open:
            return terminate(Actions(Action::SendBye));
        case State::Cancelling:
        case State::Over:
            break;
    }
    return {};
}

TimePoint Session::idle_at() const {
    return state_ == State::Open && !is_busy_ ? used_at_ + limits_.idle : never;
}

TimePoint Session::deadline() const {
    return std::min({resend_at_, give_up_at_, expiry_at_, idle_at()});
}

Session::Actions Session::on_time(TimePoint now) {
    if (now >= give_up_at_) {
        if (state_ == State::Inviting) {
            return end();
        }
        return terminate(Actions(Action::SendBye));  // RFC 3261 §13.3.1.4
    }
    if (now >= resend_at_) {
        interval_ = std::min(2 * interval_, t2);
        resend_at_ = now + interval_;
        return Actions(Action::SendAnswer);
    }
    if (now >= expiry_at_) {
        if (!expiry_.is_ours) {
            return terminate(Actions(Action::SendBye));
        }
        expiry_at_ = never;  // until the response
        return Actions(Action::SendRefresh);
    }
    return now >= idle_at() ? end() : Actions();
}

Session::Actions Session::terminate(Actions actions) {
    state_ = State::Over;
    resend_at_ = give_up_at_ = expiry_at_ = never;
    actions.add(Action::Terminate);
    return actions;
}

}  // namespace isthmus::sip
