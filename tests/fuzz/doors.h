// For fuzz programs that stand for several readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace isthmus::fuzz {

/// What must hold whatever came.
inline void insist(bool holds) {
    if (!holds) {
        std::abort();
    }
}

using Door = void (*)(std::string_view input);

/// The first octet chooses the door, the others go through it.
inline int enter(std::span<const Door> doors, const std::uint8_t* data, std::size_t size) {
    if (size != 0) {
        doors[data[0] % doors.size()]({reinterpret_cast<const char*>(data) + 1, size - 1});
    }
    return 0;
}

}  // namespace isthmus::fuzz
