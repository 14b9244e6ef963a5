// How SIP users spell themselves where a JID cannot say it (gap G-02): the user part of a SIP URI
// is compared octet by octet (RFC 3261 §19.1.4), a localpart has no case. Answers go to the
// spelling that a user wrote from last. Bounded: who has not written for the longest time goes
// first, and is then written to as his JID says. Traffic thread only.
#pragma once

#include "base/hash.h"
#include "gateway/recent_table.h"
#include "sip/uri.h"
#include "translate/address.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::gateway {

class Spellings {
  public:
    explicit Spellings(std::size_t limit = 50000) : entries_(limit) {}

    /// A request of his came: `uri` is his own, `mapped` what it became.
    void seen(const sip::Uri& uri, const translate::MappedJid& mapped) {
        if (mapped.is_canonicalised) {
            remember(uri, mapped.jid);
        } else if (size() != 0) {
            entries_.erase(key_of(mapped.jid));
        }
    }

    /// The URI that SIP knows him by, without brackets; empty: the one that his JID becomes. Good
    /// until the next seen().
    std::string_view of(const xmpp::Jid& user) const;

    std::size_t size() const { return entries_.size(); }

  private:
    std::uint64_t key_of(const xmpp::Jid& user) const {
        return hash_.add(hash_(user.local), user.domain);
    }

    void remember(const sip::Uri& uri, const xmpp::Jid& user);

    KeyedHash hash_;
    RecentTable<std::string> entries_;
};

}  // namespace isthmus::gateway
