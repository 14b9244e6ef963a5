// What SIP watchers are told in NOTIFY, and what becomes of their dialogs. RFC 3856 §6.8,
// RFC 8048 §5.3.
#include "base/buffer.h"
#include "gateway/presence_flow.h"
#include "gateway/watch_owner.h"
#include "translate/presence.h"

#include <chrono>

namespace isthmus::gateway {

void PresenceFlow::write_document(const Entry& entry,
                                  bool is_closed,
                                  Arena& arena,
                                  sip::NotifyContent& into) const {
    const Ends ends = ends_of(entry, arena);
    // One for all, as for what is kept: this is the hot path of presence.
    thread_local std::vector<xmpp::Presence> all;
    thread_local Buffer out;
    all.clear();
    out.clear();
    entry.value.xmpp_presence.read(ends.contact, ends.user, arena, all);
    if (is_closed && !all.empty()) {
        all.front() = all.back();
        all.resize(1);
        all.front().type = xmpp::PresenceType::Unavailable;
        all.front().statuses.clear();
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t stamp =
        stamps_.next(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    const auto document = translate::to_pidf(all, arena, stamp);
    if (!document) {
        return;
    }
    sip::write_pidf(document->pidf, out);
    into.body = arena.copy(out.view());
    into.content_language = document->content_language;
}

void PresenceFlow::describe(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) {
    const Entry* entry = book_.get(pair_of(owner));
    into.state = sip::SubscriptionState::Pending;
    if (entry != nullptr && entry->value.sip_watches_xmpp.state() == OfXmpp::State::Active) {
        into.state = sip::SubscriptionState::Active;
        write_document(*entry, false, arena, into);
    }
}

void PresenceFlow::describe_end(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) {
    const Entry* entry = book_.get(pair_of(owner));
    if (entry != nullptr && entry->value.sip_watches_xmpp.state() == OfXmpp::State::Active) {
        // RFC 8048 §5.3.3: to him she is gone.
        write_document(*entry, slot_of(owner) != kFetch, arena, into);
    }
}

void PresenceFlow::on_refresh(std::uint64_t owner) {
    const Turn turn(*this);
    act(pair_of(owner), OfXmpp::Event::Refreshed);
}

void PresenceFlow::on_end(std::uint64_t owner, End end) {
    const Turn turn(*this);
    Entry* entry = book_.get(pair_of(owner));
    if (entry == nullptr || slot_of(owner) == kFetch) {
        return;
    }
    entry->value.dialogs.release(slot_of(owner));
    recent_.add(pair_of(owner));
    act(pair_of(owner), end == End::Unsubscribed ? OfXmpp::Event::Left : OfXmpp::Event::Lost);
}

bool PresenceFlow::is_peer_away(std::uint64_t owner) {
    const Turn turn(*this);
    const Entry* entry = book_.get(pair_of(owner));
    if (entry == nullptr) {
        return false;
    }
    const std::string_view domain = entry->user().substr(entry->user().rfind('@') + 1);
    ask_peer(peer_of(domain));  // so that the next one who asks is told the truth
    return is_peer_down(domain);
}

}  // namespace isthmus::gateway
