// The three ways both worlds write a time: SIP-date (RFC 3261 §20.17), RFC 3339 (CPIM, IMDN, PIDF)
// and its profile XEP-0082. Years outside 1970 to 2199 are no dates here (abuse case E12).
#pragma once

#include "base/arena.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::translate {

/// `Tue, 10 Sep 2002 23:08:25 GMT` to Unix time.
std::optional<std::int64_t> parse_sip_date(std::string_view text);

/// `2002-09-10T23:08:25Z`, with fraction and offset if it has them, to Unix time.
std::optional<std::int64_t> parse_datetime(std::string_view text);

std::string_view format_sip_date(std::int64_t time, Arena& arena);
std::string_view format_datetime(std::int64_t time, Arena& arena);
/// The same of microseconds, with a fraction of six digits.
std::string_view format_datetime_us(std::int64_t microseconds, Arena& arena);

}  // namespace isthmus::translate
