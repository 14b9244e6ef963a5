// What of a message may be shown: everything but what people wrote and what proves who they are.
// Texts become "[n characters]". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isthmus::gateway {

/// A whole SIP message. Credentials are hidden even `with_bodies`.
std::string shown_sip(std::string_view message, bool with_bodies);

/// A stanza as our writer writes it.
std::string shown_stanza(std::string_view stanza, bool with_bodies);

/// XML without its texts, but for elements whose text is no prose: identifiers, states, times.
/// Nothing if it is not well-formed.
std::optional<std::string> hide_texts(std::string_view xml);

/// "[12 characters]"; of what is no UTF-8 the octets.
std::string hidden(std::string_view text);

}  // namespace isthmus::gateway
