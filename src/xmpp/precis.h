// String preparation: the PRECIS profiles that JIDs use, RFC 8264 and RFC 8265, over ICU's
// character data. Everything here is the slow path; ASCII never comes this far. Private to the
// room.
#pragma once

#include <unicode/unistr.h>

namespace isthmus::xmpp::precis {

/// UsernameCaseMapped, RFC 8265 §3.3. False: the text is not allowed.
bool map_username(icu::UnicodeString& text);

/// OpaqueString, RFC 8265 §4.2.
bool map_opaque(icu::UnicodeString& text);

/// Every code point may stand in an identifier (RFC 8264 §4.2), context left aside.
bool is_identifier(const icu::UnicodeString& text);

/// RFC 3920 appendix A, unassigned code points allowed. False: nodeprep forbids the text.
bool map_nodeprep(icu::UnicodeString& text);

}  // namespace isthmus::xmpp::precis
