#include "base/clock.h"

#include <algorithm>

namespace isthmus {

void Timer::arm(Duration after) {
    timers_->arm(*this, after);
}

void Timer::cancel() {
    if (is_armed()) {
        timers_->cancel(*this);
    }
}

Timers::Timers(TimePoint start) : start_(start), now_(start) {
    for (auto& level : wheel_) {
        for (TimerLink& head : level) {
            head.next = head.previous = &head;
        }
    }
}

TimePoint Timers::time_of(std::uint64_t tick) const {
    return start_ + static_cast<Duration::rep>(tick) * kTick;
}

TimerLink& Timers::slot(std::size_t level, std::uint64_t tick) {
    return wheel_[level][(tick >> (8 * level)) & (kSlots - 1)];
}

void Timers::arm(Timer& timer, Duration after) {
    if (timer.is_armed()) {
        cancel(timer);
    }
    const Duration since_start = now_ - start_ + std::max(after, Duration::zero());
    const auto ticks = (since_start + kTick - Duration(1)) / kTick;
    timer.tick_ = std::max(static_cast<std::uint64_t>(ticks), tick_ + 1);
    ++armed_;
    place(timer);
}

void Timers::place(Timer& timer) {
    constexpr std::uint64_t kHorizon = std::uint64_t{1} << 32U;
    const std::uint64_t delta = std::min(timer.tick_ - tick_, kHorizon - 1);
    std::size_t level = 0;
    while (level + 1 < kLevels && delta >= (std::uint64_t{1} << (8 * (level + 1)))) {
        ++level;
    }
    timer.level_ = static_cast<std::uint8_t>(level);
    ++count_[level];
    TimerLink& head = slot(level, tick_ + delta);
    TimerLink& link = timer;
    link.previous = head.previous;
    link.next = &head;
    head.previous->next = &link;
    head.previous = &link;
}

void Timers::cancel(Timer& timer) {
    TimerLink& link = timer;
    link.previous->next = link.next;
    link.next->previous = link.previous;
    link.next = link.previous = nullptr;
    --count_[timer.level_];
    --armed_;
}

void Timers::cascade() {
    for (std::size_t level = 1; level < kLevels; ++level) {
        TimerLink& head = slot(level, tick_);
        while (head.next != &head) {
            auto& timer = static_cast<Timer&>(*head.next);
            cancel(timer);
            ++armed_;
            place(timer);
        }
        if (((tick_ >> (8 * level)) & (kSlots - 1)) != 0) {
            break;
        }
    }
}

void Timers::fire_slot() {
    TimerLink& head = slot(0, tick_);
    while (head.next != &head) {
        auto& timer = static_cast<Timer&>(*head.next);
        cancel(timer);
        timer.on_fire_();
    }
}

void Timers::advance_to(TimePoint to) {
    if (to < now_) {
        return;
    }
    const auto last = static_cast<std::uint64_t>((to - start_) / kTick);
    while (tick_ < last) {
        if (armed_ == 0) {
            tick_ = last;
            break;
        }
        const std::uint64_t boundary = (tick_ | (kSlots - 1)) + 1;
        // Nothing can fire before the next cascade if the lowest level is empty.
        tick_ = count_[0] == 0 ? std::min(boundary, last) : tick_ + 1;
        now_ = std::max(now_, time_of(tick_));
        if ((tick_ & (kSlots - 1)) == 0) {
            cascade();
        }
        fire_slot();
    }
    now_ = to;
}

std::optional<TimePoint> Timers::next_deadline() const {
    if (armed_ == 0) {
        return std::nullopt;
    }
    std::uint64_t next = (tick_ | (kSlots - 1)) + 1;
    if (count_[0] != 0) {
        const std::uint64_t limit = count_[0] == armed_ ? tick_ + kSlots : next;
        for (std::uint64_t tick = tick_ + 1; tick <= limit; ++tick) {
            const TimerLink& head = wheel_[0][tick & (kSlots - 1)];
            if (head.next != &head) {
                next = tick;
                break;
            }
        }
    }
    return time_of(next);
}

}  // namespace isthmus
