// The loop of one thread: readiness of descriptors (epoll, level-triggered), timers, calls posted
// by other threads, and the end of each turn, when everything that was written during the turn is
// sent. One turn: wait, timers, ready descriptors, posted calls, end-of-turn work until none is
// left. All but post() and stop() belongs to the thread that runs the loop.
#pragma once

#include "base/clock.h"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming)
}

namespace isthmus::net {

class EventLoop;

/// A descriptor in the loop. The owner of the descriptor derives from it; destruction (or
/// forget()) ends the watch and must come before the descriptor is closed.
class Watch {
  public:
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    Watch(Watch&&) = delete;
    Watch& operator=(Watch&&) = delete;

  protected:
    explicit Watch(EventLoop& loop) : loop_(loop) {}

    ~Watch() { forget(); }

    /// What to hear of; neither: not even a hang-up is reported. At most one system call. That
    /// reading is not wanted any more is told to the kernel only when something comes; often it
    /// is wanted again before. False if the kernel has no room for it.
    [[nodiscard]] bool watch(int descriptor, bool readable, bool writable);
    void forget();

    /// An error or hang-up counts as both, as far as asked for.
    virtual void on_ready(bool readable, bool writable) = 0;

  private:
    friend class EventLoop;
    EventLoop& loop_;
    int descriptor_ = -1;
    std::uint32_t wanted_ = 0;
    std::uint32_t interest_ = 0;  ///< what the kernel knows of: that, and perhaps reading
};

/// Work to do once at the end of the current turn, in the order of asking.
class EndOfTurn {
  public:
    EndOfTurn(const EndOfTurn&) = delete;
    EndOfTurn& operator=(const EndOfTurn&) = delete;
    EndOfTurn(EndOfTurn&&) = delete;
    EndOfTurn& operator=(EndOfTurn&&) = delete;

  protected:
    explicit EndOfTurn(EventLoop& loop) : loop_(loop) {}

    ~EndOfTurn();

    /// Idempotent within a turn; may be called from on_end_of_turn() itself.
    void at_end_of_turn();
    virtual void on_end_of_turn() = 0;

  private:
    friend class EventLoop;
    EventLoop& loop_;
    EndOfTurn* next_ = nullptr;
    EndOfTurn* previous_ = nullptr;
    bool listed_ = false;
};

class EventLoop {
  public:
    using Now = TimePoint (*)();

    EventLoop();
    /// For tests: `now` instead of the steady clock.
    explicit EventLoop(Now now);
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    EventLoop(EventLoop&&) = delete;
    EventLoop& operator=(EventLoop&&) = delete;
    ~EventLoop();

    Timers& timers() { return timers_; }

    /// Turns until stop().
    void run();
    /// Any thread, and signal-safe enough for a callback of on_signal().
    void stop();
    /// One turn that waits at most `limit`.
    void run_once(Duration limit);

    /// For tests: turns until `done`, at most for `limit`. True if it was done.
    template <std::predicate Condition>
    bool run_until(Condition done, Duration limit = std::chrono::seconds(20)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!done()) {
            const auto left = end - std::chrono::steady_clock::now();
            if (left <= Duration::zero()) {
                return false;
            }
            run_once(left);
        }
        return true;
    }

    /// Any thread: `call` runs on the loop's thread, in order. The only way in from outside.
    void post(std::function<void()> call);

    /// `call` runs in the loop for each such signal. Call it before other threads start: the
    /// signal is blocked from then on and threads inherit that.
    void on_signal(int number, std::function<void()> call);

    /// For the control thread's HTTP server: from the first call on, this loop sleeps in this
    /// io_context and runs its handlers too. The traffic thread does without and is faster.
    boost::asio::io_context& asio();

    std::uint64_t turns() const { return turns_; }

  private:
    friend class Watch;
    friend class EndOfTurn;
    // Both are final, which a declaration cannot say.
    class Mailbox;  // NOLINT(cppcoreguidelines-virtual-class-destructor)
    class Signals;  // NOLINT(cppcoreguidelines-virtual-class-destructor)
    class AsioHost;
    struct Batch;

    bool set_interest(Watch& watch, std::uint32_t interest);
    void wait(Duration limit);
    void dispatch();
    void finish_turn();
    Duration time_to_sleep(Duration limit) const;

    int epoll_;
    Now now_;
    Timers timers_;
    std::unique_ptr<Batch> batch_;
    EndOfTurn* first_ = nullptr;
    EndOfTurn* last_ = nullptr;
    std::atomic<bool> stopped_{false};
    std::uint64_t turns_ = 0;
    std::unique_ptr<Mailbox> mailbox_;
    std::unique_ptr<Signals> signals_;
    std::unique_ptr<AsioHost> asio_;
};

}  // namespace isthmus::net
