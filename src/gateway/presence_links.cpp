// What happens to whole partners and SIP peers: walks over all pairs in slices, retries, and the
// question whether a partner that was away is back. Nothing here takes long at once, however many
// pairs there are.
#include "gateway/presence_flow.h"
#include "gateway/watch_owner.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace isthmus::gateway {

namespace {

constexpr Duration kSlice = std::chrono::milliseconds(5);
constexpr unsigned kVisits = 2000;        // of a walk in one slice
constexpr std::uint32_t kFullRetry = 10;  // seconds; the link's queue was full

}  // namespace

// --- walks ------------------------------------------------------------------------------------

void PresenceFlow::start(Walk walk, std::string_view domain) {
    const auto is_over = [&](const Sweep& sweep) {
        if (sweep.domain != domain) {
            return false;
        }
        return sweep.walk == walk || (sweep.walk == Walk::PartnerDown && walk == Walk::PartnerUp) ||
               (sweep.walk == Walk::PartnerUp && walk == Walk::PartnerDown) ||
               (sweep.walk == Walk::PeerDown && walk == Walk::PeerUp) ||
               (sweep.walk == Walk::PeerUp && walk == Walk::PeerDown);
    };
    std::erase_if(sweeps_, is_over);
    sweeps_.push_back({.walk = walk, .domain = std::string(domain)});
    if (!sweep_timer_.is_armed()) {
        turns_ = 0;
        sweep_timer_.arm(kSlice);
    }
}

void PresenceFlow::on_sweep() {
    const Turn turn(*this);
    const double rate = std::max(1U, admission_.policy().gateway().presence_restore_rate);
    turns_ = std::min(turns_ + rate * std::chrono::duration<double>(kSlice).count(),
                      std::max(rate / 10, 1.0));
    // By place: a visit may start a walk, never end one.
    for (std::size_t i = 0; i < sweeps_.size();) {
        Sweep sweep = std::move(sweeps_[i]);
        const bool is_paced = sweep.walk == Walk::Restore || sweep.walk == Walk::PartnerUp ||
                              sweep.walk == Walk::PartnerDrained || sweep.walk == Walk::PeerUp;
        bool is_done = false;
        for (unsigned visits = 0; visits < kVisits && !(is_paced && turns_ < 1); ++visits) {
            const PairHandle handle = book_.next(sweep.place);
            if (handle == 0) {
                is_done = true;
                break;
            }
            is_sweeping_ = true;
            const bool has_cost = visit(sweep, handle);
            is_sweeping_ = false;
            if (has_cost && is_paced) {
                turns_ -= 1;
            }
        }
        if (is_done) {
            const Walk walk = sweep.walk;
            if (walk == Walk::PeerUp) {
                trust(peer_of(sweep.domain));
            }
            sweeps_.erase(sweeps_.begin() + static_cast<std::ptrdiff_t>(i));
            if (walk == Walk::Policy && on_rechecked_) {
                std::exchange(on_rechecked_, nullptr)();
            }
        } else {
            sweeps_[i] = std::move(sweep);
            ++i;
        }
    }
    if (!sweeps_.empty()) {
        sweep_timer_.arm(kSlice);
    }
}

/// Whether it cost the other side something.
bool PresenceFlow::visit(Sweep& sweep, PairHandle handle) {
    Entry& entry = *book_.get(handle);
    const std::string_view contact = xmpp::Jid::from_prepared(entry.contact()).domain;
    const std::string_view user = entry.user().substr(entry.user().rfind('@') + 1);
    const bool is_of_partner = sweep.domain.empty() || sweep.domain == contact;
    const bool is_of_peer = sweep.domain == user;
    switch (sweep.walk) {
        case Walk::Policy:
            return visit_policy(handle, entry);
        case Walk::Restore:
            if (!std::exchange(entry.value.needs_turn, false)) {
                return false;
            }
            act(handle, OfSip::Event::RetryDue);
            act(handle, OfXmpp::Event::RetryDue);
            return true;
        case Walk::PartnerDown:
            if (is_of_partner) {
                act(handle, OfXmpp::Event::PartnerDown);
            }
            return false;
        case Walk::PartnerUp:
            if (!is_of_partner) {
                return false;
            }
            entry.value.owes_state = false;
            tell_owed(handle, entry);
            // Where a NOTIFY is awaited its turn comes with that.
            entry.value.owes_state = entry.value.xmpp_watches_sip.is_told();
            act(handle, OfSip::Event::PartnerUp);
            act(handle, OfXmpp::Event::PartnerUp);
            return true;
        case Walk::PartnerDrained:
            if (!is_of_partner || (!entry.value.owes_state && !entry.value.owes_subscribed)) {
                return false;
            }
            tell_owed(handle, entry);
            return true;
        case Walk::PeerDown:
            if (is_of_peer) {
                act(handle, OfSip::Event::PeerDown);
            }
            return false;
        case Walk::PeerCheck:
            if (is_of_peer && check(entry) && ++sweep.checks == kChecks) {
                sweep.place = std::numeric_limits<std::uint32_t>::max();  // enough
            }
            return false;
        case Walk::PeerUp:
            if (!is_of_peer) {
                return false;
            }
            act(handle, OfSip::Event::PeerUp);
            act(handle, OfXmpp::Event::PeerUp);
            return true;
    }
    return false;
}

bool PresenceFlow::visit_policy(PairHandle handle, Entry& entry) {
    Pair& pair = entry.value;
    const xmpp::Jid contact = xmpp::Jid::from_prepared(entry.contact());
    const std::string_view user = entry.user();
    const std::uint32_t label = counters_.label_of(admission_.policy(), contact.domain);
    for (const Watch watch : {Watch::XmppWatchesSip, Watch::SipWatchesXmpp}) {
        const auto standing = watch == Watch::XmppWatchesSip ? pair.xmpp_watches_sip.standing()
                                                             : pair.sip_watches_xmpp.standing();
        counters_.add(watch, pair.label, standing, -1);
        counters_.add(watch, label, standing, 1);
    }
    pair.label = label;
    const policy::Query query{.user = user.substr(0, user.rfind('@')),
                              .user_domain = user.substr(user.rfind('@') + 1),
                              .remote_domain = contact.domain};
    const policy::Decision decision = admission_.decide(query);
    if (decision.is_allowed()) {
        check_consent(handle);
        return hide_note(handle, *decision.partner);
    }
    for (const Watch watch : {Watch::XmppWatchesSip, Watch::SipWatchesXmpp}) {
        const auto standing = watch == Watch::XmppWatchesSip ? pair.xmpp_watches_sip.standing()
                                                             : pair.sip_watches_xmpp.standing();
        if (standing != subscriptions::Standing::None) {
            fail(
                entry, watch, policy::gate_code(decision.gate), explain_in_full({decision, query}));
        }
    }
    act(handle, OfSip::Event::Withdrawn);
    act(handle, OfXmpp::Event::Withdrawn);
    return true;
}

void PresenceFlow::recheck(std::function<void()> done) {
    if (book_.size() == 0) {
        return done();
    }
    on_rechecked_ = std::move(done);
    start(Walk::Policy, {});
}

// --- retries ----------------------------------------------------------------------------------

void PresenceFlow::on_retry() {
    const Turn turn(*this);
    while (!retries_.empty() && retries_.front().due <= timers_.now()) {
        std::ranges::pop_heap(retries_, std::ranges::greater{}, &Retry::due);
        const Retry retry = retries_.back();
        retries_.pop_back();
        Entry* entry = book_.get(retry.pair);
        if (entry == nullptr || retry_of(entry->value, retry.watch) != retry.due) {
            continue;
        }
        retry_of(entry->value, retry.watch) = {};
        if (retry.watch == Watch::SipWatchesXmpp) {
            act(retry.pair, OfXmpp::Event::RetryDue);
        } else {
            act(retry.pair, OfSip::Event::RetryDue);
        }
    }
    if (!retries_.empty()) {
        retry_timer_.arm(retries_.front().due - timers_.now());
    }
}

// --- partners ---------------------------------------------------------------------------------

void PresenceFlow::on_link(std::string_view remote_domain, xmpp::LinkEvent event) {
    const Turn turn(*this);
    if (!remote_domain.empty()) {
        const auto found = domains_.find(std::string(remote_domain));
        if (found != domains_.end()) {
            set_reach(found->first, found->second, event);
        }
        return;
    }
    for (auto& [name, domain] : domains_) {
        set_reach(name, domain, event);
    }
}

void PresenceFlow::set_reach(std::string_view name, Domain& domain, xmpp::LinkEvent event) {
    const Reach was = domain.reach;
    switch (event) {
        case xmpp::LinkEvent::Up:
            domain.reach = Reach::Up;
            if (was == Reach::Down) {
                --domains_away_;
                note_partner(name, domain);
            }
            if (was == Reach::Lost || was == Reach::Down) {
                domain.owes_state = false;
                start(Walk::PartnerUp, name);
            }
            [[fallthrough]];
        case xmpp::LinkEvent::Drained:
            if (std::exchange(domain.owes_state, false)) {
                start(Walk::PartnerDrained, name);
            }
            break;
        case xmpp::LinkEvent::AtRest:
            // Who asked at once would open the stream again that was closed to save it.
            if (was == Reach::Up || was == Reach::Doubtful) {
                domain.reach = Reach::AtRest;
                domain.since = timers_.now();
            }
            break;
        case xmpp::LinkEvent::Closed:
        case xmpp::LinkEvent::Lost:
            // Perhaps it only moved to another machine: ask before anybody is told.
            if (was == Reach::Up || was == Reach::AtRest || was == Reach::Doubtful) {
                domain.reach = event == xmpp::LinkEvent::Lost ? Reach::Lost : Reach::Doubtful;
                ask_domain(name, domain);
            }
            break;
        case xmpp::LinkEvent::Failed:
            if (was != Reach::Down) {
                domain.reach = Reach::Down;
                domain.since = timers_.now();
                domain.failures = 0;
                ++domains_away_;
                note_partner(name, domain);
                start(Walk::PartnerDown, name);
            }
            break;
    }
}

/// Presence for a domain that is away need not wait for it: all is told when it is back.
bool PresenceFlow::is_away(std::string_view contact_domain) const {
    if (domains_away_ == 0) {
        return false;
    }
    const auto found = domains_.find(std::string(contact_domain));
    return found != domains_.end() && found->second.reach == Reach::Down;
}

/// A stanza that does no harm: if it leaves, somebody is there, and the answer is wanted anyway.
void PresenceFlow::ask_domain(std::string_view name, Domain& domain) {
    const auto is_of_domain = [&](PairHandle handle) {
        const Entry* entry = book_.get(handle);
        return entry != nullptr && xmpp::Jid::from_prepared(entry->contact()).domain == name;
    };
    for (unsigned visits = 0; !is_of_domain(domain.sample) && visits < kVisits; ++visits) {
        domain.sample = book_.next(domain.place);
        if (domain.sample == 0) {
            domain.place = 0;
        }
    }
    if (!is_of_domain(domain.sample)) {
        return;
    }
    const Entry& entry = *book_.get(domain.sample);
    const Ends ends = ends_of(entry, arena_);
    // RFC 6121 §4.3.2: a probe that is not authorised yet would be answered as a refusal.
    const bool is_pending = entry.value.sip_watches_xmpp.state() == OfXmpp::State::Pending;
    send(ends.user,
         ends.contact,
         is_pending ? xmpp::PresenceType::Subscribe : xmpp::PresenceType::Probe,
         cookie_of(domain.sample, Watch::SipWatchesXmpp));
}

// --- stanzas of ours --------------------------------------------------------------------------

void PresenceFlow::on_sent(std::uint64_t cookie) {
    Entry* entry = book_.get(pair_of(cookie));
    if (entry == nullptr) {
        return;
    }
    if ((cookie >> 62U & 1U) != 0) {
        entry->value.failure[static_cast<std::size_t>(Watch::SipWatchesXmpp)] = 0;  // it has left
    }
    if (domains_away_ != 0) {
        on_link(xmpp::Jid::from_prepared(entry->contact()).domain, xmpp::LinkEvent::Up);
    }
}

void PresenceFlow::on_not_sent(std::uint64_t cookie, const Error& error) {
    const Turn turn(*this);
    const PairHandle handle = pair_of(cookie);
    Entry* entry = book_.get(handle);
    if (entry == nullptr) {
        return;
    }
    const std::string_view domain = arena_.copy(xmpp::Jid::from_prepared(entry->contact()).domain);
    const bool is_full = error.kind == ErrorKind::Limit;
    if (const auto found = domains_.find(std::string(domain)); found != domains_.end()) {
        ++found->second.failures;
    }
    if ((cookie >> 62U & 1U) == 0) {
        entry->value.owes_subscribed = true;
        owe(*entry, domain);
    } else if (is_full) {
        plan_retry(handle, *entry, Watch::SipWatchesXmpp, kFullRetry);
    } else if (entry->value.sip_watches_xmpp.state() == OfXmpp::State::Pending) {
        fail(*entry, Watch::SipWatchesXmpp, error.code, error.public_text);
        act(handle, OfXmpp::Event::Unreachable);
    }
    if (!is_full && error.kind != ErrorKind::Forbidden) {
        on_link(domain, xmpp::LinkEvent::Failed);
    }
}

}  // namespace isthmus::gateway
