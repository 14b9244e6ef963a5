#include "base/random.h"

#include "base/digest.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace isthmus {

std::uint64_t Random::next() {
    std::uint64_t value = 0;
    fill(&value, sizeof value);
    return value;
}

std::string Random::hex(std::size_t octets) {
    std::string raw(octets, '\0');
    fill(raw.data(), octets);
    return digest::to_hex(raw);
}

void Random::token(char (&to)[16]) {
    static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char raw[16];
    fill(raw, sizeof raw);
    for (std::size_t i = 0; i < sizeof raw; ++i) {
        to[i] = kAlphabet[raw[i] & 31U];
    }
}

void SystemRandom::fill(void* to, std::size_t size) {
    auto* out = static_cast<unsigned char*>(to);
    while (size > 0) {
        if (left_ == 0) {
            std::size_t have = 0;
            while (have < kBlock) {
                const ssize_t got = getrandom(block_ + have, kBlock - have, 0);
                if (got < 0) {
                    std::abort();  // without randomness no token is safe
                }
                have += static_cast<std::size_t>(got);
            }
            left_ = kBlock;
        }
        const std::size_t take = std::min(size, left_);
        unsigned char* from = block_ + kBlock - left_;
        std::memcpy(out, from, take);
        std::memset(from, 0, take);
        left_ -= take;
        out += take;
        size -= take;
    }
}

}  // namespace isthmus
