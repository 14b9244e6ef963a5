// The documents in which presence goes: PIDF, and the two that servers and clients of the Lync kind
// prefer. All are read into the value of pidf.h and written from it. [MS-PRES] §1.3.3, §2.2.2;
// RFC 3863.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"
#include "sip/event_usage.h"
#include "sip/message.h"
#include "sip/pidf.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::sip {

enum class PresenceFormat : std::uint8_t {
    Pidf,        ///< application/pidf+xml
    Categories,  ///< application/msrtc-event-categories+xml
    Msrtc,       ///< text/xml+msrtc.pidf
};

std::string_view content_type_of(PresenceFormat format);

/// All of them, as an Accept value.
inline constexpr std::string_view kAllPresenceFormats =
    "application/msrtc-event-categories+xml, text/xml+msrtc.pidf, application/pidf+xml";

/// By the Accept fields; absent, PIDF is meant (RFC 3856 §6.5). Nothing: none of them is accepted.
std::optional<PresenceFormat> choose_format(const Request& request, PresencePreference wanted);

/// By Content-Type. Errors: Unsupported for another type; else as parse_pidf().
Result<Pidf> read_presence(std::string_view content_type, std::string_view document, Arena& arena);

/// The states that have a word in the format; what it has none for is left out.
void write_presence(const Pidf& pidf, PresenceFormat format, Buffer& to);

}  // namespace isthmus::sip
