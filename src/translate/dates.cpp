#include "translate/dates.h"

#include "base/text.h"

#include <fmt/compile.h>

#include <array>
#include <chrono>

namespace isthmus::translate {

namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kDay = 86400;

/// Reads fixed-width fields from the left; one miss and everything after it misses.
class Fields {
  public:
    explicit Fields(std::string_view text) : left_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (i >= left_.size() || !text::is_digit(left_[i])) {
                return fail();
            }
            value = value * 10 + (left_[i] - '0');
        }
        left_.remove_prefix(digits);
        return value;
    }

    void literal(std::string_view text) { is_good_ = take(text) && is_good_; }

    bool take(std::string_view text) {
        if (!text::istarts_with(left_, text)) {
            return false;
        }
        left_.remove_prefix(text.size());
        return true;
    }

    template <std::size_t size>
    int one_of(const std::array<std::string_view, size>& names) {
        for (std::size_t i = 0; i < size; ++i) {
            if (take(names[i])) {
                return static_cast<int>(i);
            }
        }
        return fail();
    }

    void skip_digits() {
        while (!left_.empty() && text::is_digit(left_.front())) {
            left_.remove_prefix(1);
        }
    }

    bool is_done() const { return is_good_ && left_.empty(); }

  private:
    int fail() {
        is_good_ = false;
        left_ = {};
        return 0;
    }

    std::string_view left_;
    bool is_good_ = true;
};

std::optional<std::int64_t> to_time(int y, int m, int d, int hour, int minute, int second) {
    const year_month_day date{
        year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (y < 1970 || y > 2199 || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    return sys_days(date).time_since_epoch().count() * kDay + hour * 3600L + minute * 60L + second;
}

struct Split {
    year_month_day date;
    std::int64_t seconds;
};

Split split(std::int64_t time) {
    const std::int64_t days = time / kDay;
    return {year_month_day(sys_days(std::chrono::days(days))), time - days * kDay};
}

/// `format` is made by FMT_COMPILE.
template <class Format, class... Args>
std::string_view print(Arena& arena, const Format& format, Args&&... args) {
    constexpr std::size_t kRoom = 48;
    char* const to = arena.chars(kRoom);
    const auto result = fmt::format_to_n(to, kRoom, format, std::forward<Args>(args)...);
    arena.shrink_to(result.out);
    return {to, static_cast<std::size_t>(result.out - to)};
}

template <std::size_t Digits>
char* print_number(char* to, std::uint64_t value) {
    for (std::size_t i = Digits; i != 0; --i) {
        to[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return to + Digits;
}

constexpr std::size_t kDateTime = std::string_view("2002-09-10T23:08:25").size();

/// RFC 3339 §5.6 without its zone; by hand, for each NOTIFY has one. Of years the last four digits.
char* print_datetime(char* to, std::int64_t time) {
    const auto [date, seconds] = split(time);
    const auto second = static_cast<std::uint64_t>(seconds);
    to = print_number<4>(to, static_cast<std::uint64_t>(static_cast<int>(date.year())));
    *to++ = '-';
    to = print_number<2>(to, static_cast<unsigned>(date.month()));
    *to++ = '-';
    to = print_number<2>(to, static_cast<unsigned>(date.day()));
    *to++ = 'T';
    to = print_number<2>(to, second / 3600);
    *to++ = ':';
    to = print_number<2>(to, second / 60 % 60);
    *to++ = ':';
    return print_number<2>(to, second % 60);
}

}  // namespace

std::optional<std::int64_t> parse_sip_date(std::string_view text) {
    Fields fields(text);
    fields.one_of(kDays);
    fields.literal(", ");
    const int d = fields.number(2);
    fields.literal(" ");
    const int m = fields.one_of(kMonths) + 1;
    fields.literal(" ");
    const int y = fields.number(4);
    fields.literal(" ");
    const int hour = fields.number(2);
    fields.literal(":");
    const int minute = fields.number(2);
    fields.literal(":");
    const int second = fields.number(2);
    fields.literal(" GMT");
    return fields.is_done() ? to_time(y, m, d, hour, minute, second) : std::nullopt;
}

std::optional<std::int64_t> parse_datetime(std::string_view text) {
    Fields fields(text);
    const int y = fields.number(4);
    fields.literal("-");
    const int m = fields.number(2);
    fields.literal("-");
    const int d = fields.number(2);
    fields.literal("T");
    const int hour = fields.number(2);
    fields.literal(":");
    const int minute = fields.number(2);
    fields.literal(":");
    const int second = fields.number(2);
    if (fields.take(".")) {
        fields.skip_digits();
    }
    int offset = 0;
    if (!fields.take("Z")) {
        const bool is_west = fields.take("-");
        if (!is_west) {
            fields.literal("+");
        }
        const int hours = fields.number(2);
        fields.literal(":");
        const int minutes = fields.number(2);
        if (hours > 23 || minutes > 59) {
            return std::nullopt;
        }
        offset = (hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
    }
    const auto local = to_time(y, m, d, hour, minute, second);
    if (!fields.is_done() || !local || *local < offset) {
        return std::nullopt;
    }
    return *local - offset;
}

std::string_view format_sip_date(std::int64_t time, Arena& arena) {
    const auto [date, seconds] = split(time);
    const std::chrono::weekday weekday{sys_days(date)};
    return print(arena,
                 FMT_COMPILE("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT"),
                 kDays[weekday.c_encoding()],
                 static_cast<unsigned>(date.day()),
                 kMonths[static_cast<unsigned>(date.month()) - 1],
                 static_cast<int>(date.year()),
                 seconds / 3600,
                 seconds / 60 % 60,
                 seconds % 60);
}

std::string_view format_datetime(std::int64_t time, Arena& arena) {
    char* const to = arena.chars(kDateTime + 1);
    *print_datetime(to, time) = 'Z';
    return {to, kDateTime + 1};
}

std::string_view format_datetime_us(std::int64_t microseconds, Arena& arena) {
    constexpr std::int64_t kSecond = 1000000;
    constexpr std::size_t kFraction = 6;
    char* const to = arena.chars(kDateTime + kFraction + 2);
    char* at = print_datetime(to, microseconds / kSecond);
    *at++ = '.';
    at = print_number<kFraction>(at, static_cast<std::uint64_t>(microseconds % kSecond));
    *at = 'Z';
    return {to, kDateTime + kFraction + 2};
}

}  // namespace isthmus::translate
