// Branches, tags and Call-IDs: base32 of as many random octets as they hold, and no more, for the
// kernel's random numbers are what costs most in a short request.
#pragma once

#include "base/random.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::sip {

/// 8 characters hold 40 bits, enough for a tag (RFC 3261 §19.3); 16 hold 80, enough for a branch.
template <std::size_t Size>
class RandomToken {
  public:
    static_assert(Size % 8 == 0);

    void renew(Random& random) {
        std::array<std::uint8_t, Size / 8 * 5> octets;
        random.fill(octets.data(), octets.size());
        for (std::size_t group = 0; group < Size / 8; ++group) {
            std::uint64_t bits = 0;
            for (std::size_t i = 0; i < 5; ++i) {
                bits = bits << 8U | octets[group * 5 + i];
            }
            for (std::size_t i = 0; i < 8; ++i, bits >>= 5U) {
                text_[group * 8 + i] = "abcdefghijklmnopqrstuvwxyz234567"[bits & 31U];
            }
        }
    }

    std::string_view view() const { return {text_.data(), Size}; }

  private:
    std::array<char, Size> text_{};
};

}  // namespace isthmus::sip
