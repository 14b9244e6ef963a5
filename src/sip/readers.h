// The parsers of this room without Result: they fill a value that the caller owns and say what is
// wrong as static text, so that a message is read without allocation. Private to the room.
#pragma once

#include "sip/headers.h"
#include "sip/uri.h"

#include <string_view>

namespace isthmus::sip {

/// Null if all is well, else the fault, fit for a reason phrase.
using Fault = const char*;

/// All of these expect a fresh value. `rest`, if given, gets what follows a comma; without it a
/// comma is a fault.
Fault read_uri(std::string_view text, Uri& uri);
Fault read_name_addr(std::string_view value, NameAddr& address, std::string_view* rest);
Fault read_via(std::string_view value, Via& via, std::string_view* rest);
Fault read_cseq(std::string_view value, CSeq& cseq);

/// Transport, host and port of a Via whose version or parameters are bad: enough to answer with.
bool salvage_via(std::string_view value, Via& via);

}  // namespace isthmus::sip
