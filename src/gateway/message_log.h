// The id of a message and the lines about it: one id in both protocols, failures always (within a
// budget per second, abuse case F06), the way of each message at level debug. Never a body.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "gateway/counters.h"
#include "gateway/explanation.h"
#include "xmpp/jid.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::gateway {

/// What the log says about one message.
struct MessageReport {
    Direction direction = Direction::SipToXmpp;
    std::uint64_t id = 0;
    std::string_view code;
    std::string_view text;  ///< evidence
    std::string_view step;  ///< where it failed: admission, policy, translation, queue, delivery
    std::string_view from;
    std::string_view to;
    std::string_view call_id;
    std::string_view stanza_id;
    std::string_view partner;  ///< primary domain; empty: none
    std::string_view peer;     ///< name of the SIP peer; empty: none
    std::string_view result;   ///< as messages_total counts it
    const PolicyRefusal* refusal = nullptr;
    TimePoint since;  ///< when it came
};

class MessageLog {
  public:
    /// `read_clock` tells the time within a turn of the loop; null: the turn's own time.
    MessageLog(Timers& timers, Random& random, TimePoint (*read_clock)())
        : timers_(timers),
          read_clock_(read_clock),
          boot_(static_cast<std::uint32_t>(random.next())) {}

    std::uint64_t next_id() { return ++last_id_; }

    /// The run, then the number of the message in it: `trace_id`, and the id of its stanza.
    std::string_view text_of(std::uint64_t id, Arena& arena) const;
    /// Back again; nothing if this run did not make it.
    std::optional<std::uint64_t> id_of(std::string_view text) const;

    void failure(const MessageReport& report, Arena& arena);
    /// Level debug: `event` is im.in, im.out or im.done.
    void step(std::string_view event,
              const MessageReport& report,
              std::string_view result,
              Arena& arena) const;

  private:
    /// Of a line that is written: a message may come and be answered within one turn.
    double milliseconds_since(TimePoint since) const;

    Timers& timers_;
    TimePoint (*read_clock_)();
    std::uint32_t boot_;
    std::uint64_t last_id_ = 0;
    std::int64_t second_ = -1;
    std::uint32_t budget_ = 0;  ///< failure lines left in this second
    std::uint64_t suppressed_ = 0;
};

/// "local@domain/resource" in the arena.
std::string_view address_text(const xmpp::Jid& jid, Arena& arena);

}  // namespace isthmus::gateway
