// What a server staples to its certificate about revocation: RFC 6066 §8, RFC 6960, RFC 7633.
#pragma once

#include "net/certificate.h"

#include <openssl/types.h>

namespace isthmus::net {

/// As a client, after the handshake. Revokes `certificate` if the response does, or distrusts it
/// if it demands a response and there is none that is good. A response that is no good counts for
/// nothing otherwise. True: it must be stapled anew on each connection, so none may be resumed.
bool heed_stapled_status(SSL* ssl, PeerCertificate& certificate);

/// As a server, after the handshake: distrusts `certificate` if it demands a response, because a
/// client has no way to staple one (that of RFC 8446 §4.4.2.1 is none that OpenSSL speaks).
void heed_missing_status(SSL* ssl, PeerCertificate& certificate);

}  // namespace isthmus::net
