// Wall time, and the processor time which other processes have used.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <vector>

namespace isthmus::bench {

inline std::uint64_t nanoseconds(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec);
}

inline std::uint64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return nanoseconds(time);
}

// User and system time of all threads, in nanoseconds; exact even while they run, unlike /proc.
inline std::uint64_t cpu_time(const std::vector<pid_t>& processes) {
    std::uint64_t sum = 0;
    for (const pid_t process : processes) {
        clockid_t clock = 0;
        timespec time{};
        if (clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &time) == 0) {
            sum += nanoseconds(time);
        }
    }
    return sum;
}

}  // namespace isthmus::bench
