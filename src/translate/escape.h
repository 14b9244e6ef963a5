// Percent coding of URI parts and the escapes of XEP-0106, with the tables that tell what needs
// neither. Private to the room.
#pragma once

#include "base/arena.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::translate {

inline constexpr std::string_view kUpperHex = "0123456789ABCDEF";

using CharSet = std::uint8_t;

inline constexpr CharSet kSipUser = 1;  ///< raw in a SIP user part (RFC 3261 §25.1 user)
inline constexpr CharSet kImUser = 2;   ///< raw in ours of im and pres URIs (gap G-05)
inline constexpr CharSet kGr = 4;       ///< raw in a gr value (RFC 3261 §25.1 paramchar)
/// In a SIP user part and in a localpart alike, changed by no mapping.
inline constexpr CharSet kPlainUser = 8;
inline constexpr CharSet kXmppNode = 16;  ///< raw in the node of an xmpp IRI (RFC 5122 §2.2)
inline constexpr CharSet kHost = 32;      ///< lower-case letters, digits, '-', '.'
inline constexpr CharSet kWord = 64;      ///< of a Call-ID (RFC 3261 §25.1 word)
inline constexpr CharSet kToken = 128;    ///< RFC 3261 §25.1 token

inline constexpr auto kCharSets = [] {
    std::array<CharSet, 256> table{};
    const auto add = [&table](std::string_view chars, unsigned sets) {
        for (const char c : chars) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<CharSet>(entry | sets);
        }
    };
    add("abcdefghijklmnopqrstuvwxyz0123456789", 0xFF);
    add("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0xFFU & ~unsigned{kPlainUser} & ~unsigned{kHost});
    add("-_.!~*'()", kSipUser | kGr);
    add("&=+$,;?/", kSipUser);
    add("[]/:&+$", kGr);
    add("-_.!~*()=+$,;?", kPlainUser);
    add("-._~!$'*+", kImUser);
    add("-._~!$()*+,;=", kXmppNode);
    add("-.", kHost);
    add("-.!%*_+`'~", kToken | kWord);
    add("()<>:\\\"/[]?{}", kWord);
    return table;
}();

constexpr bool is_in(char c, CharSet set) {
    return (kCharSets[static_cast<unsigned char>(c)] & set) != 0;
}

constexpr bool all_in(std::string_view text, CharSet set) {
    unsigned seen = set;
    for (const char c : text) {
        seen &= kCharSets[static_cast<unsigned char>(c)];
    }
    return seen != 0;
}

/// Decodes once. Nothing if an escape is broken.
std::optional<std::string_view> percent_decode(std::string_view text, Arena& arena);

/// Writes `text` to `to`, which has room for 3 * text.size(), with %HH for all that is not in
/// `raw`. Returns the end.
char* percent_encode(std::string_view text, CharSet raw, char* to);

/// XEP-0106 §4.2: escapes the nine characters, and every backslash that would read as the start of
/// an escape. Hex digits count in either case, because the profile folds afterwards (gap G-03).
std::string_view escape_local(std::string_view text, Arena& arena);

/// XEP-0106 §4.3: undoes all ten escapes in one pass; other backslashes stay.
std::string_view unescape_local(std::string_view text, Arena& arena);

/// Number of the ten escapes in `text`, hex digits in either case.
std::size_t count_escapes(std::string_view text);

}  // namespace isthmus::translate
