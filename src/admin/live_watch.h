// Looks at the traffic thread once a second, for as long as somebody listens to the feed (and a
// minute longer), and publishes what has changed. Control thread only.
#pragma once

#include "admin/event_feed.h"
#include "base/clock.h"
#include "control/traffic_service.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace isthmus::admin {

class LiveWatch {
  public:
    static constexpr Duration kInterval = std::chrono::seconds(1);
    /// Failed messages that are told of in one look; pairs likewise; queues.
    static constexpr std::size_t kFailures = 20;
    static constexpr std::size_t kPairs = 20;
    static constexpr std::size_t kQueues = 50;

    /// `stored_revision`: of the policy in the database.
    LiveWatch(EventFeed& feed,
              const control::TrafficService& traffic,
              Timers& timers,
              std::function<std::uint64_t()> stored_revision);
    LiveWatch(const LiveWatch&) = delete;
    LiveWatch& operator=(const LiveWatch&) = delete;
    LiveWatch(LiveWatch&&) = delete;
    LiveWatch& operator=(LiveWatch&&) = delete;
    ~LiveWatch();

  private:
    /// What of a stream or peer makes an event when it changes.
    struct Seen {
        std::string state;
        double trouble_at = -1;  ///< on our clock; -1: none
    };

    void begin();
    void look();
    void on_status(const Result<control::Status>& status);
    void compare_streams(const control::Status& status, TimePoint now);
    void compare_peers(const control::Status& status, TimePoint now);
    void compare_failures(const control::Status& status);
    void compare_pairs(const control::Status& status);
    void tell_counters(const control::Status& status, TimePoint now);
    /// True: it is newer than what was seen.
    static bool is_news(Seen& seen, const std::optional<control::Trouble>& trouble, TimePoint now);

    EventFeed& feed_;
    const control::TrafficService& traffic_;
    Timers& timers_;
    std::function<std::uint64_t()> stored_revision_;
    std::optional<control::Status> before_;
    TimePoint before_at_{};
    std::map<std::string, Seen> streams_;
    std::map<std::string, Seen> peers_;
    std::uint64_t revision_ = 0;
    std::uint64_t last_row_ = 0;
    std::uint64_t last_change_ = 0;  ///< of pairs
    unsigned idle_ = 0;              ///< looks without a listener
    bool is_asking_ = false;
    Timer timer_;
    /// Answers that come when this is gone find it empty.
    std::shared_ptr<LiveWatch*> self_;
};

}  // namespace isthmus::admin
