// What a message weighs on the wires of the floor program, which sends octets without meaning.
#pragma once

#include <cstdint>

namespace isthmus::bench {

struct RawSizes {
    std::uint64_t request = 0, answer = 0, stanza = 0;

    [[nodiscard]] bool is_set() const { return request != 0; }
};

// Octets received as whole messages, the rest kept for the next time.
class RawCounter {
  public:
    std::uint64_t add(std::uint64_t octets, std::uint64_t message_size) {
        rest_ += octets;
        const std::uint64_t messages = rest_ / message_size;
        rest_ %= message_size;
        return messages;
    }

  private:
    std::uint64_t rest_ = 0;
};

}  // namespace isthmus::bench
