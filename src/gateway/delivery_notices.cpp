#include "gateway/delivery_notices.h"

namespace isthmus::gateway {

void DeliveryNotices::remember(std::uint64_t id,
                               const translate::ImdnRequest& asked,
                               const xmpp::Jid& sender,
                               const xmpp::Jid& recipient) {
    const bool is_asked = asked.positive_delivery || asked.negative_delivery || asked.display;
    if (asked.message_id.empty() || !is_asked) {
        return;
    }
    // Ids of entries that were forgotten meanwhile still stand in the order: skip them.
    while (entries_.size() >= limit_ || order_.size() >= 2 * limit_) {
        entries_.erase(order_.front());
        order_.pop_front();
    }
    Entry& entry = entries_[id];
    entry.message_id = asked.message_id;
    entry.datetime = asked.datetime;
    entry.sender = sender.full();
    entry.recipient = recipient.to_bare_string();
    entry.asked = asked;
    entry.asked.message_id = entry.message_id;
    entry.asked.datetime = entry.datetime;
    order_.push_back(id);
}

const DeliveryNotices::Entry* DeliveryNotices::find(std::uint64_t id,
                                                    const xmpp::Jid& from,
                                                    const xmpp::Jid& to) const {
    const auto at = entries_.find(id);
    if (at == entries_.end() || xmpp::Jid::from_prepared(at->second.recipient) != from.bare() ||
        xmpp::Jid::from_prepared(at->second.sender).bare() != to.bare()) {
        return nullptr;
    }
    return &at->second;
}

void DeliveryNotices::told(std::uint64_t id, translate::ImdnStatus status) {
    if (const auto at = entries_.find(id); at != entries_.end()) {
        translate::ImdnRequest& asked = at->second.asked;
        (status == translate::ImdnStatus::Displayed ? asked.display : asked.positive_delivery) =
            false;
    }
}

}  // namespace isthmus::gateway
