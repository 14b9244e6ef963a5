// Presence, both ways: joins the machines of subscriptions/, the dialogs of the SIP wing, the
// stanzas of the XMPP wing and the store. An XMPP user watches a SIP user: presence_of_sip. A SIP
// user watches an XMPP user: presence_of_xmpp. RFC 8048. Traffic thread only.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "gateway/admission.h"
#include "gateway/contacts.h"
#include "gateway/counters.h"
#include "gateway/explanation.h"
#include "gateway/gateway_config.h"
#include "gateway/presence_ahead.h"
#include "gateway/presence_counters.h"
#include "gateway/presence_pair.h"
#include "gateway/presence_reach.h"
#include "gateway/presence_status.h"
#include "gateway/recent_pairs.h"
#include "gateway/sip_side.h"
#include "sip/notifier.h"
#include "sip/subscriber.h"
#include "subscriptions/store.h"
#include "subscriptions/user_index.h"
#include "translate/presence.h"
#include "xmpp/server.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace isthmus::gateway {

class PresenceFlow final : public Contacts,
                           public Subscriptions,
                           private sip::SubscriberHandler,
                           private sip::NotifierHandler,
                           private sip::ResponseHandler {
  public:
    /// Marks the cookies of its stanzas.
    static constexpr std::uint64_t kCookie = std::uint64_t{1} << 63U;

    PresenceFlow(const GatewayConfig& config,
                 const Admission& admission,
                 Counters& counters,
                 Timers& timers,
                 Random& random,
                 metrics::Registry& metrics);
    ~PresenceFlow() override;
    PresenceFlow(const PresenceFlow&) = delete;
    PresenceFlow& operator=(const PresenceFlow&) = delete;
    PresenceFlow(PresenceFlow&&) = delete;
    PresenceFlow& operator=(PresenceFlow&&) = delete;

    void attach(SipSide& sip_side,
                sip::EventSender& events,
                xmpp::Server& server,
                subscriptions::Store& store);

    /// After a restart, before traffic.
    void restore(const std::vector<subscriptions::Record>& records);

    /// What was restored is asked for again, paced. Not before the listeners are open: the answers
    /// come to where our Contact says.
    void begin();

    void on_subscribe(const sip::Request& request,
                      const sip::Origin& origin,
                      std::unique_ptr<sip::IncomingRequest> transaction);
    void on_notify(const sip::Request& request,
                   const sip::Origin& origin,
                   std::unique_ptr<sip::IncomingRequest> transaction);
    void on_presence(const xmpp::Presence& presence);

    /// To be told what is to come soon.
    PresenceAhead& ahead() { return ahead_; }

    void on_sent(std::uint64_t cookie);
    void on_not_sent(std::uint64_t cookie, const Error& error);
    void on_link(std::string_view remote_domain, xmpp::LinkEvent event);

    /// Another snapshot is in force: what it no longer allows is ended, in slices; then `done`,
    /// at once if there is nothing to look at.
    void recheck(std::function<void()> done);

    void abandon() {
        held_.clear();
        listings_.clear();
    }

    std::size_t pending() const { return held_.size(); }

    /// Directions of pairs that somebody asked for.
    std::size_t subscription_count() const { return halves_; }

    /// Changes of pairs ever; see news().
    std::uint64_t change_count() const { return recent_.last(); }

    /// SIP dialogs, both roles.
    std::size_t dialog_count() const;

    // Contacts
    bool is_contact(std::string_view user,
                    std::string_view sip_domain,
                    const xmpp::Jid& contact) const override;

    // Subscriptions
    void list(SubscriptionFilter filter, ListDone done) override;
    std::optional<SubscriptionStatus> get(std::string_view id) const override;
    bool refresh(std::string_view id) override;
    bool end(std::string_view id) override;
    void list_dialogs(SubscriptionFilter filter, DialogsDone done) override;
    std::optional<DialogStatus> get_dialog(std::string_view id) const override;
    bool end_dialog(std::string_view id) override;
    PresenceNews news(std::uint64_t after, std::size_t limit) const override;
    void add_contact(std::string_view user, std::string_view jid, Done done) override;
    void remove_contact(std::string_view user, std::string_view jid, Done done) override;

  private:
    using OfSip = subscriptions::XmppWatchesSip;
    using OfXmpp = subscriptions::SipWatchesXmpp;
    using Entry = PairBook::Entry;

    /// The two ends of a pair as the protocols name them. Views live as long as the arena.
    struct Ends {
        xmpp::Jid user;     ///< bare
        xmpp::Jid contact;  ///< bare
        std::string_view uri;
        std::string_view sip_domain;
        bool is_served = false;
    };

    /// A SUBSCRIBE that waits until its dialog is saved.
    struct Held {
        sip::PreparedWatch dialog;
        std::uint8_t slot = 0;
        std::unique_ptr<sip::IncomingRequest> transaction;
    };

    /// A SUBSCRIBE outside a dialog that is being looked at.
    struct Asked {
        const sip::Request& request;
        std::unique_ptr<sip::IncomingRequest>& transaction;
        sip::WatchRequest granted;
        bool is_refused = false;  ///< answered: there was no room, or it makes no dialog
    };

    using Walk = PresenceWalk;
    using Sweep = PresenceSweep;

    /// A page that is being made.
    struct Listing {
        SubscriptionFilter filter;
        ListDone done;  ///< null: it is dialogs that are listed
        SubscriptionPage page;
        DialogsDone dialogs_done;
        DialogPage dialogs;
        std::uint32_t place = 0;  ///< in the book, where no user is named
        PairHandle next = 0;      ///< the user's next pair; 0: the end
    };

    struct Retry {
        TimePoint due;
        PairHandle pair = 0;
        Watch watch = Watch::XmppWatchesSip;
    };

    static constexpr unsigned kChecks = 3;  ///< dialogs that a PeerCheck asks about

    using Domain = PresenceDomain;
    using Peer = PresencePeer;

    /// Everything that comes from the loop begins with one: the arena starts afresh.
    class Turn;

    // presence_flow
    Ends ends_of(const Entry& entry, Arena& arena) const;
    Ends make_ends(const Entry& entry, Arena& arena) const;
    PairHandle find(std::string_view user, const xmpp::Jid& contact) const;
    PairHandle make(std::string_view user, const xmpp::Jid& contact, std::string_view uri);
    void collect(PairHandle handle);
    void save(PairHandle handle, Entry& entry, Watch watch, bool is_waited_for);
    void save_shown(PairHandle handle, Entry& entry);
    void on_saved(PairHandle handle, Watch watch, std::uint16_t number, bool is_saved);
    void tell_when_saved(PairHandle handle, Done done);
    subscriptions::Record record_of(const Entry& entry) const;
    bool send(const xmpp::Jid& from,
              const xmpp::Jid& to,
              xmpp::PresenceType type,
              std::uint64_t cookie);
    void count_standing(Entry& entry, Watch watch, subscriptions::Standing before);
    void note(const Entry& entry, Watch watch, std::string_view code, std::string_view text);
    /// By policy.
    void note_refused(Watch watch, const xmpp::Jid& contact, const PolicyRefusal& refusal);
    void note_refused(Watch watch,
                      std::string_view user,
                      std::string_view contact,
                      std::string_view code,
                      std::string_view text);
    void note_partner(std::string_view name, const Domain& domain) const;
    void note_peer(std::size_t index) const;
    void note_forgetful(std::size_t index) const;
    std::int64_t seconds_since(TimePoint since) const;
    void note_update(const Entry& entry, Watch watch, std::size_t stanzas) const;
    bool may_log();
    void fail(Entry& entry, Watch watch, std::string_view code, std::string_view text);
    void refuse(const xmpp::Presence& presence,
                const xmpp::StanzaError& error,
                std::string_view code,
                std::string_view text);
    std::uint64_t cookie_of(PairHandle handle, Watch watch) const;

    // presence_of_sip
    void act(PairHandle handle, OfSip::Event event, const OfSip::Details& details = {});
    void perform(PairHandle handle, Entry& entry, const Ends& ends, const OfSip::List& list);
    void subscribe(PairHandle handle, Entry& entry, const Ends& ends);
    void plan_retry(PairHandle handle, Entry& entry, Watch watch, std::uint32_t seconds);
    void show(Entry& entry, const xmpp::Presence& presence);
    void owe(Entry& entry, std::string_view contact_domain);
    void tell_owed(PairHandle handle, Entry& entry);
    void tell_fresh(Entry& entry, const Ends& ends);
    void tell_state(Entry& entry, const Ends& ends);
    void show_unavailable(Entry& entry, const Ends& ends, std::string_view resource);
    void tell_unavailable(Entry& entry, const Ends& ends);
    void settle_shown(PairHandle handle, bool has_document);
    bool hide_note(PairHandle handle, const policy::Partner& partner);
    void take_document(Entry& entry, const sip::Notification& notification, int& status);
    void on_xmpp_subscribe(const xmpp::Presence& presence,
                           const ServedDomain& served,
                           std::string_view user);
    // sip::SubscriberHandler
    int on_notify(std::uint64_t owner, const sip::Notification& notification) override;
    void on_end(std::uint64_t owner,
                sip::SubscriptionEnd end,
                int status,
                std::optional<std::uint32_t> retry_after) override;

    // presence_of_xmpp
    void act(PairHandle handle, OfXmpp::Event event, Asked* asked = nullptr);
    void perform(
        PairHandle handle, Entry& entry, const Ends& ends, const OfXmpp::List& list, Asked* asked);
    void hold(PairHandle handle, Entry& entry, std::string_view sip_domain, Asked& asked);
    std::vector<Held> take_held(PairHandle handle);
    void accept_held(PairHandle handle);
    void refuse_held(PairHandle handle, Entry& entry);
    void end_dialogs(PairHandle handle,
                     Entry& entry,
                     sip::TerminationReason reason,
                     std::uint32_t retry_after);
    void notify(Entry& entry, const Ends& ends);
    void take_presence(PairHandle handle, const xmpp::Presence& presence);
    void take_error(PairHandle handle, const xmpp::Presence& presence);
    void write_document(const Entry& entry,
                        bool is_closed,
                        Arena& arena,
                        sip::NotifyContent& into) const;
    void check_consent(PairHandle handle);
    // sip::NotifierHandler
    void describe(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) override;
    void describe_end(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) override;
    void on_refresh(std::uint64_t owner) override;
    void on_end(std::uint64_t owner, End end) override;
    bool is_peer_away(std::uint64_t owner) override;

    // presence_links
    void start(Walk walk, std::string_view domain);
    void on_sweep();
    bool visit(Sweep& sweep, PairHandle handle);
    bool visit_policy(PairHandle handle, Entry& entry);
    void on_retry();
    void set_reach(std::string_view name, Domain& domain, xmpp::LinkEvent event);
    bool is_away(std::string_view contact_domain) const;
    void ask_domain(std::string_view name, Domain& domain);
    // presence_peers
    void on_watch();
    void arm_watch();
    void ask_peer(std::size_t index);
    void set_peer(std::size_t index, bool is_down);
    std::size_t peer_of(std::string_view sip_domain) const;
    bool is_peer_down(std::string_view sip_domain) const;
    void check_peer(std::size_t index);
    bool check(Entry& entry);
    void suspect(std::size_t index);
    void trust(std::size_t index);
    // sip::ResponseHandler, of OPTIONS
    void on_response(std::uint64_t cookie, const sip::Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;

    // presence_listing
    void on_listing();
    bool go_on(Listing& listing);
    PairHandle take_next(Listing& listing) const;
    PairHandle pair_at(std::uint32_t place) const;
    bool is_listed(const SubscriptionFilter& filter, const Entry& entry) const;
    unsigned enter(Listing& listing, PairHandle handle) const;
    void begin_listing(Listing made);
    static void tell_listed(Listing& listing);

    // presence_dialogs
    unsigned enter_dialogs(Listing& listing, PairHandle handle, const Entry& entry) const;
    std::optional<DialogStatus> dialog_of(std::uint64_t dialog, Watch watch) const;

    // presence_status
    SubscriptionStatus status_of(PairHandle handle, const Entry& entry, Watch watch) const;
    std::string why_of(const Entry& entry, Watch watch) const;
    std::string why_pending(const Entry& entry) const;
    std::int64_t next_attempt_in(const Entry& entry, Watch watch) const;

    const GatewayConfig& config_;
    const Admission& admission_;
    Counters& decisions_;
    Timers& timers_;
    Random& random_;
    metrics::Registry& metrics_;
    PresenceCounters counters_;
    SipSide* sip_side_ = nullptr;
    xmpp::Server* server_ = nullptr;
    subscriptions::Store* store_ = nullptr;
    std::unique_ptr<sip::Subscribers> subscribers_;
    std::unique_ptr<sip::Notifiers> notifiers_;

    PairBook book_;
    subscriptions::UserIndex by_user_;
    std::size_t halves_ = 0;  ///< directions that somebody asked for, of all pairs
    RecentPairs recent_;
    std::deque<Listing> listings_;
    std::unordered_map<PairHandle, std::vector<Held>> held_;
    std::unordered_map<PairHandle, Done> contact_changes_;  ///< that are being saved
    std::unordered_map<std::string, Domain> domains_;
    std::size_t domains_away_ = 0;
    std::vector<Peer> peers_;  ///< by place in config_.domains
    std::deque<Sweep> sweeps_;
    std::vector<Retry> retries_;  ///< a heap, the next first
    std::function<void()> on_rechecked_;
    double turns_ = 0;  ///< that paced walks may take
    Timer sweep_timer_;
    Timer retry_timer_;
    Timer listing_timer_;
    Timer watch_timer_;
    TimePoint watch_due_{};

    PresenceAhead ahead_{book_};
    mutable Arena arena_;
    unsigned depth_ = 0;
    mutable const Entry* ends_entry_ = nullptr;  ///< whose ends_ are, in this turn
    mutable Ends ends_;
    bool is_sweeping_ = false;  ///< a walk is visiting pairs
    mutable translate::Stamps stamps_;
    std::vector<xmpp::Presence> fresh_;  ///< of the document being read
    std::vector<std::string_view> announced_;
    std::uint32_t log_budget_ = 0;
    std::int64_t log_second_ = -1;
};

class PresenceFlow::Turn {
  public:
    explicit Turn(PresenceFlow& flow) : flow_(flow) {
        if (flow_.depth_++ == 0) {
            flow_.arena_.reset();
            flow_.ends_entry_ = nullptr;
            flow_.ahead_.fetch();
        }
    }

    ~Turn() { --flow_.depth_; }

    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn(Turn&&) = delete;
    Turn& operator=(Turn&&) = delete;

  private:
    PresenceFlow& flow_;
};

}  // namespace isthmus::gateway
