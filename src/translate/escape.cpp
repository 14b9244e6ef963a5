#include "translate/escape.h"

#include "base/text.h"

#include <cstring>

namespace isthmus::translate {

namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";

// XEP-0106 §2, table 1, without the backslash.
constexpr std::string_view kEscaped = " \"&'/:<>@";

/// The character that an escape at `at` stands for, or NUL if there is none.
char escaped_at(std::string_view text, std::size_t at) {
    if (text[at] != '\\' || text.size() - at < 3) {
        return '\0';
    }
    const int high = text::hex_value(text[at + 1]);
    const int low = text::hex_value(text[at + 2]);
    if (high < 0 || low < 0) {
        return '\0';
    }
    const char c = static_cast<char>(high * 16 + low);
    return c == '\\' || kEscaped.find(c) != std::string_view::npos ? c : '\0';
}

}  // namespace

std::optional<std::string_view> percent_decode(std::string_view text, Arena& arena) {
    if (text.find('%') == std::string_view::npos) {
        return text;
    }
    char* const to = arena.chars(text.size());
    char* end = to;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            *end++ = text[at];
            continue;
        }
        const int high = text.size() - at < 3 ? -1 : text::hex_value(text[at + 1]);
        const int low = text.size() - at < 3 ? -1 : text::hex_value(text[at + 2]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        *end++ = static_cast<char>(high * 16 + low);
        at += 2;
    }
    arena.shrink_to(end);
    return std::string_view(to, static_cast<std::size_t>(end - to));
}

char* percent_encode(std::string_view text, CharSet raw, char* to) {
    if (!text.empty() && all_in(text, raw)) {
        std::memcpy(to, text.data(), text.size());
        return to + text.size();
    }
    for (const char c : text) {
        if (is_in(c, raw)) {
            *to++ = c;
        } else {
            const auto octet = static_cast<unsigned char>(c);
            *to++ = '%';
            *to++ = kUpperHex[octet >> 4U];
            *to++ = kUpperHex[octet & 15U];
        }
    }
    return to;
}

std::string_view escape_local(std::string_view text, Arena& arena) {
    char* const to = arena.chars(3 * text.size());
    char* end = to;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (escaped_at(text, at) != '\0' || kEscaped.find(c) != std::string_view::npos) {
            *end++ = '\\';
            *end++ = kLowerHex[static_cast<unsigned char>(c) >> 4U];
            *end++ = kLowerHex[static_cast<unsigned char>(c) & 15U];
        } else {
            *end++ = c;
        }
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

std::string_view unescape_local(std::string_view text, Arena& arena) {
    char* const to = arena.chars(text.size());
    char* end = to;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = escaped_at(text, at);
        *end++ = c != '\0' ? c : text[at];
        at += c != '\0' ? 2 : 0;
    }
    arena.shrink_to(end);
    return {to, static_cast<std::size_t>(end - to)};
}

std::size_t count_escapes(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        count += escaped_at(text, at) != '\0' ? 1 : 0;
    }
    return count;
}

}  // namespace isthmus::translate
