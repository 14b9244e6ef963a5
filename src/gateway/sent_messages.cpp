#include "gateway/sent_messages.h"

#include <utility>

namespace isthmus::gateway {

void SentMessages::remember(std::string_view message_id, const xmpp::Message& message) {
    entries_.touch(hash_(message_id)) = Entry{.stanza_id = std::string(message.id),
                                              .sender = message.from.full(),
                                              .recipient = message.to.to_bare_string(),
                                              .wants_receipt = message.wants_receipt,
                                              .wants_marker = message.is_markable};
}

bool SentMessages::to_receipt(const translate::ImdnNotice& notice, xmpp::Message& into) {
    const std::uint64_t key = hash_(notice.message_id);
    Entry* entry = size() == 0 ? nullptr : entries_.find(key);
    if (entry == nullptr) {
        return false;
    }
    const bool is_marker = notice.status == translate::ImdnStatus::Displayed;
    const bool is_receipt = notice.status == translate::ImdnStatus::Delivered;
    if ((is_marker && !entry->wants_marker) || (is_receipt && !entry->wants_receipt)) {
        return false;
    }
    told_ = *entry;
    if (!translate::to_receipt(notice,
                               {.stanza_id = told_.stanza_id,
                                .sender = xmpp::Jid::from_prepared(told_.sender),
                                .recipient = xmpp::Jid::from_prepared(told_.recipient)},
                               into)) {
        return false;
    }
    entry->wants_receipt = is_marker && entry->wants_receipt;
    entry->wants_marker = is_receipt && entry->wants_marker;
    if (!entry->wants_receipt && !entry->wants_marker) {
        entries_.erase(key);
    }
    return true;
}

}  // namespace isthmus::gateway
