// What another thread wants done on this one, as the control loop does it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace isthmus::test {

class PostedCalls {
  public:
    /// Any thread.
    void post(std::function<void()> call) {
        const std::scoped_lock lock(mutex_);
        calls_.push_back(std::move(call));
        is_there_.notify_one();
    }

    /// Runs the next call; false if none came within a minute.
    bool run_one() {
        std::unique_lock lock(mutex_);
        if (!is_there_.wait_for(lock, std::chrono::minutes(1), [&] { return !calls_.empty(); })) {
            return false;
        }
        const auto call = std::move(calls_.front());
        calls_.pop_front();
        lock.unlock();
        call();
        return true;
    }

  private:
    std::mutex mutex_;
    std::condition_variable is_there_;
    std::deque<std::function<void()>> calls_;
};

}  // namespace isthmus::test
