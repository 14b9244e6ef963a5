// Octets of a SIP body to UTF-8 with plain line feeds. Strict: text that is not what its charset
// says is refused, never guessed (RFC 3922 §4.2.9, abuse case E06). Private to the room.
#pragma once

#include "base/arena.h"

#include <optional>
#include <string_view>

namespace isthmus::translate {

/// UTF-8 (also if `charset` is empty: RFC 3261 §7.4.1), US-ASCII, ISO-8859-1 and UTF-16 in its
/// three forms. Nothing: another charset, or octets that are not text in it. A byte order mark is
/// dropped. No copy is made of what is fine as it stands.
std::optional<std::string_view> to_utf8(std::string_view octets,
                                        std::string_view charset,
                                        Arena& arena);

/// Writes the octets of `c`, four at most; answers the place behind them.
char* put_utf8(char32_t c, char* to);

/// CR LF and lone CR become LF.
std::string_view with_line_feeds(std::string_view text, Arena& arena);

/// `text` if it is UTF-8, else with U+FFFD for each octet that is not.
std::string_view repaired_utf8(std::string_view text, Arena& arena);

}  // namespace isthmus::translate
