// ASCII and UTF-8 helpers without locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace isthmus::text {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_alnum(char c) {
    return is_digit(c) || is_alpha(c);
}

/// 0-15, or -1.
constexpr int hex_value(char c) {
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/// ASCII case-insensitive comparison.
bool iequals(std::string_view a, std::string_view b);
/// The same with any of `names`.
bool is_one_of(std::string_view name, std::span<const std::string_view> names);
bool istarts_with(std::string_view text, std::string_view prefix);
std::string to_lower(std::string_view text);
/// Without SP and HTAB (and CR LF) at both ends.
std::string_view trim(std::string_view text);
/// Digits only, no sign, no overflow.
std::optional<std::uint64_t> to_number(std::string_view digits);
/// Well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF); fast on ASCII.
bool is_utf8(std::string_view text);
/// Number of code points; `text` must be well-formed.
std::size_t count_code_points(std::string_view text);
/// Appends `code_point` to `to`; it must be a scalar value.
void append_utf8(std::string& to, char32_t code_point);
/// Reads one code point at `at` and moves behind it; `text` must be well-formed.
char32_t next_code_point(std::string_view text, std::size_t& at);
/// For any part of a URI: all but unreserved characters as %HH (RFC 3986 §2.3).
std::string percent_encoded(std::string_view text);
/// Printable form for logs: controls and invalid octets become \xHH, cut at `limit` octets.
std::string escape_for_log(std::string_view text, std::size_t limit = 256);

}  // namespace isthmus::text
