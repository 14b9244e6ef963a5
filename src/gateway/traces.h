// Recordings of traffic, for a while and about somebody: what passes on both sides, what became of
// it in between. Bounded in number, time, events, memory and work a second; a recording slows
// nobody down: what is too much is counted and left out. Traffic thread only.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/tap.h"
#include "gateway/admission.h"
#include "gateway/message_log.h"
#include "gateway/trace_status.h"
#include "sip/parser.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

/// A message between its two sides. Views: for the length of the call.
struct Translation {
    Direction direction = Direction::SipToXmpp;
    std::string_view message;  ///< trace_id
    std::string_view from;     ///< URI or full JID, as the message came
    std::string_view to;
    std::string_view call_id;
    std::string_view stanza_id;
    std::vector<std::string> rules;
};

class Traces final : public Tap {
  public:
    static constexpr std::size_t kMostRunning = 8;
    static constexpr std::size_t kMost = 24;  ///< with those that have ended; the oldest goes
    static constexpr Duration kLongest = std::chrono::minutes(30);
    static constexpr std::size_t kEvents = 2000;          ///< of one trace, kept
    static constexpr std::size_t kOctets = 2UL << 20U;    ///< likewise
    static constexpr std::size_t kText = 16UL * 1024;     ///< of one event
    static constexpr unsigned kEventsPerSecond = 500;     ///< of one trace
    static constexpr unsigned kPassagesPerSecond = 2000;  ///< that are looked at, for all traces

    Traces(const Admission& admission, Timers& timers);
    Traces(const Traces&) = delete;
    Traces& operator=(const Traces&) = delete;
    Traces(Traces&&) = delete;
    Traces& operator=(Traces&&) = delete;
    ~Traces() override;

    /// Limit if too many run; Conflict if the id is taken.
    Result<void> start(const TraceOrder& order);
    /// False: no such trace. One that has ended stays as it is.
    bool stop(std::string_view id);
    bool forget(std::string_view id);

    std::vector<TraceStatus> list() const;
    std::optional<TraceStatus> status(std::string_view id) const;
    /// Those behind number `after`, at most `limit`.
    std::vector<TraceEvent> read(std::string_view id, std::uint64_t after, std::size_t limit) const;

    void on_passage(const Passage& passage) override;
    void on_translated(Translation translation);
    void on_failed(const MessageReport& report, std::string_view message);

    std::size_t running() const;

  private:
    struct Trace;

    /// Whose traffic something is; views into the arena or the passage.
    struct Ends {
        std::string user;
        std::string contact;
        std::string contact_domain;
    };

    void finish(Trace& trace, std::string_view why);
    void update();
    bool may_look();
    Ends ends_of_uris(std::string_view from, std::string_view to);
    Ends ends_of_jids(std::string_view from, std::string_view to);
    static bool matches(const Trace& trace, const Ends& ends);
    bool wants(const Ends& ends) const;
    void read_sip(const Passage& passage);
    void read_xmpp(const Passage& passage);
    /// To all that want it. `raw` is hidden anew for each kind of trace.
    void record(const Ends& ends, TraceEvent event, std::string_view raw, bool is_sip);
    void put(Trace& trace, TraceEvent event);
    bool may_show_bodies() const;
    Trace* find(std::string_view id) const;

    const Admission& admission_;
    Timers& timers_;
    Arena arena_;
    sip::MessageSlots slots_;
    std::vector<std::unique_ptr<Trace>> traces_;  ///< in the order in which they began
    std::vector<std::string> lost_;               ///< of the message that came last
    std::int64_t second_ = -1;
    unsigned looked_at_ = 0;  ///< in that second
};

}  // namespace isthmus::gateway
