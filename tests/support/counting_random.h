// base/random.h for tests: a fixed sequence, different at every call, the same in every run.
#pragma once

#include "base/random.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace isthmus::test {

class CountingRandom final : public Random {
  public:
    explicit CountingRandom(std::uint64_t seed = 1) : state_(seed) {}

    void fill(void* to, std::size_t size) override {
        auto* at = static_cast<unsigned char*>(to);
        while (size != 0) {
            std::uint64_t word = next_word();
            std::size_t part = size < sizeof word ? size : sizeof word;
            std::memcpy(at, &word, part);
            at += part;
            size -= part;
        }
    }

  private:
    /// splitmix64: every 64-bit value exactly once, so no token repeats.
    std::uint64_t next_word() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    std::uint64_t state_;
};

}  // namespace isthmus::test
