// A stream on which a link may send that did not open it: one that the partner has opened
// (XEP-0288), or one of another domain of ours to the same partner (XEP-0220 §2.5). Traffic thread.
#pragma once

#include "net/wire.h"
#include "xmpp/journal.h"
#include "xmpp/stream.h"
#include "xmpp/stream_management.h"

#include <cstddef>
#include <cstdint>

namespace isthmus::xmpp {

class Carrier {
  public:
    /// Who sends on it; one, because acknowledgements count the whole stream.
    class Rider {
      public:
        virtual ~Rider() = default;
        virtual void on_carrier_written(std::uint64_t total) = 0;
        /// The peer counts what comes from here on.
        virtual void on_carrier_counts() = 0;
        virtual void on_carrier_management(const management::Element& element) = 0;
        /// Send nothing more; what is written already may still go out.
        virtual void on_carrier_ending() = 0;
        /// The last call; what is not written or acknowledged never will be. `is_at_rest`: as in
        /// LinkEvent.
        virtual void on_carrier_gone(const Error& why, bool is_at_rest) = 0;
        /// Stanzas without an outcome.
        virtual std::size_t waiting_for_outcome() const = 0;
        virtual TimePoint last_sent() const = 0;
    };

    /// Who asked for a place on a stream; either call comes once, unless it lets go before.
    class Candidate {
      public:
        virtual ~Candidate() = default;
        /// Null: it does not want to any more.
        virtual Rider* on_place_granted(Carrier& carrier) = 0;
        virtual void on_place_refused(const Error& why) = 0;
    };

    virtual ~Carrier() = default;
    virtual net::ByteStream& wire() = 0;
    virtual Mechanism mechanism() const = 0;
    /// Whether its rider may go on under these settings.
    virtual bool may_stay(const LinkPolicy& policy) const = 0;
    virtual StreamName carrier_name() const = 0;
    /// The rider needs it no more, and will not hear of it again.
    virtual void let_go() = 0;
    /// The peer takes nothing, or talks nonsense: the stream ends.
    virtual void give_up(StreamCondition condition, const Error& why) = 0;
};

}  // namespace isthmus::xmpp
