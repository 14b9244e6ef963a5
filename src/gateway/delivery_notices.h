// What SIP senders asked to be told about messages that are out of our hands (IMDN, RFC 5438): kept
// by the id of the stanza, so that an error or a receipt that comes later finds its way back.
// Bounded: the oldest go first, and their senders simply hear nothing more.
#pragma once

#include "translate/message.h"
#include "xmpp/jid.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace isthmus::gateway {

class DeliveryNotices {
  public:
    explicit DeliveryNotices(std::size_t limit = 20000) : limit_(limit) {}

    struct Entry {
        std::string message_id;
        std::string datetime;
        std::string sender;            ///< JID of our user, as it stood in the stanza
        std::string recipient;         ///< bare JID
        translate::ImdnRequest asked;  ///< views into the two texts above
    };

    /// Does nothing if nothing was asked.
    void remember(std::uint64_t id,
                  const translate::ImdnRequest& asked,
                  const xmpp::Jid& sender,
                  const xmpp::Jid& recipient);

    /// Null unless that message is known, `from` is whom it went to and `to` who sent it (G-13).
    const Entry* find(std::uint64_t id, const xmpp::Jid& from, const xmpp::Jid& to) const;

    /// Its sender has been told that: once is enough, however many devices say so.
    void told(std::uint64_t id, translate::ImdnStatus status);

    void forget(std::uint64_t id) { entries_.erase(id); }

    std::size_t size() const { return entries_.size(); }

  private:
    std::size_t limit_;
    std::unordered_map<std::uint64_t, Entry> entries_;
    std::deque<std::uint64_t> order_;
};

}  // namespace isthmus::gateway
