// What OpenSSL's reasons for a failed handshake mean to whoever is to mend it.
#pragma once

#include <string_view>

namespace isthmus::net {

/// A clause about an entry of OpenSSL's error queue; empty if the reason says it all.
std::string_view meaning_of_tls_error(unsigned long code);

}  // namespace isthmus::net
