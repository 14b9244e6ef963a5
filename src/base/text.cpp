#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace isthmus::text {

bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

bool istarts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = lower(c);
    }
    return out;
}

std::string_view trim(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

std::optional<std::uint64_t> to_number(std::string_view digits) {
    std::uint64_t value = 0;
    const char* const begin = std::to_address(digits.begin());
    const char* const end = begin + digits.size();
    const auto [at, fault] = std::from_chars(begin, end, value);
    if (digits.empty() || fault != std::errc{} || at != end) {
        return std::nullopt;
    }
    return value;
}

namespace {

// Length of the well-formed sequence at `at`, 0 if there is none. Unicode 15 table 3-7.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto octet = [&](std::size_t i) -> unsigned {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto is_tail = [&](std::size_t i) { return (octet(i) & 0xC0U) == 0x80U; };
    const unsigned first = octet(0);
    const unsigned second = octet(1);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    if (first < 0xE0) {
        return is_tail(1) ? 2 : 0;
    }
    if (first < 0xF0) {
        const bool good = is_tail(1) && is_tail(2) && !(first == 0xE0 && second < 0xA0) &&
                          !(first == 0xED && second > 0x9F);
        return good ? 3 : 0;
    }
    const bool good = is_tail(1) && is_tail(2) && is_tail(3) && !(first == 0xF0 && second < 0x90) &&
                      !(first == 0xF4 && second > 0x8F);
    return good ? 4 : 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        while (at + 8 <= text.size()) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, 8);
            if ((word & 0x8080808080808080ULL) != 0) {
                break;
            }
            at += 8;
        }
        if (at == text.size()) {
            break;
        }
        const std::size_t length = sequence_length(text, at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) {
        count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    }
    return count;
}

void append_utf8(std::string& to, char32_t c) {
    const auto tail = [&](unsigned shift) {
        to.push_back(static_cast<char>(0x80U | (c >> shift & 0x3FU)));
    };
    if (c < 0x80) {
        to.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        to.push_back(static_cast<char>(0xC0U | c >> 6U));
        tail(0);
    } else if (c < 0x10000) {
        to.push_back(static_cast<char>(0xE0U | c >> 12U));
        tail(6);
        tail(0);
    } else {
        to.push_back(static_cast<char>(0xF0U | c >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
    const std::size_t length = sequence_length(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    if (length <= 1) {
        ++at;
        return length == 1 ? first : char32_t{0xFFFD};
    }
    char32_t value = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        value = value << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    at += length;
    return value;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string made;
    made.reserve(text.size());
    for (const char c : text) {
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            made.push_back(c);
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        made.push_back('%');
        made.push_back(kHex[octet >> 4U]);
        made.push_back(kHex[octet & 0x0FU]);
    }
    return made;
}

std::string escape_for_log(std::string_view text, std::size_t limit) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        if (out.size() >= limit) {
            out += "...";
            break;
        }
        const std::size_t length = sequence_length(text, at);
        const auto octet = static_cast<unsigned char>(text[at]);
        if (length == 0 || octet < 0x20 || octet == 0x7F || octet == '\\') {
            out += "\\x";
            out.push_back(kDigits[octet >> 4U]);
            out.push_back(kDigits[octet & 15U]);
            ++at;
        } else {
            out += text.substr(at, length);
            at += length;
        }
    }
    return out;
}

}  // namespace isthmus::text
