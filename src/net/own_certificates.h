// The certificates that we show in handshakes, and which of them to whom.
#pragma once

#include "net/openssl.h"
#include "net/tls_context.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

/// All certificates of a PEM; none if one of them is broken, and the reason in the error queue.
std::vector<X509Pointer> read_chain(std::string_view pem);

/// "what: OpenSSL's reason".
std::string with_openssl_reason(std::string_view what);

/// The first certificate becomes the context's own; the others are chosen by name during the
/// handshake (RFC 6066 §3), as long as the context lives. Nothing, or what is wrong.
std::optional<std::string> use_own_certificates(SSL_CTX* context, const TlsSettings& settings);

}  // namespace isthmus::net
