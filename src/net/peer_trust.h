// Whether the chain that a peer shows may be believed: authorities, dates, purpose, revocation.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace isthmus::net {

class TlsContext;
struct TlsSettings;

inline constexpr int kSecurityLevel = 2;  ///< OpenSSL's: no RSA below 2048 bits, no SHA-1

/// Authorities and lists of revoked certificates into the context. Nothing, or what is wrong.
std::optional<std::string> set_trust(SSL_CTX* context, const TlsSettings& settings);

/// OpenSSL's callback of the handshake. A bad chain does not end it: the owner of the connection
/// decides (RFC 6120 §13.7.2, dialback). Always 1; the verdict is in the store context.
int verify_peer(X509_STORE_CTX* store, void* argument);

/// The chain that the peer once showed, as it is to be judged now, by what `by` trusts: X509_V_OK
/// or the first error. X509_V_OK as well if the peer has shown none.
long verify_again(SSL* ssl, const TlsContext& by);

/// When the first certificate ends of the chain by which the peer was believed in this handshake,
/// in seconds since 1970; 0 without one.
std::int64_t first_end_of_chain(const SSL* ssl);

}  // namespace isthmus::net
