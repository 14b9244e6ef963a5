// An XMPP user watches a SIP user: the authorisation, which lasts, and the SUBSCRIBE dialog of
// ours that serves it, which comes and goes. Pure: event in, actions out; no clock, no texts.
// RFC 8048 §5.2, RFC 6665 §4.1, RFC 6121 §3 and §4.3.
#pragma once

#include "subscriptions/actions.h"
#include "subscriptions/record.h"

#include <cstdint>
#include <string_view>

namespace isthmus::subscriptions {

class XmppWatchesSip {
  public:
    enum class State : std::uint8_t {
        None,
        Saving,       ///< asked for; nothing is done before the record is safe
        Subscribing,  ///< SUBSCRIBE is out, no NOTIFY has come
        Live,         ///< there is a dialog
        Waiting,      ///< no dialog; a new attempt follows later
        Resting,      ///< no dialog, and the SIP side said not to ask again
        Ending,       ///< ended; its loss is being saved before the watcher is told
    };

    enum class Event : std::uint8_t {
        // The XMPP user
        Subscribe,
        Unsubscribe,
        Probe,  ///< her return; that she leaves is no event: the dialog is kept (7.07)
        // The store, about the last Save
        Saved,
        NotSaved,
        // The SIP user's side
        NotifyPending,
        NotifyActive,
        NotifyTerminated,  ///< with reason and retry_after
        Refused,           ///< the initial SUBSCRIBE; with status and retry_after
        Unanswered,        ///< no response, no NOTIFY, or the dialog ran out
        DialogGone,        ///< a refresh got a status that ends the dialog; with status
        // The links
        PeerDown,
        PeerUp,
        PartnerUp,
        // People in charge
        Withdrawn,  ///< policy, an administrator, or the SIP user's consent is gone
        Refresh,    ///< an administrator asks for the state of now
        RetryDue,   ///< of Retry, or the turn of a restored pair
    };

    /// RFC 6665 §4.1.3.
    enum class Reason : std::uint8_t {
        Other,
        Deactivated,
        Probation,
        Rejected,
        Timeout,
        GiveUp,
        NoResource,
        Invariant,
    };

    enum class Do : std::uint8_t {
        Save,  ///< the record of the pair (or its end); Saved or NotSaved follows
        Subscribe,
        RefreshDialog,
        EndDialog,  ///< Expires 0; nothing more is heard of it
        Retry,      ///< RetryDue after that many seconds or a little more
        CancelRetry,
        TellSubscribed,
        TellUnsubscribed,
        TellPresence,     ///< what the SIP side said last, as far as the watcher does not know it
        TellState,        ///< all that the watcher should know, again
        TellUnavailable,  ///< of everything that was announced
        Forget,           ///< what the SIP side said last, of which nothing was told
        TellError,        ///< to her subscribe: the counterpart of that status
        TellBusy,         ///< to her subscribe: resource-constraint
    };

    using List = Actions<Do>;

    struct Details {
        Reason reason = Reason::Other;
        std::uint32_t retry_after = 0;  ///< seconds; 0: not said
        int status = 0;
    };

    /// After a restart: waits for its turn.
    static XmppWatchesSip restored(Standing standing);

    List on(Event event, const Details& details);

    List on(Event event) { return on(event, Details{}); }

    State state() const { return state_; }

    /// What the record says.
    Standing standing() const { return standing_; }

    /// Whether the watcher has heard `subscribed` and may be given presence.
    bool is_told() const { return standing_ == Standing::Active && !is_granting_; }

    bool operator==(const XmppWatchesSip&) const = default;

  private:
    List on_subscribe();
    List on_unsubscribe();
    List on_probe();
    List on_saved();
    List on_not_saved();
    List on_notify(bool is_active);
    List on_terminated(const Details& details);
    List on_status(const Details& details);
    List on_peer_down();
    List on_peer_up();
    List on_withdrawn();
    List on_refresh();
    List on_retry_due();

    List subscribe();
    List subscribe_at_once();
    List wait(std::uint32_t at_least, bool is_rare = false);
    List hide() const;
    List lose();
    List end();
    List no_such_user(int status);

    bool has_dialog() const { return state_ == State::Subscribing || state_ == State::Live; }

    State state_ = State::None;
    Standing standing_ = Standing::None;
    bool is_granting_ = false;   ///< Active is being saved; nothing was told
    std::uint8_t failures_ = 0;  ///< dialogs lost in a row
};

std::string_view state_name(XmppWatchesSip::State state);  ///< "none", "saving", ...

}  // namespace isthmus::subscriptions
