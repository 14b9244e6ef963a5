// Time as the traffic code sees it: a monotonic now() and timers on a hierarchical wheel. The owner
// of the loop advances it: net/event_loop from the steady clock, tests by hand (the manual clock of
// the tests is this very class). Single-threaded.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace isthmus {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Timers;

/// A node of the wheel's circular lists; next is null while a timer is not armed.
struct TimerLink {
    TimerLink* next = nullptr;
    TimerLink* previous = nullptr;
};

/// One-shot timer. Owned by whoever owns the machine; destruction cancels. The callback should
/// capture one pointer at most, so that no allocation happens. Re-arming replaces the deadline.
class Timer : private TimerLink {
  public:
    Timer(Timers& timers, std::function<void()> on_fire)
        : timers_(&timers), on_fire_(std::move(on_fire)) {}

    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    Timer(Timer&&) = delete;
    Timer& operator=(Timer&&) = delete;

    ~Timer() { cancel(); }

    /// Fires once, no earlier than `after` from now (1 ms resolution, rounded up).
    void arm(Duration after);
    void cancel();

    bool is_armed() const { return next != nullptr; }

  private:
    friend class Timers;
    Timers* timers_;
    std::function<void()> on_fire_;
    std::uint64_t tick_ = 0;
    std::uint8_t level_ = 0;
};

/// The wheel: four levels of 256 slots, the lowest of 1 ms, so up to about 49 days; arm and cancel
/// are O(1). Timers fire tick by tick; within one tick the order is that of placement.
class Timers {
  public:
    explicit Timers(TimePoint start = {});

    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;
    Timers(Timers&&) = delete;
    Timers& operator=(Timers&&) = delete;
    ~Timers() = default;

    /// The time of the current turn; it moves only in advance_to().
    TimePoint now() const { return now_; }

    /// Moves the time to `to` and fires what is due. Callbacks may arm, cancel and destroy timers.
    void advance_to(TimePoint to);

    void advance(Duration by) { advance_to(now_ + by); }

    /// When advance_to() should be called next at the latest; nothing if no timer is armed. May be
    /// early (timers far away move down a level), never late.
    std::optional<TimePoint> next_deadline() const;

    std::size_t armed() const { return armed_; }

  private:
    friend class Timer;
    static constexpr std::size_t kLevels = 4;
    static constexpr std::size_t kSlots = 256;
    static constexpr Duration kTick = std::chrono::milliseconds(1);

    void arm(Timer& timer, Duration after);
    void cancel(Timer& timer);
    void place(Timer& timer);
    void fire_slot();
    void cascade();
    TimePoint time_of(std::uint64_t tick) const;
    TimerLink& slot(std::size_t level, std::uint64_t tick);

    TimePoint start_;
    TimePoint now_;
    std::uint64_t tick_ = 0;  ///< the last tick that has fired
    std::size_t armed_ = 0;
    std::array<std::size_t, kLevels> count_{};
    std::array<std::array<TimerLink, kSlots>, kLevels> wheel_{};
};

}  // namespace isthmus
