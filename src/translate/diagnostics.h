// What a SIP system is told about a failure beyond the status: ms-diagnostics with the ids that
// Lync's clients and logs know, and a Warning for everybody else. [MS-OCER]; RFC 3261 §20.43.
#pragma once

#include "base/arena.h"
#include "sip/message.h"
#include "translate/error.h"

#include <string_view>

namespace isthmus::translate {

struct Diagnostic {
    int id = 0;  ///< 0: none of Lync's matches
    std::string_view reason;
};

/// The one that matches a code of ours.
Diagnostic diagnostic_of(std::string_view code);

/// What a peer says of its refusal, ms-diagnostics-public before ms-diagnostics; id 0: nothing that
/// can be read. A view into the message; nothing of it goes further than the log.
Diagnostic read_diagnostic(const sip::Message& message);

/// Adds these headers; for peers that are ours, strangers learn nothing. `host`: our name.
void add_diagnostics(Refusal& to, std::string_view code, std::string_view host, Arena& arena);

}  // namespace isthmus::translate
