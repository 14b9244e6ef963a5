// Characters and names of XML 1.0 (fifth edition) in UTF-8, and the scan for the next octet that
// needs a decision. Private to the room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace isthmus::xml {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// XML 1.0 production 2.
constexpr bool is_xml_char(char32_t c) {
    return c >= 0x20 ? c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c < 0x110000)
                     : c == '\t' || c == '\n' || c == '\r';
}

/// XML 1.0 production 4 without the ASCII part.
constexpr bool is_wide_name_start(char32_t c) {
    return (c >= 0xC0 && c <= 0x2FF && c != 0xD7 && c != 0xF7) ||
           (c >= 0x370 && c <= 0x1FFF && c != 0x37E) || c == 0x200C || c == 0x200D ||
           (c >= 0x2070 && c <= 0x218F) || (c >= 0x2C00 && c <= 0x2FEF) ||
           (c >= 0x3001 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) ||
           (c >= 0xFDF0 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0xEFFFF);
}

/// XML 1.0 production 4a without the ASCII part.
constexpr bool is_wide_name_part(char32_t c) {
    return is_wide_name_start(c) || c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F ||
           c == 0x2040;
}

enum class NameClass : std::uint8_t { None, Wide, Colon, Part, Start };

inline constexpr auto kNameClass = [] {
    std::array<NameClass, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        const bool is_alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool is_digit = c >= '0' && c <= '9';
        table[c] = is_alpha || c == '_'               ? NameClass::Start
                   : is_digit || c == '-' || c == '.' ? NameClass::Part
                   : c == ':'                         ? NameClass::Colon
                   : c >= 0x80                        ? NameClass::Wide
                                                      : NameClass::None;
    }
    return table;
}();

constexpr NameClass name_class(char c) {
    return kNameClass[static_cast<unsigned char>(c)];
}

/// One code point. `length` 0: not well-formed UTF-8 or no XML character; `is_cut`: the input ends
/// inside a sequence that may still become good.
struct Decoded {
    char32_t code_point = 0;
    std::uint8_t length = 0;
    bool is_cut = false;
};

/// Reads at `at`, which is not `end`. Unicode 15, table 3-7.
inline Decoded decode(const char* at, const char* end) {
    const auto octet = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    const unsigned first = octet(0);
    if (first < 0x80) {
        return {first, static_cast<std::uint8_t>(is_xml_char(first) ? 1 : 0), false};
    }
    if (first < 0xC2 || first > 0xF4) {
        return {};
    }
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const auto available = static_cast<std::size_t>(end - at);
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    char32_t value = first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (i == available) {
            return {0, 0, true};
        }
        const unsigned next = octet(i);
        if (next < (i == 1 ? low : 0x80U) || next > (i == 1 ? high : 0xBFU)) {
            return {};
        }
        value = value << 6U | (next & 0x3FU);
    }
    return {value, static_cast<std::uint8_t>(is_xml_char(value) ? length : 0), false};
}

/// Writes `c`, a scalar value, to `to` (4 octets are enough); returns the length.
inline std::size_t encode(char32_t c, char* to) {
    const auto tail = [c](unsigned shift) {
        return static_cast<char>(0x80U | (c >> shift & 0x3FU));
    };
    if (c < 0x80) {
        to[0] = static_cast<char>(c);
        return 1;
    }
    if (c < 0x800) {
        to[0] = static_cast<char>(0xC0U | c >> 6U);
        to[1] = tail(0);
        return 2;
    }
    if (c < 0x10000) {
        to[0] = static_cast<char>(0xE0U | c >> 12U);
        to[1] = tail(6);
        to[2] = tail(0);
        return 3;
    }
    to[0] = static_cast<char>(0xF0U | c >> 18U);
    to[1] = tail(12);
    to[2] = tail(6);
    to[3] = tail(0);
    return 4;
}

/// The first octet that is a control (below 0x20), not ASCII, or one of `Specials`; or `end`.
template <char... Specials>
const char* find_special(const char* at, const char* end) {
#if defined(__SSE2__)
    while (end - at >= 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        // Signed: what is not ASCII is negative, so that one comparison finds both.
        __m128i hits = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
        ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(block, _mm_set1_epi8(Specials)))), ...);
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
        if (mask != 0) {
            return at + __builtin_ctz(mask);
        }
        at += 16;
    }
#endif
    for (; at != end; ++at) {
        const auto octet = static_cast<signed char>(*at);
        if (octet < 0x20 || ((*at == Specials) || ...)) {
            break;
        }
    }
    return at;
}

}  // namespace isthmus::xml
