#include "app/subscription_queue.h"

#include "base/log.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace isthmus::app {

namespace {

metrics::Counter& writes(metrics::Registry& metrics, std::string_view result) {
    return metrics.counter("isthmus_subscription_writes_total",
                           "Changes of subscription records, by how they ended.",
                           {{"result", result}});
}

}  // namespace

SubscriptionQueue::SubscriptionQueue(net::EventLoop& loop,
                                     metrics::Registry& metrics,
                                     std::size_t limit,
                                     std::size_t batch)
    : EndOfTurn(loop),
      timers_(loop.timers()),
      limit_(limit),
      batch_(batch),
      stored_(writes(metrics, "stored")),
      failed_(writes(metrics, "failed")),
      refused_(writes(metrics, "refused")),
      waiting_gauge_(metrics.gauge("isthmus_subscription_writes_waiting",
                                   "Changes of subscription records that are not stored yet.")) {}

void SubscriptionQueue::save(subscriptions::Record record, Done done) {
    add(std::move(record), std::move(done));
}

void SubscriptionQueue::erase(std::string_view user, std::string_view contact, Done done) {
    add(store::ErasedPair{std::string(user), std::string(contact)}, std::move(done));
}

void SubscriptionQueue::save(store::HomeDocument document, Done done) {
    add(std::move(document), std::move(done));
}

void SubscriptionQueue::add(store::SubscriptionChange change, Done done) {
    at_end_of_turn();
    if (waiting() >= limit_) {
        refuse(std::move(done));
        return;
    }
    jobs_.push_back({std::move(change), std::move(done)});
    waiting_gauge_.add(1);
}

void SubscriptionQueue::refuse(Done done) {
    refused_.add();
    ++unsaid_;
    turned_away_.push_back(std::move(done));
    warn();
}

/// A flood must not flood the log too: a queue that is full is full again after each batch.
void SubscriptionQueue::warn() {
    if (timers_.now() < next_line_) {
        return;
    }
    next_line_ = timers_.now() + kQuiet;
    log::event(log::Level::Warning,
               "subscription.refused",
               {{"code", "IST-LIM-005"},
                {"waiting", waiting()},
                {"count", std::exchange(unsaid_, 0)},
                {"msg", "new subscriptions are refused, other changes are tried again"}});
}

void SubscriptionQueue::on_end_of_turn() {
    for (const Done& done : std::exchange(turned_away_, {})) {
        if (done) {
            done(false);
        }
    }
    if (is_busy_ || jobs_.empty()) {
        return;
    }
    is_busy_ = true;
    const std::size_t count = std::min(jobs_.size(), batch_);
    Batch changes;
    changes.reserve(count);
    under_way_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        changes.push_back(std::move(jobs_.front().change));
        under_way_.push_back(std::move(jobs_.front().done));
        jobs_.pop_front();
    }
    commit_(std::move(changes), [this](bool is_stored) { on_outcome(is_stored); });
}

void SubscriptionQueue::on_outcome(bool is_stored) {
    is_busy_ = false;
    at_end_of_turn();
    const std::vector<Done> told = std::exchange(under_way_, {});
    (is_stored ? stored_ : failed_).add(told.size());
    waiting_gauge_.add(-static_cast<std::int64_t>(told.size()));
    for (const Done& done : told) {
        if (done) {
            done(is_stored);
        }
    }
}

SubscriptionQueue::Batch SubscriptionQueue::take_rest() {
    Batch rest;
    rest.reserve(jobs_.size());
    for (Job& job : jobs_) {
        rest.push_back(std::move(job.change));
    }
    jobs_.clear();
    return rest;
}

}  // namespace isthmus::app
