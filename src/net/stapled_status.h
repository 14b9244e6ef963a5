// What a server staples to its certificate about revocation: RFC 6066 §8, RFC 6960, RFC 7633.
#pragma once

#include "net/certificate.h"

#include <openssl/types.h>

namespace isthmus::net {

/// As a client, after the handshake. Revokes `certificate` if the response does, or distrusts it
/// if it demands a response and there is none that is good. A response that is no good counts for
/// nothing otherwise. True: it must be stapled anew on each connection, so none may be resumed.
bool heed_stapled_status(SSL* ssl, PeerCertificate& certificate);

}  // namespace isthmus::net
