// Character classes and scanners of RFC 3261 §25.1, for the parsers of this room only.
#pragma once

#include "base/text.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace isthmus::sip::grammar {

enum Class : std::uint16_t {
    kToken = 1U << 0U,
    kUser = 1U << 1U,       ///< unreserved, user-unreserved; '%' is checked apart
    kPassword = 1U << 2U,   ///< likewise
    kHost = 1U << 3U,       ///< letters, digits, '-', '.'
    kParam = 1U << 4U,      ///< paramchar without escapes
    kUriHeader = 1U << 5U,  ///< hnv-unreserved, unreserved, '&', '='
    kOpaque = 1U << 6U,     ///< RFC 3986 unreserved and reserved, but '#'
    kScheme = 1U << 7U,
    kWord = 1U << 8U,
    kValue = 1U << 9U,     ///< unquoted value of a header parameter: token, host, and what peers
                           ///< really send there; no separators
    kDisplay = 1U << 10U,  ///< token, blank, and UTF-8 that should have been quoted
    kQuoted = 1U << 11U,   ///< inside of a quoted string, without '"' and '\'
};

constexpr std::array<std::uint16_t, 256> make_table() {
    std::array<std::uint16_t, 256> table{};
    const auto add = [&](std::string_view set, unsigned bits) {
        for (const char c : set) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint16_t>(entry | bits);
        }
    };
    constexpr std::string_view kMark = "-_.!~*'()";
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    add(kLetters, 0x0FFF);
    add("0123456789", 0x0FFF);
    add(kMark, kUser | kPassword | kParam | kUriHeader | kOpaque);
    add("-.!%*_+`'~", kToken | kWord | kValue | kDisplay);
    add("()<>:\\\"/[]?{}", kWord);
    add("&=+$,;?/", kUser);
    add("&=+$,", kPassword);
    add("-.", kHost);
    add("[]/:&+$", kParam);
    add("[]/?:+$&=", kUriHeader);
    add(";/?:@&=+$,[]", kOpaque);
    add("+-.", kScheme);
    add("[]:/@=&$?#()|^{}", kValue);
    add(" \t", kDisplay | kQuoted);
    for (unsigned c = 0x21; c < 0x100; ++c) {
        if (c != '"' && c != '\\' && c != 0x7F) {
            table[c] = static_cast<std::uint16_t>(table[c] | kQuoted);
        }
        if (c >= 0x80) {
            table[c] = static_cast<std::uint16_t>(table[c] | kDisplay);
        }
    }
    return table;
}

inline constexpr std::array<std::uint16_t, 256> kTable = make_table();

inline bool is(char c, Class wanted) {
    return (kTable[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// First position from `at` whose octet is not of that class.
inline std::size_t skip(std::string_view text, std::size_t at, Class wanted) {
    while (at < text.size() && is(text[at], wanted)) {
        ++at;
    }
    return at;
}

inline bool all(std::string_view text, Class wanted) {
    return skip(text, 0, wanted) == text.size();
}

inline bool is_token(std::string_view text) {
    return !text.empty() && all(text, kToken);
}

/// As skip(), also over good percent escapes; stops at a broken one.
inline std::size_t skip_escaped(std::string_view text, std::size_t at, Class wanted) {
    for (;;) {
        at = skip(text, at, wanted);
        if (at + 2 < text.size() && text[at] == '%' && text::hex_value(text[at + 1]) >= 0 &&
            text::hex_value(text[at + 2]) >= 0) {
            at += 3;
        } else {
            return at;
        }
    }
}

/// Linear white space; folds are unfolded before anybody gets here.
inline std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) {
        ++at;
    }
    return at;
}

/// `at` is the opening quote. Returns the position behind the closing one; npos if there is none
/// or a control octet stands there unescaped. RFC 3261 §25.1 quoted-pair: no CR, no LF.
inline std::size_t skip_quoted(std::string_view text, std::size_t at) {
    ++at;
    for (;;) {
        at = skip(text, at, kQuoted);
        if (at >= text.size()) {
            return std::string_view::npos;
        }
        if (text[at] == '"') {
            return at + 1;
        }
        if (text[at] != '\\' || at + 1 >= text.size() || text[at + 1] == '\r' ||
            text[at + 1] == '\n' || (static_cast<unsigned char>(text[at + 1]) & 0x80U) != 0) {
            return std::string_view::npos;
        }
        at += 2;
    }
}

/// Host name, IPv4 address or IPv6 reference at `at`, which moves behind it.
bool parse_host(std::string_view text, std::size_t& at, std::string_view& host);

/// Digits at `at`, 1 to 65535.
bool parse_port(std::string_view text, std::size_t& at, std::uint16_t& port);

/// The whole text as a number of 32 bits; leading zeros are fine.
bool parse_u32(std::string_view text, std::uint32_t& value);

/// One `;name[=value]` of a list.
struct Param {
    std::string_view name;
    std::string_view value;  ///< with its quotes
    bool has_value = false;
};

enum class Step : std::uint8_t { Param, End, Comma, Broken };

/// `name[=value]` at `at`, which moves behind it.
inline bool read_param(std::string_view text, std::size_t& at, Param& param) {
    const std::size_t name = skip_blanks(text, at);
    at = skip(text, name, kToken);
    if (at == name) {
        return false;
    }
    param = {text.substr(name, at - name), {}, false};
    const std::size_t equals = skip_blanks(text, at);
    if (equals >= text.size() || text[equals] != '=') {
        return true;
    }
    const std::size_t value = skip_blanks(text, equals + 1);
    const bool is_quoted = value < text.size() && text[value] == '"';
    at = is_quoted ? skip_quoted(text, value) : skip(text, value, kValue);
    if (at == std::string_view::npos || at == value) {
        return false;
    }
    param.value = text.substr(value, at - value);
    param.has_value = true;
    return true;
}

/// Reads the next of `;name[=value]...` at `at`, which moves behind it; with Comma, to the comma.
inline Step next_param(std::string_view text, std::size_t& at, Param& param) {
    at = skip_blanks(text, at);
    if (at >= text.size()) {
        return Step::End;
    }
    if (text[at] != ';') {
        return text[at] == ',' ? Step::Comma : Step::Broken;
    }
    ++at;
    return read_param(text, at, param) ? Step::Param : Step::Broken;
}

/// Whether `text` is `lower_case` but for ASCII case; inline, for short words.
inline bool is_word(std::string_view text, std::string_view lower_case) {
    if (text.size() != lower_case.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text::lower(text[i]) != lower_case[i]) {
            return false;
        }
    }
    return true;
}

/// Equality of short texts without a call.
inline bool is_same(std::string_view a, std::string_view b) {
    const std::size_t size = a.size();
    if (size != b.size()) {
        return false;
    }
    const auto differ = [&](auto word, std::size_t at) {
        auto other = word;
        std::memcpy(&word, a.data() + at, sizeof word);
        std::memcpy(&other, b.data() + at, sizeof other);
        return word != other;
    };
    // Words at both ends that may overlap.
    if (size >= 8) {
        for (std::size_t at = 0; at + 8 < size; at += 8) {
            if (differ(std::uint64_t{}, at)) {
                return false;
            }
        }
        return !differ(std::uint64_t{}, size - 8);
    }
    if (size >= 4) {
        return !differ(std::uint32_t{}, 0) && !differ(std::uint32_t{}, size - 4);
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

inline bool is_control(char octet) {
    const auto c = static_cast<unsigned char>(octet);
    return (c < 0x20 && c != '\t') || c == 0x7F;
}

#if defined(__SSE2__)
/// One bit for each of the 16 octets at `at` that is a control.
inline unsigned control_mask(const char* at, unsigned& seen) {
    const __m128i last_control = _mm_set1_epi8(0x1F);
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_max_epu8(octets, last_control), last_control);
    const __m128i tab = _mm_cmpeq_epi8(octets, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(octets, _mm_set1_epi8(0x7F));
    seen |= static_cast<unsigned>(_mm_movemask_epi8(octets)) != 0 ? 0x80U : 0U;
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, low), del)));
}
#endif

/// First control octet (below 0x20 but HTAB, or 0x7F) in [at, end), else end. The highest bit of
/// `seen` is set if an octet above 0x7F was met; octets shortly behind the end found may set it
/// too.
inline const char* find_control(const char* at, const char* end, unsigned& seen) {
#if defined(__SSE2__)
    const bool is_long = end - at >= 16;
    for (; end - at >= 16; at += 16) {
        if (const unsigned mask = control_mask(at, seen); mask != 0) {
            return at + std::countr_zero(mask);
        }
    }
    if (is_long) {
        // The last block overlaps the one before, where nothing was found.
        const unsigned mask = control_mask(end - 16, seen);
        return mask == 0 ? end : end - 16 + std::countr_zero(mask);
    }
#endif
    for (; at != end; ++at) {
        if (is_control(*at)) {
            return at;
        }
        seen |= static_cast<unsigned char>(*at);
    }
    return end;
}

}  // namespace isthmus::sip::grammar
