// Presence documents of Lync servers and clients: categories of 2007 and later, and the presentity
// of 2005. Availability is a number there; its ranges and the values to give are in
// docs/presence-states.md. [MS-PRES] §2.2.2; private to the room, see presence_format.h.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"
#include "sip/pidf.h"

#include <string_view>

namespace isthmus::sip {

/// One tuple, for the user; of several states the aggregate, of several notes the newest.
Result<Pidf> parse_categories(std::string_view document, Arena& arena);
Result<Pidf> parse_msrtc(std::string_view document, Arena& arena);

void write_categories(const Pidf& pidf, Buffer& to);
void write_msrtc(const Pidf& pidf, Buffer& to);

}  // namespace isthmus::sip
