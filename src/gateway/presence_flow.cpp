#include "gateway/presence_flow.h"

#include "gateway/watch_owner.h"
#include "translate/address.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace isthmus::gateway {

namespace {

std::uint32_t seconds_now() {
    return static_cast<std::uint32_t>(std::time(nullptr));
}

}  // namespace

PresenceFlow::PresenceFlow(const GatewayConfig& config,
                           const Admission& admission,
                           Counters& counters,
                           Timers& timers,
                           Random& random,
                           metrics::Registry& metrics)
    : config_(config),
      admission_(admission),
      decisions_(counters),
      timers_(timers),
      random_(random),
      metrics_(metrics),
      counters_(metrics),
      peers_(config.domains.size()),
      sweep_timer_(timers, [this] { on_sweep(); }),
      retry_timer_(timers, [this] { on_retry(); }),
      listing_timer_(timers, [this] { on_listing(); }),
      watch_timer_(timers, [this] { on_watch(); }) {}

PresenceFlow::~PresenceFlow() = default;

void PresenceFlow::attach(SipSide& sip_side,
                          sip::EventSender& events,
                          xmpp::Server& server,
                          subscriptions::Store& store) {
    sip_side_ = &sip_side;
    server_ = &server;
    store_ = &store;
    sip::SubscriberConfig subscribing;
    subscribing.max_subscriptions = config_.max_pairs;
    subscribers_ = sip::make_subscribers(subscribing, events, timers_, random_, metrics_, *this);
    sip::NotifierConfig notifying;
    notifying.interval = config_.notify_interval;
    // Several devices of a SIP user may watch the same contact.
    notifying.max_dialogs = std::max(notifying.max_dialogs, config_.max_pairs);
    notifiers_ = sip::make_notifiers(notifying, events, timers_, random_, metrics_, *this);
    ahead_.attach(*subscribers_, *notifiers_);
}

// --- pairs ------------------------------------------------------------------------------------

/// Within a turn several steps of one pair ask for them; outside they cannot be kept.
PresenceFlow::Ends PresenceFlow::ends_of(const Entry& entry, Arena& arena) const {
    if (depth_ == 0) {
        return make_ends(entry, arena);
    }
    if (ends_entry_ != &entry) {
        ends_ = make_ends(entry, arena_);
        ends_entry_ = &entry;
    }
    return ends_;
}

PresenceFlow::Ends PresenceFlow::make_ends(const Entry& entry, Arena& arena) const {
    Ends made;
    made.contact = xmpp::Jid::from_prepared(entry.contact());
    made.uri =
        entry.value.uri.empty() ? arena.concat("sip:", entry.user()) : entry.value.uri.view();
    made.sip_domain = entry.user().substr(entry.user().rfind('@') + 1);
    const ServedDomain* served = admission_.served_sip(made.sip_domain);
    const auto uri = sip::parse_uri(made.uri);
    if (served == nullptr || !uri) {
        return made;
    }
    const auto mapped = translate::to_jid(*uri, arena, served->xmpp);
    if (mapped) {
        made.user = mapped->jid.bare();
        made.is_served = sip_side_->serves(made.sip_domain);
    }
    return made;
}

PairHandle PresenceFlow::find(std::string_view user, const xmpp::Jid& contact) const {
    return book_.find(user, contact.local, contact.domain);
}

PairHandle PresenceFlow::make(std::string_view user,
                              const xmpp::Jid& contact,
                              std::string_view uri) {
    const PairHandle handle = book_.make(user, contact.local, contact.domain);
    by_user_.add(static_cast<std::uint32_t>(handle), user);
    Entry& entry = *book_.get(handle);
    if (!uri.starts_with("sip:") || uri.substr(4) != user) {
        entry.value.uri.assign(uri);
    }
    entry.value.since = seconds_now();
    entry.value.label = counters_.label_of(admission_.policy(), contact.domain);
    Domain& domain = domains_[std::string(contact.domain)];
    ++domain.pairs;
    domain.sample = handle;
    const std::size_t peer = peer_of(user.substr(user.rfind('@') + 1));
    if (peer < peers_.size()) {
        ++peers_[peer].pairs;
        if (book_.get(peers_[peer].sample) == nullptr) {
            peers_[peer].sample = handle;
        }
    }
    if (!watch_timer_.is_armed()) {
        arm_watch();
    }
    return handle;
}

void PresenceFlow::collect(PairHandle handle) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr || entry->value.xmpp_watches_sip.state() != OfSip::State::None ||
        entry->value.sip_watches_xmpp.state() != OfXmpp::State::None) {
        return;
    }
    const auto domain =
        domains_.find(std::string(xmpp::Jid::from_prepared(entry->contact()).domain));
    if (domain != domains_.end() && --domain->second.pairs == 0) {
        domains_away_ -= domain->second.reach == Reach::Down ? 1 : 0;
        domains_.erase(domain);
    }
    const std::size_t peer = peer_of(entry->user().substr(entry->user().rfind('@') + 1));
    if (peer < peers_.size()) {
        --peers_[peer].pairs;
    }
    end_dialogs(handle, *entry, sip::TerminationReason::Rejected, 0);
    refuse_held(handle, *entry);
    by_user_.remove(static_cast<std::uint32_t>(handle), entry->user());
    book_.erase(handle);
    recent_.add(handle);
    ends_entry_ = nullptr;
}

// --- the store --------------------------------------------------------------------------------

subscriptions::Record PresenceFlow::record_of(const Entry& entry) const {
    subscriptions::Record made;
    made.user = entry.user();
    made.contact = entry.contact();
    made.user_uri = entry.value.uri.empty() ? "sip:" + made.user : entry.value.uri.view();
    made.sip_watches_xmpp = entry.value.sip_watches_xmpp.standing();
    made.xmpp_watches_sip = entry.value.xmpp_watches_sip.standing();
    made.since = entry.value.since;
    const std::int64_t now = seconds_now();
    entry.value.dialogs.each([&](sip::SubscriptionHandle dialog) {
        made.dialogs.push_back(
            {notifiers_->save(dialog), now + std::int64_t{notifiers_->seconds_left(dialog)}});
    });
    if (made.xmpp_watches_sip == subscriptions::Standing::Active) {
        std::vector<std::string_view> shown;
        entry.value.sip_presence.available(shown);
        made.shown.assign(shown.begin(), shown.end());
    }
    return made;
}

void PresenceFlow::save(PairHandle handle, Entry& entry, Watch watch, bool is_waited_for) {
    using subscriptions::Standing;
    subscriptions::Store::Done done;
    if (watch == Watch::XmppWatchesSip &&
        entry.value.xmpp_watches_sip.standing() == Standing::None) {
        entry.value.sip_presence.clear();  // she has been told all that there was to tell
    }
    if (is_waited_for) {
        const std::uint16_t number = ++entry.value.saves[static_cast<std::size_t>(watch)];
        done = [this, handle, watch, number](bool is_saved) {
            on_saved(handle, watch, number, is_saved);
        };
    }
    if (entry.value.xmpp_watches_sip.standing() == Standing::None &&
        entry.value.sip_watches_xmpp.standing() == Standing::None) {
        store_->erase(entry.user(), entry.contact(), std::move(done));
    } else {
        store_->save(record_of(entry), std::move(done));
        if (is_waited_for && entry.value.xmpp_watches_sip.standing() == Standing::Active) {
            entry.value.sip_presence.set_stored(true);
        }
    }
}

/// What she is shown must be taken back after a restart, if it is gone by then. One write for each
/// new resource: those that leave may stay in the record.
void PresenceFlow::save_shown(PairHandle handle, Entry& entry) {
    store_->save(record_of(entry), [this, handle](bool is_saved) {
        Entry* still = is_saved ? nullptr : book_.get(handle);
        if (still != nullptr) {
            still->value.sip_presence.set_stored(false);  // the next news saves it again
        }
    });
    entry.value.sip_presence.set_stored(true);
}

void PresenceFlow::on_saved(PairHandle handle, Watch watch, std::uint16_t number, bool is_saved) {
    const Turn turn(*this);
    Entry* entry = book_.get(handle);
    if (entry != nullptr && !is_saved) {
        entry->value.sip_presence.set_stored(false);
    }
    if (entry != nullptr && entry->value.saves[static_cast<std::size_t>(watch)] != number) {
        return;  // something newer is being saved
    }
    if (watch == Watch::XmppWatchesSip) {
        return act(handle, is_saved ? OfSip::Event::Saved : OfSip::Event::NotSaved);
    }
    Done told;
    if (const auto change = contact_changes_.find(handle); change != contact_changes_.end()) {
        told = std::move(change->second);
        contact_changes_.erase(change);
    }
    act(handle, is_saved ? OfXmpp::Event::Saved : OfXmpp::Event::NotSaved);
    if (told) {
        told(is_saved ? Result<void>() : make_error(ErrorKind::Limit, "It could not be stored."));
    }
}

/// Called when the outcome of the Save that follows is known.
void PresenceFlow::tell_when_saved(PairHandle handle, Done done) {
    if (const Done& before = contact_changes_[handle]) {
        before(make_error(ErrorKind::Conflict, "The contact was changed meanwhile."));
    }
    contact_changes_[handle] = std::move(done);
}

void PresenceFlow::restore(const std::vector<subscriptions::Record>& records) {
    using subscriptions::Standing;
    const Turn turn(*this);
    book_.reserve(book_.size() + records.size());
    const std::int64_t now = seconds_now();
    for (const subscriptions::Record& record : records) {
        const xmpp::Jid contact = xmpp::Jid::from_prepared(record.contact);
        const bool is_none =
            record.sip_watches_xmpp == Standing::None && record.xmpp_watches_sip == Standing::None;
        const std::string_view sip_domain =
            std::string_view(record.user).substr(record.user.rfind('@') + 1);
        // What the configuration no longer has stays in the database.
        const bool is_ours =
            admission_.served_sip(sip_domain) != nullptr && sip_side_->serves(sip_domain);
        if (is_none || !is_ours || find(record.user, contact) != 0) {
            continue;
        }
        const PairHandle handle = make(record.user, contact, record.user_uri);
        Entry& entry = *book_.get(handle);
        Pair& pair = entry.value;
        pair.since = static_cast<std::uint32_t>(record.since);
        pair.xmpp_watches_sip = OfSip::restored(record.xmpp_watches_sip);
        pair.sip_watches_xmpp = OfXmpp::restored(record.sip_watches_xmpp);
        pair.needs_turn = true;
        for (const std::string& resource : record.shown) {
            pair.sip_presence.assume(resource);
        }
        halves_ += record.xmpp_watches_sip == Standing::None ? 0 : 1;
        halves_ += record.sip_watches_xmpp == Standing::None ? 0 : 1;
        counters_.add(Watch::XmppWatchesSip, pair.label, record.xmpp_watches_sip, 1);
        counters_.add(Watch::SipWatchesXmpp, pair.label, record.sip_watches_xmpp, 1);
        for (const subscriptions::WatchDialog& dialog : record.dialogs) {
            const auto slot = dialog.expires_at > now ? pair.dialogs.take() : std::nullopt;
            if (!slot) {
                continue;
            }
            const sip::SubscriptionHandle made =
                notifiers_->restore(dialog.saved,
                                    static_cast<std::uint32_t>(dialog.expires_at - now),
                                    owner_of(handle, *slot));
            if (made == 0) {
                pair.dialogs.release(*slot);
            } else {
                pair.dialogs.set(*slot, made);
            }
        }
    }
}

void PresenceFlow::begin() {
    if (book_.size() != 0) {
        start(Walk::Policy, {});
        start(Walk::Restore, {});
    }
}

// --- what both directions need ----------------------------------------------------------------

std::uint64_t PresenceFlow::cookie_of(PairHandle handle, Watch watch) const {
    return kCookie | std::uint64_t{watch == Watch::SipWatchesXmpp} << 62U | handle;
}

bool PresenceFlow::send(const xmpp::Jid& from,
                        const xmpp::Jid& to,
                        xmpp::PresenceType type,
                        std::uint64_t cookie) {
    xmpp::Presence stanza;
    stanza.from = from;
    stanza.to = to;
    stanza.type = type;
    return server_->send(stanza, cookie);
}

void PresenceFlow::refuse(const xmpp::Presence& presence,
                          const xmpp::StanzaError& error,
                          std::string_view code,
                          std::string_view text) {
    server_->send_error(
        xmpp::Kind::Presence, presence.to.bare(), presence.from.bare(), presence.id, error);
    note_refused(Watch::XmppWatchesSip,
                 presence.to.to_bare_string(),
                 presence.from.to_bare_string(),
                 code,
                 text);
}

bool PresenceFlow::is_contact(std::string_view user,
                              std::string_view sip_domain,
                              const xmpp::Jid& contact) const {
    thread_local std::string name;
    name.assign(user).append("@").append(sip_domain);
    const Entry* entry = book_.get(find(name, contact));
    return entry != nullptr &&
           entry->value.sip_watches_xmpp.standing() != subscriptions::Standing::None;
}

// --- stanzas ----------------------------------------------------------------------------------

void PresenceFlow::on_presence(const xmpp::Presence& presence) {
    using xmpp::PresenceType;
    const Turn turn(*this);
    const ServedDomain* served = admission_.served_xmpp(presence.to.domain);
    const bool is_ours = served != nullptr && sip_side_->serves(served->sip);
    const auto key = xmpp::account_key(presence.to.local, arena_);
    if (!is_ours || !key || presence.to.local.empty()) {
        if (presence.type == PresenceType::Subscribe) {
            refuse(presence,
                   xmpp::StanzaError::of(is_ours ? xmpp::Condition::ItemNotFound
                                                 : xmpp::Condition::ServiceUnavailable),
                   "IST-POL-006",
                   "no such user");
        }
        return;
    }
    const std::string_view user = arena_.concat(*key, "@", served->sip);
    const PairHandle handle = find(user, presence.from);
    switch (presence.type) {
        case PresenceType::Available:
        case PresenceType::Unavailable:
            return take_presence(handle, presence);
        case PresenceType::Subscribe:
            return on_xmpp_subscribe(presence, *served, user);
        case PresenceType::Unsubscribe:
            return act(handle, OfSip::Event::Unsubscribe);
        case PresenceType::Subscribed:
            return act(handle, OfXmpp::Event::Subscribed);
        case PresenceType::Unsubscribed:
            act(handle, OfXmpp::Event::Unsubscribed);
            return check_consent(handle);
        case PresenceType::Probe:
            if (handle == 0) {
                // RFC 6121 §4.3.2: repairs a roster that is out of step.
                send(presence.to.bare(), presence.from.bare(), PresenceType::Unsubscribed, 0);
                return;
            }
            return act(handle, OfSip::Event::Probe);
        case PresenceType::Error:
            return take_error(handle, presence);
    }
}

}  // namespace isthmus::gateway
