// messages_total and its companions, resolved once per partner so that counting on the hot path is
// one addition. Labels are configured partners only, everybody else is "other" (abuse case F08).
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "policy/policy.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

enum class Direction : std::uint8_t { SipToXmpp, XmppToSip };

std::string_view direction_name(Direction direction);

/// How a message that was accepted for processing ended; the counters sum to all of them.
enum class Outcome : std::uint8_t {
    Delivered,  ///< handed to the next server: written to the stream, or answered 2xx
    Denied,     ///< our policy or an unproved sender
    Invalid,    ///< cannot be translated; its sender was told
    Refused,    ///< the other side said no
    Failed,     ///< no route, no answer, no stream in time
    Limited,    ///< a queue was full or we are draining
    Dropped,    ///< needs no delivery and no answer (an error for nobody, an empty stanza)
};

std::string_view outcome_name(Outcome outcome);
inline constexpr std::size_t kOutcomes = 7;

/// Failed if it is none of those names.
Outcome outcome_named(std::string_view name);

class Counters {
  public:
    Counters(metrics::Registry& registry, const Timers& timers);

    /// Counters of partners that are in both snapshots go on. `policy` lives until the next call.
    void set_policy(const policy::Policy& policy);

    void count(Direction direction, const policy::Decision& decision, Outcome outcome);
    void count(Direction direction, std::uint32_t partner, Outcome outcome);
    void observe(Direction direction, Duration taken);
    void count_decision(const policy::Decision& decision);

    /// That a stream of a blocked domain was refused; refused messages come with their decision.
    void count_block(const policy::BlockedDomain& block);

    /// When a message of that partner, either way, got through last; nothing: not since the start.
    std::optional<TimePoint> last_delivered(std::string_view partner) const;
    /// How often that entry of the block list refused something since the start.
    std::uint64_t block_hits(std::string_view pattern) const;

    /// All that were counted, by Direction and Outcome.
    using Totals = std::array<std::array<std::uint64_t, kOutcomes>, 2>;

    const Totals& totals() const { return totals_; }

    /// The place that stands for "other".
    static constexpr std::uint32_t kOther = policy::PartnerTable::kNone;

    metrics::Gauge& pending;
    metrics::Gauge& queued;
    metrics::Counter& late_errors;  ///< stanza errors that came after our 2xx

  private:
    struct Row {
        std::string partner;
        TimePoint last_delivered{};  ///< the epoch: never
        std::array<std::array<metrics::Counter*, kOutcomes>, 2> counters;
    };

    Row& row(std::uint32_t partner);
    Row make_row(std::string_view label);

    metrics::Registry& registry_;
    const Timers& timers_;
    Totals totals_{};
    const policy::PartnerTable* partners_ = nullptr;  ///< of the snapshot that is in force
    std::vector<std::unique_ptr<Row>> rows_;          ///< by place; made when first counted
    std::unique_ptr<Row> other_;
    std::array<metrics::Histogram*, 2> durations_{};
    std::array<metrics::Counter*, policy::kGates> decisions_{};  // by policy::Gate
    std::map<std::string, std::uint64_t, std::less<>> block_hits_;
};

}  // namespace isthmus::gateway
