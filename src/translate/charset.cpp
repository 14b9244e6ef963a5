#include "translate/charset.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace isthmus::translate {

namespace {

using text::iequals;

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string_view from_latin1(std::string_view octets, Arena& arena) {
    char* const to = arena.chars(2 * octets.size());
    char* end = to;
    for (const char c : octets) {
        end = put_utf8(static_cast<unsigned char>(c), end);
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

std::optional<std::string_view> from_utf16(std::string_view octets, bool is_big, Arena& arena) {
    if (octets.size() % 2 != 0) {
        return std::nullopt;
    }
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(octets[at]);
        const auto second = static_cast<unsigned char>(octets[at + 1]);
        return static_cast<char32_t>(is_big ? first << 8U | second : second << 8U | first);
    };
    char* const to = arena.chars(octets.size() / 2 * 3);
    char* end = to;
    for (std::size_t at = 0; at < octets.size(); at += 2) {
        char32_t c = unit(at);
        if (c >= 0xD800 && c < 0xE000) {
            // Pairs only: a half of one is no character (abuse case E05).
            const char32_t low = at + 3 < octets.size() ? unit(at + 2) : 0;
            if (c >= 0xDC00 || low < 0xDC00 || low >= 0xE000) {
                return std::nullopt;
            }
            c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
            at += 2;
        }
        end = put_utf8(c, end);
    }
    arena.shrink_to(end);
    return std::string_view(to, static_cast<std::size_t>(end - to));
}

std::optional<std::string_view> from_marked_utf16(std::string_view octets, Arena& arena) {
    // RFC 2781 §4.3: without a mark it is big-endian.
    const bool is_little = octets.starts_with("\xFF\xFE");
    if (is_little || octets.starts_with("\xFE\xFF")) {
        octets.remove_prefix(2);
    }
    return from_utf16(octets, !is_little, arena);
}

}  // namespace

char* put_utf8(char32_t c, char* to) {
    const auto tail = [c](unsigned shift) {
        return static_cast<char>(0x80U | (c >> shift & 0x3FU));
    };
    if (c < 0x80) {
        *to++ = static_cast<char>(c);
    } else if (c < 0x800) {
        *to++ = static_cast<char>(0xC0U | c >> 6U);
        *to++ = tail(0);
    } else if (c < 0x10000) {
        *to++ = static_cast<char>(0xE0U | c >> 12U);
        *to++ = tail(6);
        *to++ = tail(0);
    } else {
        *to++ = static_cast<char>(0xF0U | c >> 18U);
        *to++ = tail(12);
        *to++ = tail(6);
        *to++ = tail(0);
    }
    return to;
}

std::optional<std::string_view> to_utf8(std::string_view octets,
                                        std::string_view charset,
                                        Arena& arena) {
    if (charset.empty() || iequals(charset, "utf-8") || iequals(charset, "utf8")) {
        if (!text::is_utf8(octets)) {
            return std::nullopt;
        }
        if (octets.starts_with(kUtf8Mark)) {
            octets.remove_prefix(kUtf8Mark.size());
        }
        return octets;
    }
    if (iequals(charset, "us-ascii") || iequals(charset, "ascii")) {
        const bool is_ascii =
            std::ranges::all_of(octets, [](char c) { return static_cast<signed char>(c) >= 0; });
        return is_ascii ? std::optional(octets) : std::nullopt;
    }
    if (iequals(charset, "iso-8859-1") || iequals(charset, "latin1")) {
        return from_latin1(octets, arena);
    }
    if (iequals(charset, "utf-16")) {
        return from_marked_utf16(octets, arena);
    }
    if (iequals(charset, "utf-16be") || iequals(charset, "utf-16le")) {
        return from_utf16(octets, iequals(charset, "utf-16be"), arena);
    }
    return std::nullopt;
}

std::string_view with_line_feeds(std::string_view text, Arena& arena) {
    if (text.empty() || std::memchr(text.data(), '\r', text.size()) == nullptr) {
        return text;
    }
    char* const to = arena.chars(text.size());
    char* end = to;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_return = text[at] == '\r';
        *end++ = is_return ? '\n' : text[at];
        at += is_return && at + 1 < text.size() && text[at + 1] == '\n' ? 1 : 0;
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

std::string_view repaired_utf8(std::string_view text, Arena& arena) {
    if (text::is_utf8(text)) {
        return text;
    }
    char* const to = arena.chars(kReplacement.size() * text.size());
    char* end = to;
    const auto put = [&end](std::string_view what) {
        std::memcpy(end, what.data(), what.size());
        end += what.size();
    };
    while (!text.empty()) {
        std::size_t length = 1;
        const auto is_good = [&](std::size_t n) {
            return n <= text.size() && text::is_utf8(text.substr(0, n));
        };
        while (length <= 4 && !is_good(length)) {
            ++length;
        }
        put(length <= 4 ? text.substr(0, length) : kReplacement);
        text.remove_prefix(length <= 4 ? length : 1);
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

}  // namespace isthmus::translate
