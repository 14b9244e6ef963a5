// One piece of long work at a time on a thread of its own, which ends with it; what follows runs on
// the control thread. All calls on the control thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace isthmus::control {

class Background {
  public:
    /// Runs something on the control thread; called from the other one.
    using Post = std::function<void(std::function<void()>)>;
    /// Must not throw; ends early when asked to. Shares nothing with the control thread but what
    /// cannot change, and is destroyed on its own.
    using Work = std::function<void(const std::atomic<bool>& is_asked_to_end)>;

    explicit Background(Post post) : post_(std::move(post)) {}

    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;
    Background(Background&&) = delete;
    Background& operator=(Background&&) = delete;
    /// Asks the work to end and waits for it; `then` is dropped.
    ~Background();

    bool is_busy() const { return then_ != nullptr; }

    /// Only while it is not busy. `then` is called, and destroyed, on the control thread.
    void run(Work work, std::function<void()> then);

  private:
    void finish();

    Post post_;
    std::function<void()> then_;
    std::thread thread_;
    std::atomic<bool> is_asked_to_end_{false};
    std::shared_ptr<bool> life_ = std::make_shared<bool>(true);
};

}  // namespace isthmus::control
