// Wall-clock times as text, for administrators.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus {

/// "2026-01-31T09:05:00Z" (RFC 3339) of seconds since 1970.
std::string utc_text(std::int64_t seconds);
/// Back again: with "Z" or an offset, with or without fraction. Nothing if it is no time.
std::optional<std::int64_t> utc_seconds(std::string_view text);
/// Of now.
std::int64_t utc_now_seconds();
/// With their fraction.
double utc_now_fine();
std::string utc_now_text();

}  // namespace isthmus
