// PKCS #12 (RFC 7292), walked by hand so that every key derivation in it is counted before it is
// paid for.
#pragma once

#include "net/certificate_file.h"

#include <openssl/types.h>

namespace isthmus::net {

/// True if the octets are a PKCS #12 structure as a whole.
bool is_pkcs12(std::string_view der);
/// Errors as read_certificate_file(). `password` may be missing.
Result<CertificateFile> read_pkcs12(std::string_view der,
                                    const std::optional<std::string>& password);

/// What opening one encrypted part will cost, in rounds of its key derivation; nothing if the
/// parameters are not understood.
std::optional<long> derivation_rounds(const X509_ALGOR* algorithm);
inline constexpr long kMostRounds = 4'000'000;

/// OpenSSL's own context with the old ciphers (RC2, 3DES) that Windows still exports with; null
/// if the machine lacks them: the default one then.
OSSL_LIB_CTX* old_ciphers();

}  // namespace isthmus::net
