// A SIP user watches an XMPP user: one authorisation, which lasts, for any number of dialogs, which
// come and go with the SIP user's devices. Pure: event in, actions out; no clock, no texts.
// RFC 8048 §5.3, RFC 6665 §4.2, RFC 6121 §3.
#pragma once

#include "subscriptions/actions.h"
#include "subscriptions/record.h"

#include <cstdint>
#include <string_view>

namespace isthmus::subscriptions {

class SipWatchesXmpp {
  public:
    enum class State : std::uint8_t {
        None,
        Saving,    ///< asked for; neither side is told before the record is safe
        Pending,   ///< `subscribe` was sent
        Granting,  ///< `subscribed` came; told when that is saved
        Active,
    };

    enum class Event : std::uint8_t {
        // The SIP user
        Subscribe,  ///< a new dialog
        Fetch,      ///< Expires 0 outside a dialog
        Refreshed,  ///< a dialog was refreshed; its NOTIFY follows by itself
        Left,       ///< he ended a dialog
        Lost,       ///< a dialog expired, or its NOTIFY found nobody
        Added,      ///< the contact, in a list that is not made of dialogs
        // The XMPP user
        Subscribed,
        Unsubscribed,
        Presence,     ///< another than before
        NoSuchUser,   ///< an error that says so
        Forbidden,    ///< an error that says so
        Unreachable,  ///< any other error
        // The store, about the last Save
        Saved,
        NotSaved,
        // The links
        PartnerDown,
        PartnerUp,
        PeerUp,
        // People in charge
        Withdrawn,  ///< policy, an administrator, or the contact was removed
        Refresh,    ///< an administrator asks for the state of now
        RetryDue,   ///< of Retry, while the state is still the same, or the turn of a restored pair
    };

    /// What the pair is like when the event comes.
    struct Facts {
        bool has_dialogs = false;  ///< besides the one that the event is about
        bool is_known = false;     ///< there is presence of the XMPP user
        bool is_shown = false;     ///< she is given the SIP user's presence
        bool is_away = false;      ///< her domain, and PartnerUp is to come; for RetryDue
    };

    enum class Do : std::uint8_t {
        Save,         ///< the record of the pair (or its end); Saved or NotSaved follows
        SaveDialogs,  ///< the same, and nobody waits for it
        Hold,         ///< the request waits for Saved or NotSaved; its dialog is part of the record
        Accept,       ///< the request, at once: it makes no dialog
        AcceptHeld,
        RefuseHeld,   ///< 500
        Notify,       ///< all dialogs
        EndRejected,  ///< all dialogs: NOTIFY terminated;reason=...
        EndNoResource,
        EndProbation,  ///< retry-after in seconds
        SendSubscribe,
        SendUnsubscribe,
        SendProbe,
        SendUnavailable,
        Forget,  ///< her presence: she counts as unavailable
        Retry,   ///< RetryDue after that many seconds or a little more; replaces the one before
    };

    using List = Actions<Do>;

    static SipWatchesXmpp restored(Standing standing);

    List on(Event event, const Facts& facts);

    List on(Event event) { return on(event, Facts{}); }

    State state() const { return state_; }

    Standing standing() const;

    /// Whether presence of the XMPP user counts (RFC 6121 §4.4.2).
    bool takes_presence() const { return state_ == State::Granting || state_ == State::Active; }

    bool operator==(const SipWatchesXmpp&) const = default;

  private:
    List on_subscribe(const Facts& facts);
    List on_retry_due(const Facts& facts);
    List ask_anew();
    std::uint32_t next_question();
    List on_saved();
    List on_not_saved();
    List end(Do how);
    List withdraw();

    bool is_asked() const { return state_ != State::None && state_ != State::Saving; }

    State state_ = State::None;
    std::uint8_t questions_ = 0;  ///< that were planned since she is asked
};

std::string_view state_name(SipWatchesXmpp::State state);  ///< "none", "saving", ...

}  // namespace isthmus::subscriptions
