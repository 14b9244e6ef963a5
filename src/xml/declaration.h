// The XML declaration. XML 1.0 §2.8. Private to the room.
#pragma once

#include "xml/parser.h"

#include <string_view>

namespace isthmus::xml {

/// `text` is one, or begins one and may still become it.
bool may_be_declaration(std::string_view text);

/// `declaration` is whole, from `<?xml` and a blank to `?>`. Version 1.0 and UTF-8 only.
Fault check_declaration(std::string_view declaration);

}  // namespace isthmus::xml
