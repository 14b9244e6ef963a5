// The pairs that changed last, for whoever looks at them now and then: a ring of handles, so that a
// change costs one store. Traffic thread only.
#pragma once

#include "gateway/presence_pair.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace isthmus::gateway {

class RecentPairs {
  public:
    static constexpr std::size_t kKept = 256;

    void add(PairHandle pair) { ring_[++last_ % kKept] = pair; }

    /// Changes ever.
    std::uint64_t last() const { return last_; }

    /// Pairs that changed after change number `after`, each once, the latest first, at most
    /// `limit`. `left_out`: about how many more changes there were.
    std::vector<PairHandle> since(std::uint64_t after,
                                  std::size_t limit,
                                  std::size_t& left_out) const {
        const std::uint64_t oldest = last_ < kKept ? 0 : last_ - kKept;
        left_out = after < oldest ? static_cast<std::size_t>(oldest - after) : 0;
        std::vector<PairHandle> made;
        for (std::uint64_t at = last_; at > std::max(after, oldest); --at) {
            const PairHandle pair = ring_[at % kKept];
            if (std::ranges::find(made, pair) != made.end()) {
                continue;
            }
            if (made.size() < limit) {
                made.push_back(pair);
            } else {
                ++left_out;
            }
        }
        return made;
    }

  private:
    std::array<PairHandle, kKept> ring_{};
    std::uint64_t last_ = 0;
};

}  // namespace isthmus::gateway
