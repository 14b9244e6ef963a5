// Wall-clock times as text, for administrators.
#pragma once

#include <cstdint>
#include <string>

namespace isthmus {

/// "2026-01-31T09:05:00Z" (RFC 3339) of seconds since 1970.
std::string utc_text(std::int64_t seconds);
/// The same of now.
std::string utc_now_text();

}  // namespace isthmus
