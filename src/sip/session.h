// One INVITE session with text in it as a pure machine: events and the time in, actions out;
// whoever owns it sends, keeps the queue and one timer for deadline(). The messages of a session
// are requests in its dialog, one under way at a time. RFC 3261 §13, §14, §15; RFC 4028; RFC 5057.
#pragma once

#include "sip/transaction_timers.h"

#include <cstdint>

namespace isthmus::sip {

/// What a Session-Expires says, or we say by one (RFC 4028 §4).
struct SessionExpiry {
    std::uint32_t seconds = 0;  ///< 0: the session does not expire
    bool is_ours = false;       ///< we refresh
};

class Session {
  public:
    enum class State : std::uint8_t {
        Inviting,    ///< our INVITE has no final response
        Cancelling,  ///< nor has it now, and it is not wanted any more
        Answering,   ///< our 2xx has no ACK
        Open,
        Over,
    };
    enum class Action : std::uint8_t {
        SendCancel,
        SendAck,      ///< for the 2xx at hand
        SendAnswer,   ///< our 2xx, first or again
        SendRefresh,  ///< UPDATE or INVITE, see RFC 4028 §7.4
        SendNext,     ///< what waits may go, if nothing is under way
        SendBye,
        Report,     ///< the outcome at hand, to the sender of what was under way
        Repeat,     ///< what was under way was not taken: it goes first in the next session
        FailAll,    ///< the outcome at hand, to everybody who waits
        Terminate,  ///< always last: what still waits needs another session
    };
    using Actions = ActionList<Action>;

    struct Limits {
        Duration ring = seconds(60);               ///< until our INVITE is cancelled
        Duration idle = std::chrono::minutes(10);  ///< without a message
    };

    /// A MESSAGE got no response at all.
    static constexpr int kSilence = 0;

    /// Our INVITE has been sent.
    static Session inviting(const Limits& limits, TimePoint now);
    /// Theirs has come and our 2xx has been sent.
    static Session answering(const Limits& limits, TimePoint now);

    // --- our INVITE -----------------------------------------------------------------------------

    Actions on_invite_response(int status, TimePoint now);  ///< final; kSilence

    /// A 2xx that has been acknowledged before.
    Actions on_2xx_again() const { return Actions(Action::SendAck); }

    // --- theirs ---------------------------------------------------------------------------------

    Actions on_ack(TimePoint now);
    /// Another INVITE in the dialog, and our 2xx to it has been sent (RFC 3261 §14.2).
    void on_offer(TimePoint now);

    // --- in the dialog --------------------------------------------------------------------------

    /// A request of the peer. Who writes in the dialog has our 2xx, whatever became of his ACK.
    Actions on_request(TimePoint now);

    /// A message of ours has been sent.
    void on_sent(TimePoint now) { used_at_ = now; }

    /// `is_repeated`: it has been under way in another session before.
    Actions on_response(int status, bool is_repeated, TimePoint now);
    Actions on_bye();
    /// The one of our refreshes; kSilence.
    Actions on_refresh_response(int status, TimePoint now);
    /// Agreed upon in a 2xx, of either side.
    void on_expiry(const SessionExpiry& expiry, TimePoint now);

    // --- ours -----------------------------------------------------------------------------------

    Actions end();

    /// Nobody is waiting and nothing is under way: only then is the session idle.
    void set_busy(bool is_busy) { is_busy_ = is_busy; }

    Actions on_time(TimePoint now);

    State state() const { return state_; }

    /// A message may be sent, if none is under way.
    bool is_open() const {
        return state_ == State::Open || (state_ == State::Answering && was_open_);
    }

    /// When on_time() is due; `never` if nothing is.
    TimePoint deadline() const;

  private:
    Session(State state, const Limits& limits, TimePoint now)
        : limits_(limits), used_at_(now), state_(state) {}

    Actions terminate(Actions actions = {});
    TimePoint idle_at() const;

    Limits limits_;
    TimePoint used_at_;             // by a message, of either side
    TimePoint resend_at_ = never;   // our 2xx (RFC 3261 §13.3.1.4)
    TimePoint give_up_at_ = never;  // on our INVITE, or on their ACK
    TimePoint expiry_at_ = never;   // refresh is due, or the session has expired
    Duration interval_ = t1;
    SessionExpiry expiry_;
    bool was_open_ = false;
    bool is_busy_ = false;
    State state_;
};

}  // namespace isthmus::sip
