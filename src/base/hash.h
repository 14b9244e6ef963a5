// A keyed hash for tables whose keys come from outside: without the key nobody can choose
// colliding inputs (abuse case F05). Folded 64x64 multiplication over 16-octet blocks; the key is
// in both factors, because whoever makes one of them zero knows the product.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace isthmus {

class KeyedHash {
  public:
    KeyedHash() : seed_(process_seed()) {}

    explicit KeyedHash(std::uint64_t seed) : seed_(seed) {}

    std::uint64_t operator()(std::string_view text) const { return add(seed_, text); }

    /// Of "a" + separator + "b" + ..., without joining them: chain add() over the parts. The
    /// length of each part goes in, so that parts cannot be shifted against each other.
    std::uint64_t add(std::uint64_t state, std::string_view text) const {
        const char* at = text.data();
        std::size_t left = text.size();
        state ^= fold(left ^ kA, seed_ ^ kB);
        while (left >= 16) {
            state = fold(read(at, 8) ^ seed_ ^ kA, read(at + 8, 8) ^ state);
            at += 16;
            left -= 16;
        }
        const std::uint64_t low = left >= 8 ? read(at, 8) : read(at, left);
        const std::uint64_t high = left > 8 ? read(at + 8, left - 8) : 0;
        return fold(low ^ seed_ ^ kB, high ^ state ^ kA);
    }

    std::uint64_t seed() const { return seed_; }

  private:
    static constexpr std::uint64_t kA = 0xa0761d6478bd642fULL;
    static constexpr std::uint64_t kB = 0xe7037ed1a0b428dbULL;

    static std::uint64_t read(const char* from, std::size_t octets) {
        std::uint64_t value = 0;
        if (octets != 0) {  // an empty view may point nowhere, which memcpy does not take
            std::memcpy(&value, from, octets);
        }
        return value;
    }

    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }

    /// One random value for the life of the process.
    static std::uint64_t process_seed();

    std::uint64_t seed_;
};

}  // namespace isthmus
