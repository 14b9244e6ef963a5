// The last presence of each resource of somebody, as small as it gets: it is kept for every live
// subscription. What it holds is what the other side was told, so it also says what is news.
#pragma once

#include "base/arena.h"
#include "subscriptions/compact_text.h"
#include "xmpp/stanza.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

class KeptPresence {
  public:
    /// Of one presentity; more are not taken.
    static constexpr std::size_t kMaxResources = 20;

    /// Keeps available or unavailable presence under its resource; of those that left, only the
    /// last `max_left`. False: nothing is new. A status is cut at 512 octets, of more than four
    /// only the first four count.
    bool keep(const xmpp::Presence& presence, std::size_t max_left);

    /// All, in the order in which they came, with `from` and that resource.
    void read(const xmpp::Jid& from,
              const xmpp::Jid& to,
              Arena& arena,
              std::vector<xmpp::Presence>& into) const;

    /// Resources that are available; views die with the next change.
    void available(std::vector<std::string_view>& into) const;

    /// Asks for its memory, once the object itself has arrived.
    void prefetch() const { entries_.prefetch(); }

    /// The others; views die with the next change.
    void left(std::vector<std::string_view>& into) const;

    bool is_empty() const { return entries_.empty(); }

    bool is_available() const;

    /// Every resource has left, with the last word on none of them.
    void leave_all();

    /// What he has written about himself is forgotten; whether there was any of it.
    bool drop_statuses();

    void clear() { entries_.clear(); }

    // What outlives a restart: the names of the resources that are shown, not what they show.

    /// After a restart: the other side holds it for available, and nothing more is known. It counts
    /// as available, read() leaves it out, and whatever keep() hears of it is news.
    void assume(std::string_view resource);
    bool has_assumed() const;
    /// The other side was told that all are gone: nothing but their names stays.
    void forget();
    /// Whether a resource is available whose name is not stored.
    bool has_unstored() const;
    /// The names of all available ones are stored, or none is.
    void set_stored(bool is_stored);

  private:
    subscriptions::CompactText entries_;
};

}  // namespace isthmus::gateway
