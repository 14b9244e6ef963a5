// What an administrator sees of subscriptions and contacts, and how they are steered. Values only.
// Asked on the traffic thread.
#pragma once

#include "base/result.h"
#include "sip/event_usage.h"
#include "subscriptions/record.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::gateway {

/// One direction of one pair.
struct SubscriptionStatus {
    std::string id;         ///< for get, refresh and end; holds while the process runs
    std::string direction;  ///< "sip_watches_xmpp" or "xmpp_watches_sip"
    std::string user;       ///< "alice@contoso.example"
    std::string contact;    ///< "juliet@fabrikam.example"
    std::string partner;    ///< primary domain; empty if none holds the contact's domain
    subscriptions::Standing standing = subscriptions::Standing::None;
    std::string state;        ///< of the machine: "waiting", "subscribing", "live", ...
    std::string why;          ///< a plain sentence: why it is pending or not live; empty if live
    std::string code;         ///< IST code of the last failure; empty: none
    std::int64_t since = 0;   ///< seconds since 1970
    std::size_t dialogs = 0;  ///< SIP dialogs that serve it
    std::int64_t expires_in = 0;        ///< seconds, of the one that ends last; 0: none
    std::int64_t next_attempt_in = -1;  ///< seconds until it is tried again; -1: nothing planned
    std::string last_notify;            ///< "phone: available, away"; empty: none yet
    std::int64_t last_notify_at = 0;    ///< seconds since 1970
    std::string last_presence;          ///< "balcony: available, away"; empty: none yet
    std::int64_t last_presence_at = 0;  ///< seconds since 1970
};

struct SubscriptionFilter {
    std::string user;     ///< empty: all
    std::string contact;  ///< empty: all
    std::string partner;  ///< primary domain; empty: all
    std::size_t offset = 0;
    std::size_t limit = 100;
};

struct SubscriptionPage {
    std::vector<SubscriptionStatus> items;
    std::size_t total = 0;  ///< all that match
};

/// One SIP dialog of an event usage.
struct DialogStatus {
    std::string id;    ///< for get_dialog and end_dialog; holds while the process runs
    std::string role;  ///< what we are in it: "subscriber", "notifier"; "session": INVITE
    std::string user;  ///< as the subscription that it serves
    std::string contact;
    std::string partner;
    std::string subscription;  ///< id of that; empty: a session
    std::string call_id;
    std::string local_tag;
    std::string remote_tag;  ///< empty: not established yet
    std::string local;       ///< `<sip:juliet@fabrikam.example>`
    std::string remote;
    std::string target;  ///< Request-URI of our requests
    std::string route;   ///< empty: none
    std::string event;   ///< empty: a session
    std::uint32_t local_cseq = 0;
    std::uint32_t remote_cseq = 0;
    std::int64_t expires_in = 0;  ///< seconds; of a session what its timer was set to

    /// What the room sip knows of it.
    void take(sip::DialogView&& seen) {
        call_id = std::move(seen.call_id);
        local_tag = std::move(seen.local_tag);
        remote_tag = std::move(seen.remote_tag);
        local = std::move(seen.local);
        remote = std::move(seen.remote);
        target = std::move(seen.target);
        route = std::move(seen.route);
        event = std::move(seen.event);
        local_cseq = seen.local_cseq;
        remote_cseq = seen.remote_cseq;
        expires_in = seen.expires_in;
    }
};

struct DialogPage {
    std::vector<DialogStatus> items;
    std::size_t total = 0;
};

/// A pair that has changed, as it is now: without subscriptions it is gone.
struct PairNews {
    std::string pair;  ///< what the ids of its subscriptions begin with
    std::vector<SubscriptionStatus> subscriptions;
    std::vector<DialogStatus> dialogs;
};

struct PresenceNews {
    std::uint64_t last = 0;    ///< number of the last change
    std::size_t left_out = 0;  ///< changes that are not told one by one
    std::vector<PairNews> pairs;
};

/// The steering wheel, which the presence flow is.
class Subscriptions {
  public:
    virtual ~Subscriptions() = default;
    using ListDone = std::function<void(Result<SubscriptionPage>)>;
    /// A page, in the order in which the pairs lie in memory. `done` once: within the call if there
    /// is little to look at, else when all pairs have been looked at in slices; Limit if too many
    /// ask at once.
    virtual void list(SubscriptionFilter filter, ListDone done) = 0;
    virtual std::optional<SubscriptionStatus> get(std::string_view id) const = 0;
    /// Asks both sides for the present state. False: no such id.
    virtual bool refresh(std::string_view id) = 0;
    /// Ends that direction for good and tells both sides. False: no such id.
    virtual bool end(std::string_view id) = 0;

    using DialogsDone = std::function<void(Result<DialogPage>)>;
    /// The dialogs of all pairs that the filter lets pass, as list() goes about it.
    virtual void list_dialogs(SubscriptionFilter filter, DialogsDone done) = 0;
    virtual std::optional<DialogStatus> get_dialog(std::string_view id) const = 0;
    /// Ends one dialog; what it served stands: we subscribe again at once, and watchers are told
    /// that they may (RFC 6665 §4.1.3, deactivated). False: no such id.
    virtual bool end_dialog(std::string_view id) = 0;

    /// What changed after change number `after`; at most `limit` pairs.
    virtual PresenceNews news(std::uint64_t after, std::size_t limit) const = 0;

    /// Contacts: the SIP user's list, that is all pairs whose SIP user watches or wants to watch.
    using Done = std::function<void(Result<void>)>;
    /// As if the SIP user had added the contact: asks the XMPP user for her presence. `done` when
    /// it is stored; NotAuthorized if policy forbids it, Conflict if it is there already.
    virtual void add_contact(std::string_view user, std::string_view jid, Done done) = 0;
    /// NotFound if it is not there.
    virtual void remove_contact(std::string_view user, std::string_view jid, Done done) = 0;
};

}  // namespace isthmus::gateway
