#include "base/utc.h"

#include <fmt/format.h>

#include <chrono>

namespace isthmus {

std::string utc_text(std::int64_t seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count());
}

std::string utc_now_text() {
    const auto now = std::chrono::system_clock::now();
    return utc_text(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

}  // namespace isthmus
