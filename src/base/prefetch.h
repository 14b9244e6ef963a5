// Memory that is known to be needed soon, asked for before it is: a line that is not in the caches
// costs a hundred nanoseconds to whoever reads it, and next to nothing to whoever asked in time.
#pragma once

#include <cstddef>

namespace isthmus {

/// So many messages that have arrived together are looked at before the first one is handled: what
/// they need is on its way at the same time, and still in the smallest cache when its turn comes.
inline constexpr std::size_t kLookAhead = 8;

/// Any address will do: nothing is read.
inline void prefetch(const void* from, std::size_t octets) {
    constexpr std::size_t kLine = 64;
    if (octets == 0) {
        return;
    }
    const char* const begin = static_cast<const char*>(from);
    for (std::size_t at = 0; at < octets; at += kLine) {
        __builtin_prefetch(begin + at);
    }
    __builtin_prefetch(begin + octets - 1);  // begin may lie within a line
}

template <class T>
void prefetch(const T& object) {
    prefetch(&object, sizeof object);
}

}  // namespace isthmus
