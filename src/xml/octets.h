// What the readers and the writer of this room share.
#pragma once

#include <cstddef>
#include <string_view>

namespace isthmus::xml {

inline constexpr std::string_view kCdataOpen = "<![CDATA[";

/// The octets from `from` up to `to`, which is of the same text and not before it.
inline std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

}  // namespace isthmus::xml
