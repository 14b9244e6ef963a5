// Messages of XMPP users that asked the SIP side for an IMDN, by its Message-ID: how a notice finds
// the stanza that it is about, and that it comes from whom the message went to (RFC 5438 §14.1,
// gap G-13). Bounded: the oldest go first, and their senders simply hear nothing more.
#pragma once

#include "base/hash.h"
#include "gateway/recent_table.h"
#include "translate/message.h"
#include "xmpp/stanza.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace isthmus::gateway {

class SentMessages {
  public:
    explicit SentMessages(std::size_t limit = 20000) : entries_(limit) {}

    /// `message` asked for a receipt or a marker and went out under `message_id`.
    void remember(std::string_view message_id, const xmpp::Message& message);

    /// Turns `into`, which has the addresses of the MESSAGE that brought the notice, into what the
    /// sender of the stanza is told. False: it means nothing, was not asked for or was told before.
    bool to_receipt(const translate::ImdnNotice& notice, xmpp::Message& into);

    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::string stanza_id;
        std::string sender;     ///< full JID
        std::string recipient;  ///< bare JID
        bool wants_receipt = false;
        bool wants_marker = false;
    };

    KeyedHash hash_;
    RecentTable<Entry> entries_;
    Entry told_;  // what the views of the last result point into
};

}  // namespace isthmus::gateway
