// The INVITE and non-INVITE client transactions as one pure machine: events and the time in,
// actions out; whoever owns it sends, passes on and keeps one timer for deadline().
// RFC 3261 §17.1 with errata 2769 and 5653, RFC 6026 for INVITE.
#pragma once

#include "sip/transaction_timers.h"

#include <cstdint>

namespace isthmus::sip {

class ClientTransaction {
  public:
    enum class Kind : std::uint8_t { Invite, NonInvite };
    enum class State : std::uint8_t {
        Calling,  ///< INVITE
        Trying,   ///< the others
        Proceeding,
        Completed,
        Accepted,  ///< INVITE: RFC 6026
        Terminated,
    };
    enum class Action : std::uint8_t {
        SendRequest,    ///< first or again, the same octets
        SendAck,        ///< for the response at hand, or the last one
        PassResponse,   ///< to the transaction user
        ReportTimeout,  ///< Timer B or F
        ReportTransportError,
        Terminate,  ///< always last: the machine is over
    };
    using Actions = ActionList<Action>;

    /// Sends the request: the caller does so, the machine runs from `now`.
    ClientTransaction(Kind kind, bool is_reliable, TimePoint now);

    Actions on_response(int status, TimePoint now);
    Actions on_time(TimePoint now);
    Actions on_transport_error();

    State state() const { return state_; }

    /// When on_time() is due; `never` if nothing is.
    TimePoint deadline() const { return resend_at_ < end_at_ ? resend_at_ : end_at_; }

  private:
    Actions on_response_to_invite(int status, TimePoint now);
    Actions linger(Duration life, TimePoint now, State state, Actions actions);
    Actions terminate(Actions actions);

    TimePoint resend_at_ = never;  // Timer A or E
    TimePoint end_at_ = never;     // Timer B or F, then D, K or M
    Duration interval_ = t1;
    Kind kind_;
    bool is_reliable_;
    bool is_alerting_ = false;
    State state_;
};

}  // namespace isthmus::sip
