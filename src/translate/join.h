// Several texts as one, in the arena. Private to the room.
#pragma once

#include "base/arena.h"

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace isthmus::translate {

inline std::string_view join(Arena& arena, std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) {
        size += part.size();
    }
    char* const to = arena.chars(size);
    char* end = to;
    for (const std::string_view part : parts) {
        if (!part.empty()) {
            std::memcpy(end, part.data(), part.size());
            end += part.size();
        }
    }
    return {to, size};
}

}  // namespace isthmus::translate
