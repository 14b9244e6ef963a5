#include "sip/client_transaction.h"

#include <algorithm>

namespace isthmus::sip {

namespace {

constexpr Duration kTimerB = 64 * t1;
constexpr Duration kAlerting = 128 * t1;
constexpr Duration kTimerD = seconds(32);
constexpr Duration kTimerK = t4;
constexpr Duration kTimerM = 64 * t1;

}  // namespace

ClientTransaction::ClientTransaction(Kind kind, bool is_reliable, TimePoint now)
    : kind_(kind),
      is_reliable_(is_reliable),
      state_(kind == Kind::Invite ? State::Calling : State::Trying) {
    end_at_ = now + (kind == Kind::Invite ? kTimerB : timer_f);
    if (!is_reliable) {
        resend_at_ = now + interval_;
    }
}

ClientTransaction::Actions ClientTransaction::on_response(int status, TimePoint now) {
    if (kind_ == Kind::Invite) {
        return on_response_to_invite(status, now);
    }
    if (state_ == State::Completed || state_ == State::Terminated) {
        return {};  // RFC 3261 §17.1.2.2: retransmissions of the response end here
    }
    if (status < 200) {
        state_ = State::Proceeding;
        return Actions(Action::PassResponse);
    }
    return linger(kTimerK, now, State::Completed, Actions(Action::PassResponse));
}

ClientTransaction::Actions ClientTransaction::on_response_to_invite(int status, TimePoint now) {
    switch (state_) {
        case State::Calling:
        case State::Proceeding:
            if (status < 200) {
                // Timer B runs on (erratum 5653), retransmission ends (RFC 3261 §17.1.1.2). When
                // somebody is being asked it is set anew, once: people take longer than networks.
                if (status > 100 && !is_alerting_) {
                    is_alerting_ = true;
                    end_at_ = now + kAlerting;
                }
                state_ = State::Proceeding;
                resend_at_ = never;
                return Actions(Action::PassResponse);
            }
            if (status < 300) {
                // RFC 6026 §7.2: the ACK to a 2xx is the transaction user's.
                state_ = State::Accepted;
                resend_at_ = never;
                end_at_ = now + kTimerM;
                return Actions(Action::PassResponse);
            }
            return linger(
                kTimerD, now, State::Completed, Actions(Action::SendAck, Action::PassResponse));
        case State::Completed:
            return status >= 300 ? Actions(Action::SendAck) : Actions();
        case State::Accepted:
            return status >= 200 && status < 300 ? Actions(Action::PassResponse) : Actions();
        case State::Trying:
        case State::Terminated:
            break;
    }
    return {};
}

ClientTransaction::Actions ClientTransaction::on_time(TimePoint now) {
    if (now >= end_at_) {
        const bool is_waiting =
            state_ == State::Calling || state_ == State::Trying || state_ == State::Proceeding;
        return terminate(is_waiting ? Actions(Action::ReportTimeout) : Actions());
    }
    if (now < resend_at_) {
        return {};
    }
    if (kind_ == Kind::Invite) {
        interval_ *= 2;  // Timer A has no upper bound but Timer B
    } else {
        // Erratum 2769: doubled up to T2. §17.1.2.2: T2 at once in Proceeding.
        interval_ = state_ == State::Proceeding ? t2 : std::min(2 * interval_, t2);
    }
    resend_at_ = now + interval_;
    return Actions(Action::SendRequest);
}

ClientTransaction::Actions ClientTransaction::on_transport_error() {
    if (state_ == State::Terminated || state_ == State::Accepted) {
        return {};
    }
    // Once a final response has been passed up there is nobody left to tell, except that the ACK
    // of an INVITE did not get away (RFC 3261 §17.1.1.2).
    const bool tells = state_ != State::Completed || kind_ == Kind::Invite;
    return terminate(tells ? Actions(Action::ReportTransportError) : Actions());
}

/// Timer D or K: zero over reliable transports, so that the machine goes at once.
ClientTransaction::Actions ClientTransaction::linger(Duration life,
                                                     TimePoint now,
                                                     State state,
                                                     Actions actions) {
    if (is_reliable_) {
        return terminate(actions);
    }
    state_ = state;
    resend_at_ = never;
    end_at_ = now + life;
    return actions;
}

ClientTransaction::Actions ClientTransaction::terminate(Actions actions) {
    state_ = State::Terminated;
    resend_at_ = end_at_ = never;
    actions.add(Action::Terminate);
    return actions;
}

}  // namespace isthmus::sip
