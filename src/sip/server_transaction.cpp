#include "sip/server_transaction.h"

#include <algorithm>

namespace isthmus::sip {

namespace {

constexpr Duration kTimerH = 64 * t1;
constexpr Duration kTimerI = t4;
constexpr Duration kTimerJ = 64 * t1;
constexpr Duration kTimerL = 64 * t1;
constexpr Duration kInviteTrying = milliseconds(200);

}  // namespace

ServerTransaction::ServerTransaction(Kind kind, bool is_reliable, TimePoint now)
    : kind_(kind),
      is_reliable_(is_reliable),
      state_(kind == Kind::Invite ? State::Proceeding : State::Trying) {
    if (kind == Kind::Invite) {
        next_at_ = now + kInviteTrying;  // RFC 3261 §17.2.1
    } else {
        // RFC 4320 §4.1: 100 when the client's Timer E has reached T2, over any transport, and
        // over UDP not before. §4.2: nothing once the client's Timer F has fired.
        next_at_ = now + timer_e_reaches_t2;
        end_at_ = now + timer_f;
    }
}

ServerTransaction::Actions ServerTransaction::on_retransmission() {
    switch (state_) {
        case State::Proceeding:
            return has_sent_ ? Actions(Action::ResendResponse) : Actions();
        case State::Completed:
            return Actions(Action::ResendResponse);
        case State::Trying:
        case State::Confirmed:
        case State::Accepted:  // RFC 6026 §7.1: absorbed
        case State::Terminated:
            break;
    }
    return {};
}

ServerTransaction::Actions ServerTransaction::on_ack(TimePoint now) {
    if (kind_ != Kind::Invite) {
        return {};
    }
    if (state_ == State::Accepted) {
        return Actions(Action::PassAck);
    }
    if (state_ != State::Completed) {
        return {};
    }
    next_at_ = never;
    if (is_reliable_) {
        return terminate();  // Timer I is zero
    }
    state_ = State::Confirmed;
    end_at_ = now + kTimerI;
    return {};
}

ServerTransaction::Actions ServerTransaction::on_answer(int status, TimePoint now) {
    if (state_ == State::Accepted) {
        // RFC 6026 §7.1: retransmissions of the 2xx are the transaction user's.
        return status >= 200 && status < 300 ? Actions(Action::SendResponse) : Actions();
    }
    if (has_final()) {
        return {};
    }
    if (status >= 200) {
        return accept_final(status, now);
    }
    if (kind_ == Kind::NonInvite && status != 100) {
        return {};  // RFC 4320 §4.1
    }
    if (kind_ == Kind::NonInvite && !is_reliable_ && now < next_at_ && !has_sent_) {
        return {};  // too early
    }
    next_at_ = never;
    has_sent_ = true;
    state_ = State::Proceeding;
    return Actions(Action::SendResponse);
}

ServerTransaction::Actions ServerTransaction::accept_final(int status, TimePoint now) {
    has_sent_ = true;
    next_at_ = never;
    Actions actions(Action::SendResponse);
    if (kind_ == Kind::NonInvite) {
        // Erratum 1470: from Trying as well.
        if (is_reliable_) {
            return terminate(actions);  // Timer J is zero
        }
        state_ = State::Completed;
        end_at_ = now + kTimerJ;
        return actions;
    }
    if (status < 300) {
        state_ = State::Accepted;
        end_at_ = now + kTimerL;
        return actions;
    }
    state_ = State::Completed;
    end_at_ = now + kTimerH;
    if (!is_reliable_) {
        next_at_ = now + interval_;  // Timer G
    }
    return actions;
}

void ServerTransaction::on_connection_lost(TimePoint now) {
    if (has_final()) {
        end_at_ = std::min(end_at_, now);
    }
}

ServerTransaction::Actions ServerTransaction::on_time(TimePoint now) {
    if (now >= end_at_) {
        switch (state_) {
            case State::Trying:
            case State::Proceeding:
                return terminate(Actions(Action::ReportLate));
            case State::Completed:
                return terminate(kind_ == Kind::Invite ? Actions(Action::ReportLostAck)
                                                       : Actions());
            case State::Confirmed:
            case State::Accepted:
            case State::Terminated:
                break;
        }
        return terminate();
    }
    if (now < next_at_) {
        return {};
    }
    if (state_ == State::Completed) {
        interval_ = std::min(2 * interval_, t2);
        next_at_ = now + interval_;
        return Actions(Action::ResendResponse);
    }
    next_at_ = never;
    has_sent_ = true;
    state_ = State::Proceeding;
    return Actions(Action::SendTrying);
}

ServerTransaction::Actions ServerTransaction::terminate(Actions actions) {
    state_ = State::Terminated;
    next_at_ = end_at_ = never;
    actions.add(Action::Terminate);
    return actions;
}

}  // namespace isthmus::sip
