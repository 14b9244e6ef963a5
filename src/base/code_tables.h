// The halves of the table of codes, each sorted; the first ends before the second begins.
#pragma once

#include "base/codes.h"

#include <span>

namespace isthmus::codes {

/// IST-API to IST-CFG.
std::span<const Code> management_codes();
/// IST-DB to IST-XMPP.
std::span<const Code> traffic_codes();

}  // namespace isthmus::codes
