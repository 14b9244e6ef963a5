#include "base/utc.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
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

std::optional<std::int64_t> utc_seconds(std::string_view text) {
    const auto number = [&text](std::size_t digits) -> std::optional<int> {
        const auto made = text::to_number(text.substr(0, digits));
        if (text.size() < digits || !made) {
            return std::nullopt;
        }
        text.remove_prefix(digits);
        return static_cast<int>(*made);
    };
    const auto take = [&text](std::string_view one_of) {
        const bool is_there = !text.empty() && one_of.find(text.front()) != std::string_view::npos;
        text.remove_prefix(is_there ? 1 : 0);
        return is_there;
    };
    int parts[6] = {};
    constexpr std::string_view kAfter[] = {"-", "-", "Tt ", ":", ":", ""};
    for (std::size_t i = 0; i < 6; ++i) {
        const auto part = number(i == 0 ? 4 : 2);
        if (!part || (!kAfter[i].empty() && !take(kAfter[i]))) {
            return std::nullopt;
        }
        parts[i] = *part;
    }
    if (take(".")) {
        text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
    }
    const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                           std::chrono::month(static_cast<unsigned>(parts[1])),
                                           std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) {
        return std::nullopt;
    }
    std::int64_t offset = 0;
    if (!take("Zz")) {
        const bool is_west = text.starts_with('-');
        const bool has_sign = take("+-");
        const auto hours = has_sign ? number(2) : std::nullopt;
        const auto minutes = hours && take(":") ? number(2) : std::nullopt;
        if (!minutes || *hours > 23 || *minutes > 59) {
            return std::nullopt;
        }
        offset = (is_west ? -60 : 60) * (std::int64_t{*hours} * 60 + *minutes);
    }
    if (!text.empty()) {
        return std::nullopt;
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return days * 86400 + std::int64_t{parts[3]} * 3600 + std::int64_t{parts[4]} * 60 + parts[5] -
           offset;
}

std::int64_t utc_now_seconds() {
    const auto now = std::chrono::system_clock::now();
    return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

double utc_now_fine() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string utc_now_text() {
    return utc_text(utc_now_seconds());
}

}  // namespace isthmus
