// The INVITE and non-INVITE server transactions as one pure machine: events and the time in,
// actions out; whoever owns it sends, keeps the last response and one timer for deadline().
// RFC 3261 §17.2 with erratum 1470, RFC 4320 for non-INVITE, RFC 6026 for INVITE.
#pragma once

#include "sip/transaction_timers.h"

#include <cstdint>

namespace isthmus::sip {

class ServerTransaction {
  public:
    enum class Kind : std::uint8_t { Invite, NonInvite };
    enum class State : std::uint8_t {
        Trying,  ///< non-INVITE
        Proceeding,
        Completed,
        Confirmed,  ///< INVITE
        Accepted,   ///< INVITE: RFC 6026
        Terminated,
    };
    enum class Action : std::uint8_t {
        SendResponse,    ///< the one at hand; keep it
        ResendResponse,  ///< the last one
        SendTrying,      ///< 100, made by the owner; it becomes the last one
        PassAck,         ///< ACK of a 2xx, to the transaction user
        ReportLostAck,   ///< Timer H
        ReportLate,      ///< the user has not answered in time, and no longer may
        Terminate,       ///< always last: the machine is over
    };
    using Actions = ActionList<Action>;

    ServerTransaction(Kind kind, bool is_reliable, TimePoint now);

    /// The request once more.
    Actions on_retransmission();
    /// INVITE: an ACK that belongs to it.
    Actions on_ack(TimePoint now);
    /// The transaction user answers. No action: too late, or not allowed; nothing may be sent.
    Actions on_answer(int status, TimePoint now);
    Actions on_time(TimePoint now);
    /// The connection that its request came by is gone: once answered it has nothing left to do,
    /// and on_time() is due. RFC 3261 §17.2.4.
    void on_connection_lost(TimePoint now);

    State state() const { return state_; }

    bool has_final() const { return state_ > State::Proceeding; }

    /// When on_time() is due; `never` if nothing is.
    TimePoint deadline() const { return next_at_ < end_at_ ? next_at_ : end_at_; }

  private:
    Actions accept_final(int status, TimePoint now);
    Actions terminate(Actions actions = {});

    TimePoint next_at_ = never;  // the 100, then Timer G
    TimePoint end_at_ = never;   // the last moment to answer, then Timer H, I, J or L
    Duration interval_ = t1;
    Kind kind_;
    bool is_reliable_;
    bool has_sent_ = false;
    State state_;
};

}  // namespace isthmus::sip
