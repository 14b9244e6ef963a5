// What the presence flow wants stored, gathered turn by turn: one batch is under way at a time, all
// that is asked meanwhile makes the next one, so a slow disk makes transactions bigger, not more.
// Traffic thread only; app/crossing carries the batches to the control thread and back.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "net/event_loop.h"
#include "store/subscription_store.h"
#include "subscriptions/store.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::app {

class SubscriptionQueue final : public subscriptions::Store, net::EndOfTurn {
  public:
    using Batch = std::vector<store::SubscriptionChange>;
    /// Stores a batch in one transaction; `on_outcome` is called in a later turn, true if it was
    /// committed.
    using Commit = std::function<void(Batch batch, std::function<void(bool)> on_outcome)>;

    static constexpr std::size_t kLimit = 100'000;
    /// Of one transaction, so that the control thread answers others in between.
    static constexpr std::size_t kBatch = 10'000;
    /// Between two log lines that say that changes are turned away.
    static constexpr Duration kQuiet = std::chrono::minutes(1);

    SubscriptionQueue(net::EventLoop& loop,
                      metrics::Registry& metrics,
                      std::size_t limit = kLimit,
                      std::size_t batch = kBatch);

    /// Before the first job.
    void set_commit(Commit commit) { commit_ = std::move(commit); }

    /// Beyond the limit `done` hears false at the end of this turn, ahead of those that wait.
    void save(subscriptions::Record record, Done done) override;
    void erase(std::string_view user, std::string_view contact, Done done) override;
    /// What the home server keeps.
    void save(store::HomeDocument document, Done done);

    /// Jobs whose outcome is not known yet.
    std::size_t waiting() const { return jobs_.size() + under_way_.size(); }

    /// After the last turn: what no Commit was given yet. Nobody hears of its outcome.
    Batch take_rest();

  private:
    struct Job {
        store::SubscriptionChange change;
        Done done;
    };

    void warn();
    void add(store::SubscriptionChange change, Done done);
    void refuse(Done done);
    void on_end_of_turn() override;
    void on_outcome(bool is_stored);

    Timers& timers_;
    std::size_t limit_;
    std::size_t batch_;
    metrics::Counter& stored_;
    metrics::Counter& failed_;
    metrics::Counter& refused_;
    metrics::Gauge& waiting_gauge_;
    Commit commit_;
    std::deque<Job> jobs_;
    std::vector<Done> under_way_;
    std::vector<Done> turned_away_;
    bool is_busy_ = false;
    std::uint64_t unsaid_ = 0;  ///< turned away since the last log line
    TimePoint next_line_{};
};

}  // namespace isthmus::app
