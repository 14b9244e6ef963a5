// Every code an administrator can meet, in one table: docs/codes/ is generated from it.
#pragma once

#include <span>
#include <string_view>

namespace isthmus::codes {

struct Code {
    std::string_view id;        ///< IST-AREA-nnn
    std::string_view sentence;  ///< what happened, plainly
    std::string_view fix;       ///< what to do about it
};

/// Sorted by id.
std::span<const Code> all();
const Code* find(std::string_view id);

}  // namespace isthmus::codes
