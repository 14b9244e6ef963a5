// text/html to plain text: no markup, script, style or address but of a link to a harmless scheme
// survives (RFC 7572 §7, abuse case E07). One pass, linear, never longer than its input by much.
// Private to the room.
#pragma once

#include "base/arena.h"

#include <string_view>

namespace isthmus::translate {

/// `html` is UTF-8 with line feeds.
std::string_view html_to_text(std::string_view html, Arena& arena);

}  // namespace isthmus::translate
