// The SIP systems behind us: which is away, which is back, and which has forgotten its dialogs.
// Gap G-10; RFC 6665 §4.1.2.2.
#include "gateway/presence_flow.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace isthmus::gateway {

namespace {

constexpr Duration kWatch = std::chrono::seconds(5);
constexpr unsigned kCalmTicks = 3;        // a peer that answers is asked every third time
constexpr unsigned kSearchVisits = 2000;  // in search of a dialog to ask about

// So many dialogs that a system knows no more, in so short a time, are no coincidence.
constexpr unsigned kForgotten = 3;
constexpr Duration kSuspicion = std::chrono::seconds(4);
// Refreshes under way when a walk ends may be answered so late: Timer F.
constexpr Duration kTrust = std::chrono::seconds(40);

}  // namespace

std::size_t PresenceFlow::peer_of(std::string_view sip_domain) const {
    const auto found = std::ranges::find(config_.domains, sip_domain, &ServedDomain::sip);
    return static_cast<std::size_t>(found - config_.domains.begin());
}

bool PresenceFlow::is_peer_down(std::string_view sip_domain) const {
    const std::size_t index = peer_of(sip_domain);
    return index < peers_.size() && peers_[index].is_down;
}

void PresenceFlow::ask_peer(std::size_t index) {
    if (index >= peers_.size() || peers_[index].is_asked ||
        !sip_side_->serves(config_.domains[index].sip)) {
        return;
    }
    peers_[index].is_asked = true;
    const std::string& domain = config_.domains[index].sip;
    const std::string_view uri = arena_.concat("sip:", domain);
    const std::string_view address = arena_.concat("<", uri, ">");
    sip::OutgoingRequest request;
    request.method = sip::Method::Options;
    request.request_uri = uri;
    request.from = address;
    request.to = address;
    sip_side_->send(request, domain, *this, index);
}

void PresenceFlow::set_peer(std::size_t index, bool is_down) {
    Peer& peer = peers_[index];
    peer.is_asked = false;
    if (std::exchange(peer.is_down, is_down) != is_down) {
        if (is_down) {
            peer.since = timers_.now();
        }
        note_peer(index);
        start(is_down ? Walk::PeerDown : Walk::PeerUp, config_.domains[index].sip);
    }
}

void PresenceFlow::on_response(std::uint64_t cookie, const sip::Response& /*response*/) {
    // Whatever it says, somebody is there.
    set_peer(cookie, false);
}

void PresenceFlow::on_no_response(std::uint64_t cookie, const Error& /*error*/) {
    set_peer(cookie, true);
}

// --- has it forgotten us? ---------------------------------------------------------------------

/// A SIP system that restarts forgets its dialogs, and may be back before anybody misses it: only
/// a refresh would tell, hours later. So one of our dialogs with it is refreshed now and then.
void PresenceFlow::check_peer(std::size_t index) {
    Peer& peer = peers_[index];
    const auto is_there = [&](PairHandle handle) {
        const Entry* entry = book_.get(handle);
        return entry != nullptr && entry->value.xmpp_watches_sip.state() == OfSip::State::Live &&
               peer_of(entry->user().substr(entry->user().rfind('@') + 1)) == index;
    };
    for (unsigned visits = 0; visits < kSearchVisits; ++visits) {
        const PairHandle handle = book_.next(peer.place);
        if (handle == 0) {
            peer.place = 0;
            break;
        }
        if (is_there(handle)) {
            peer.sample = handle;
            break;
        }
    }
    if (is_there(peer.sample)) {
        check(*book_.get(peer.sample));
    }
}

/// False: it has no dialog.
bool PresenceFlow::check(Entry& entry) {
    if (entry.value.xmpp_watches_sip.state() != OfSip::State::Live) {
        return false;
    }
    subscribers_->refresh(entry.value.dialog);
    return true;
}

/// One dialog with that system was answered 481. Perhaps it is that one alone: a few others tell.
void PresenceFlow::suspect(std::size_t index) {
    if (index >= peers_.size() || config_.dialog_check == Duration{}) {
        return;
    }
    Peer& peer = peers_[index];
    const std::string& domain = config_.domains[index].sip;
    const TimePoint now = timers_.now();
    const bool is_refreshing = std::ranges::any_of(sweeps_, [&](const Sweep& sweep) {
        return sweep.walk == Walk::PeerUp && sweep.domain == domain;
    });
    if (is_refreshing || now < peer.trusted_until) {
        return;
    }
    if (now - peer.suspected_at > kSuspicion) {
        peer.suspected_at = now;
        peer.forgotten = 0;
        start(Walk::PeerCheck, domain);
    }
    if (++peer.forgotten == kForgotten) {
        note_forgetful(index);
        start(Walk::PeerUp, domain);
    }
}

/// All dialogs with it have been refreshed: what it has forgotten was found.
void PresenceFlow::trust(std::size_t index) {
    if (index < peers_.size()) {
        peers_[index].trusted_until = timers_.now() + kTrust;
    }
}

void PresenceFlow::arm_watch() {
    watch_due_ = timers_.now() + kWatch;
    watch_timer_.arm(kWatch);
}

void PresenceFlow::on_watch() {
    const Turn turn(*this);
    for (auto& [name, domain] : domains_) {
        if (domain.reach == Reach::Down) {
            ask_domain(name, domain);
        }
    }
    for (std::size_t i = 0; i < peers_.size(); ++i) {
        Peer& peer = peers_[i];
        if (peer.pairs == 0) {
            continue;
        }
        if (peer.is_down || ++peer.ticks % kCalmTicks == 0) {
            ask_peer(i);
        }
        if (config_.dialog_check != Duration{} && !peer.is_down &&
            timers_.now() - peer.checked_at >= config_.dialog_check) {
            peer.checked_at = timers_.now();
            check_peer(i);
        }
    }
    if (book_.size() != 0) {
        arm_watch();
    }
}

}  // namespace isthmus::gateway
