// What an XMPP user is shown of the SIP user whom she watches: his presence, what is owed while her
// server does not take it, and his end. RFC 6121 §4, RFC 8048 §5.
#include "gateway/presence_flow.h"

#include <string>
#include <utility>
#include <vector>

namespace isthmus::gateway {

void PresenceFlow::show(Entry& entry, const xmpp::Presence& presence) {
    if (!server_->send(presence, 0)) {
        owe(entry, presence.to.domain);
    }
}

/// All is told again when the link has room: the newest state, not what was refused.
void PresenceFlow::owe(Entry& entry, std::string_view contact_domain) {
    counters_.count(Watch::XmppWatchesSip, entry.value.label, Update::Postponed);
    entry.value.owes_state = true;
    const auto found = domains_.find(std::string(contact_domain));
    if (found != domains_.end()) {
        found->second.owes_state = true;
    }
}

void PresenceFlow::tell_owed(PairHandle handle, Entry& entry) {
    const Ends ends = ends_of(entry, arena_);
    if (!entry.value.xmpp_watches_sip.is_told()) {
        return;
    }
    if (std::exchange(entry.value.owes_subscribed, false)) {
        send(ends.user,
             ends.contact,
             xmpp::PresenceType::Subscribed,
             cookie_of(handle, Watch::XmppWatchesSip));
    }
    if (std::exchange(entry.value.owes_state, false)) {
        tell_state(entry, ends);
    }
}

/// What a document has brought. Where all is owed, all of it, but nothing twice.
void PresenceFlow::tell_fresh(Entry& entry, const Ends& ends) {
    Pair& pair = entry.value;
    pair.is_shown_offline = false;
    if (is_away(ends.contact.domain)) {
        return;
    }
    const bool is_owed = std::exchange(pair.owes_state, false);
    const bool is_all = is_owed && (fresh_.empty() || pair.sip_presence.is_available());
    for (const xmpp::Presence& presence : fresh_) {
        if (!is_all || presence.type != xmpp::PresenceType::Available) {
            show(entry, presence);
        }
    }
    if (is_all) {
        tell_state(entry, ends);
    }
}

void PresenceFlow::tell_state(Entry& entry, const Ends& ends) {
    if (is_away(ends.contact.domain)) {
        return;
    }
    entry.value.owes_state = false;
    if (is_sweeping_) {
        // Nobody asked: she may not have heard that these have left.
        announced_.clear();
        entry.value.sip_presence.left(announced_);
        for (const std::string_view resource : announced_) {
            show_unavailable(entry, ends, resource);
        }
    }
    std::vector<xmpp::Presence> all;
    entry.value.sip_presence.read(ends.user, ends.contact, arena_, all);
    bool is_available = false;
    for (const xmpp::Presence& presence : all) {
        if (presence.type == xmpp::PresenceType::Available) {
            is_available = true;
            show(entry, presence);
        }
    }
    if (is_available) {
        entry.value.is_shown_offline = false;
    } else if (!all.empty()) {
        show(entry, all.back());
    } else {
        // RFC 6121 §4.3.2: nothing is online.
        show_unavailable(entry, ends, {});
    }
}

void PresenceFlow::show_unavailable(Entry& entry, const Ends& ends, std::string_view resource) {
    xmpp::Presence gone;
    gone.from = ends.user;
    gone.from.resource = resource;
    gone.to = ends.contact;
    gone.type = xmpp::PresenceType::Unavailable;
    show(entry, gone);
}

void PresenceFlow::tell_unavailable(Entry& entry, const Ends& ends) {
    Pair& pair = entry.value;
    announced_.clear();
    pair.sip_presence.available(announced_);
    for (const std::string_view resource : announced_) {
        show_unavailable(entry, ends, resource);
    }
    if (announced_.empty() && pair.sip_presence.is_empty() && !pair.is_shown_offline) {
        // After a restart nobody knows which of his resources she holds for available.
        show_unavailable(entry, ends, {});
    }
    pair.sip_presence.forget();
    pair.is_shown_offline = true;
}

/// Her domain's type was changed: what she may no longer read is taken back at once. True if there
/// was something.
bool PresenceFlow::hide_note(PairHandle handle, const policy::Partner& partner) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr || Admission::may_see_note(partner) ||
        !entry->value.sip_presence.drop_statuses()) {
        return false;
    }
    if (entry->value.xmpp_watches_sip.is_told()) {
        tell_state(*entry, ends_of(*entry, arena_));
    }
    return true;
}

/// What she holds for available is in the store; what only the store knows of is over.
void PresenceFlow::settle_shown(PairHandle handle, bool has_document) {
    Entry* entry = book_.get(handle);
    if (entry == nullptr || !entry->value.xmpp_watches_sip.is_told()) {
        return;
    }
    if (!has_document && entry->value.sip_presence.has_assumed()) {
        // RFC 3856 §6.8: there is no document yet that this NOTIFY could mean.
        tell_unavailable(*entry, ends_of(*entry, arena_));
    } else if (entry->value.sip_presence.has_unstored()) {
        save_shown(handle, *entry);
    }
    if (entry->value.owes_state) {
        tell_state(*entry, ends_of(*entry, arena_));
    }
}

}  // namespace isthmus::gateway
