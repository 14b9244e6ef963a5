// Counters of presence and the limit on subscribe requests, by partner. Labels are configured
// partners only, everybody else is "other" (abuse case F08).
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "gateway/presence_pair.h"
#include "policy/policy.h"
#include "subscriptions/record.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

/// What became of a NOTIFY or a presence stanza that arrived.
enum class Update : std::uint8_t {
    Passed,
    Unchanged,  ///< the other side knows it already
    Ignored,    ///< nobody is subscribed to it
    Invalid,
    Postponed,  ///< passed, but the link was full: told when it has room
};

class PresenceCounters {
  public:
    explicit PresenceCounters(metrics::Registry& registry);

    /// Label of the partner that holds the domain; labels stay valid for ever.
    std::uint32_t label_of(const policy::Policy& policy, std::string_view domain);

    void count(Watch watch, std::uint32_t label, Update update) {
        labels_[label]->updates[index(watch)][static_cast<std::size_t>(update)]->add();
    }

    /// One pair more (+1) or less (-1) in that standing; None is not counted.
    void add(Watch watch, std::uint32_t label, subscriptions::Standing standing, int by);

    /// Whether one more `subscribe` of that partner is within its rate. Counts the refusal.
    bool admit_subscribe(std::uint32_t label, double rate, double burst, TimePoint now);

  private:
    static constexpr std::size_t kUpdates = 5;

    struct Label {
        std::string name;
        std::array<std::array<metrics::Counter*, kUpdates>, 2> updates{};
        std::array<std::array<metrics::Gauge*, 2>, 2> standings{};
        metrics::Counter* limited = nullptr;
        double tokens = -1;  ///< below zero: not used yet
        TimePoint filled{};
    };

    static std::size_t index(Watch watch) { return static_cast<std::size_t>(watch); }

    std::uint32_t make(std::string_view name);

    metrics::Registry& registry_;
    std::vector<std::unique_ptr<Label>> labels_;
};

}  // namespace isthmus::gateway
