// The sequence number of a message as sixteen hexadecimal digits, and its pair as seven decimal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::bench {

inline constexpr std::size_t number_size = 16;
inline constexpr std::size_t pair_size = 7;
inline constexpr std::string_view number_blank = "0000000000000000";
inline constexpr std::string_view pair_blank = "0000000";

inline void write_number(char* out, std::uint64_t number) {
    for (std::size_t i = number_size; i-- > 0; number >>= 4U) {
        out[i] = "0123456789abcdef"[number & 15U];
    }
}

inline void write_pair(char* out, std::uint32_t pair) {
    for (std::size_t i = pair_size; i-- > 0; pair /= 10) {
        out[i] = static_cast<char>('0' + pair % 10);
    }
}

// 0, which is no message's number, if the text does not begin with one.
inline std::uint64_t read_number(std::string_view text) {
    if (text.size() < number_size) {
        return 0;
    }
    std::uint64_t number = 0;
    for (const char c : text.substr(0, number_size)) {
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) {
            return 0;
        }
        number = number << 4U | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
    }
    return number;
}

// A text of 100 octets, after which the templates of both sides are cut; the number comes first.
inline constexpr std::string_view body_text =
    "0000000000000000 The quick brown fox jumps over the lazy dog, then rests in the shade of a "
    "tree. 100";
static_assert(body_text.size() == 100);

}  // namespace isthmus::bench
