#include "gateway/conversations.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace isthmus::gateway {

Conversations::Conversations(Handler& handler, Timers& timers, Limits limits)
    : handler_(handler),
      timers_(timers),
      pairs_(limits.pairs),
      sip_users_(limits.sip_users),
      timer_(timers, [this] { lapse(); }) {}

void Conversations::stop() {
    lapses_.clear();
    timer_.cancel();
}

std::uint64_t Conversations::key_of(const xmpp::Jid& user) const {
    return hash_.add(hash_.add(hash_.seed(), user.local), user.domain);
}

std::uint64_t Conversations::key_of(const xmpp::Jid& user, const xmpp::Jid& contact) const {
    return hash_.add(hash_.add(key_of(user), contact.local), contact.domain);
}

// --- towards XMPP -------------------------------------------------------------------------------

Conversations::XmppSide Conversations::xmpp_side(const xmpp::Jid& user,
                                                 const xmpp::Jid& contact) const {
    const Pair* pair = has_pairs() ? pairs_.find(key_of(user, contact)) : nullptr;
    if (pair == nullptr || !is_running(*pair)) {
        return {};
    }
    return {.takes_chat_states = true,
            .is_chat = pair->is_chat,
            .is_composing = pair->typist != nullptr};
}

void Conversations::text_to_xmpp(const xmpp::Jid& user, const xmpp::Jid& contact) {
    Pair* pair = has_pairs() ? pairs_.find(key_of(user, contact)) : nullptr;
    if (pair != nullptr && is_running(*pair)) {
        pair->last_text = timers_.now();
        pair->typist.reset();
    }
}

void Conversations::composing_to_xmpp(const xmpp::Jid& user,
                                      const xmpp::Jid& contact,
                                      Duration lapses_in) {
    const std::uint64_t key = key_of(user, contact);
    Pair* pair = pairs_.find(key);
    if (pair == nullptr) {
        return;
    }
    const TimePoint at = timers_.now() + lapses_in;
    if (pair->typist == nullptr) {
        pair->typist = std::make_unique<const Typist>(Typist{user.full(), contact.full()});
    }
    pair->lapses_at = at;
    // The entry that is in the heap already will do, unless it comes too late.
    if (pair->waits_at == TimePoint{} || pair->waits_at > at) {
        pair->waits_at = at;
        lapses_.push_back({at, key});
        std::ranges::push_heap(lapses_, std::ranges::greater{}, &Lapse::at);
        timer_.arm(lapses_.front().at - timers_.now());
    }
}

void Conversations::idle_to_xmpp(const xmpp::Jid& user, const xmpp::Jid& contact) {
    if (Pair* pair = pairs_.find(key_of(user, contact))) {
        pair->typist.reset();
    }
}

void Conversations::lapse() {
    while (!lapses_.empty() && lapses_.front().at <= timers_.now()) {
        const Lapse due = lapses_.front();
        std::ranges::pop_heap(lapses_, std::ranges::greater{}, &Lapse::at);
        lapses_.pop_back();
        Pair* pair = pairs_.find(due.key);
        if (pair == nullptr || pair->waits_at != due.at) {
            continue;  // an earlier one has taken its place
        }
        pair->waits_at = TimePoint{};
        if (pair->typist == nullptr) {
            continue;
        }
        if (pair->lapses_at > timers_.now()) {  // refreshed meanwhile
            pair->waits_at = pair->lapses_at;
            lapses_.push_back({pair->lapses_at, due.key});
            std::ranges::push_heap(lapses_, std::ranges::greater{}, &Lapse::at);
            continue;
        }
        const std::unique_ptr<const Typist> typist = std::move(pair->typist);
        handler_.on_typing_lapsed(xmpp::Jid::from_prepared(typist->from),
                                  xmpp::Jid::from_prepared(typist->to));
    }
    if (!lapses_.empty()) {
        timer_.arm(lapses_.front().at - timers_.now());
    }
}

// --- towards SIP --------------------------------------------------------------------------------

void Conversations::text_from_xmpp(const xmpp::Jid& user,
                                   const xmpp::Jid& contact,
                                   xmpp::ChatState state,
                                   bool is_chat) {
    if (state == xmpp::ChatState::None || state == xmpp::ChatState::Gone) {
        return gone(user, contact);
    }
    Pair& pair = pairs_.touch(key_of(user, contact));
    pair.last_text = timers_.now();
    pair.is_chat = is_chat;
    // RFC 3994 §3.3: the text itself says that she types no more.
    pair.is_active = false;
    pair.was_active = false;
}

Conversations::SipSide Conversations::sip_side(const xmpp::Jid& user,
                                               const xmpp::Jid& contact) const {
    const Pair* pair = has_pairs() ? pairs_.find(key_of(user, contact)) : nullptr;
    if (pair == nullptr || !is_running(*pair)) {
        return {};
    }
    const SipUser* known = sip_users_.size() != 0 ? sip_users_.find(key_of(user)) : nullptr;
    if (known != nullptr && known->refuses_typing &&
        timers_.now() - known->refused_at <= kRefusal) {
        return {};
    }
    const Duration age = timers_.now() - pair->active_since;
    // A fresh `active` is not due yet: to be told the same again makes translate/ send none.
    const bool is_too_soon = pair->was_active && age < kInterval;
    return {.takes_typing = pair->is_active || !is_too_soon,
            .is_active = pair->is_active && age < kRefresh};
}

void Conversations::typing_to_sip(const xmpp::Jid& user, const xmpp::Jid& contact, bool is_active) {
    Pair* pair = pairs_.find(key_of(user, contact));
    if (pair == nullptr) {
        return;
    }
    pair->is_active = is_active;
    if (is_active) {
        pair->active_since = timers_.now();
        pair->was_active = true;
    }
}

void Conversations::gone(const xmpp::Jid& user, const xmpp::Jid& contact) {
    if (has_pairs()) {
        pairs_.erase(key_of(user, contact));
    }
}

// --- what a SIP user's client can do ------------------------------------------------------------

void Conversations::typing_refused(const xmpp::Jid& user) {
    SipUser& known = sip_users_.touch(key_of(user));
    known.refuses_typing = true;
    known.refused_at = timers_.now();
}

void Conversations::imdn_seen(const xmpp::Jid& user) {
    sip_users_.touch(key_of(user)).takes_imdn = true;
}

void Conversations::imdn_refused(const xmpp::Jid& user) {
    if (SipUser* known = sip_users_.find(key_of(user))) {
        known->takes_imdn = false;
    }
}

bool Conversations::takes_imdn(const xmpp::Jid& user) const {
    const SipUser* known = sip_users_.size() != 0 ? sip_users_.find(key_of(user)) : nullptr;
    return known != nullptr && known->takes_imdn;
}

}  // namespace isthmus::gateway
