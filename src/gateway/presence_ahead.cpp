#include "gateway/presence_ahead.h"

#include "base/prefetch.h"

namespace isthmus::gateway {

void PresenceAhead::expect_notify(std::string_view call_id) {
    subscribers_->expect(call_id);
    is_expecting_ = true;
}

void PresenceAhead::expect_presence(std::string_view user,
                                    std::string_view sip_domain,
                                    std::string_view contact_local,
                                    std::string_view contact_domain) {
    if (presence_.size() == kLookAhead) {
        presence_.clear();  // they have come, and were refused
    }
    name_.assign(user).append("@").append(sip_domain);
    presence_.push_back(book_.hash_of(name_, contact_local, contact_domain));
    is_expecting_ = true;
}

void PresenceAhead::fetch_expected() {
    is_expecting_ = false;
    watched_.clear();
    subscribers_->fetch(watched_);
    for (const PairHandle handle : watched_) {
        book_.prefetch_entry(handle);
    }
    for (const std::uint32_t hash : presence_) {
        book_.prefetch_index(hash);
    }
    watching_.clear();
    for (const std::uint32_t hash : presence_) {
        if (const PairBook::Entry* entry = book_.prefetch_entry(hash)) {
            watching_.push_back(entry);
        }
    }
    presence_.clear();
    fetch_pairs();
}

void PresenceAhead::fetch_pairs() {
    for (const PairHandle handle : watched_) {
        if (const PairBook::Entry* entry = book_.get(handle)) {
            entry->prefetch_names();
            entry->value.sip_presence.prefetch();
        }
    }
    dialogs_.clear();
    for (const PairBook::Entry* entry : watching_) {
        entry->prefetch_names();
        entry->value.xmpp_presence.prefetch();
        entry->value.dialogs.each(
            [this](sip::SubscriptionHandle dialog) { dialogs_.push_back(dialog); });
    }
    notifiers_->fetch(dialogs_);
}

}  // namespace isthmus::gateway
