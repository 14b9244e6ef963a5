// text/rtf to plain text: what was written stays, how it looked goes. One pass, linear, bounded in
// depth and never longer than three times its input, whatever groups, numbers and pictures say
// (Rich Text Format 1.9.1). Private to the room.
#pragma once

#include "base/arena.h"

#include <optional>
#include <string_view>

namespace isthmus::translate {

/// UTF-8 with line feeds. Nothing: not RTF, nested too deep, or text in a code page that we do not
/// have; half a text is never returned.
std::optional<std::string_view> rtf_to_text(std::string_view rtf, Arena& arena);

}  // namespace isthmus::translate
