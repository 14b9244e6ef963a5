// Reads what administrators bring: certificates and keys as PEM (also several in one file), DER,
// PKCS #7 (.p7b), PKCS #12 (.pfx, .p12) or bare base64. Hostile input costs bounded time and
// memory; nothing of a file is taken that cannot be read as a whole.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

inline constexpr std::size_t kMostCertificateOctets = std::size_t{1} << 20U;
inline constexpr std::size_t kMostCertificates = 100;

struct CertificateFile {
    std::vector<std::string> certificates;  ///< PEM, in the order of the file, each once
    std::string key;                        ///< PEM without passphrase; empty: there is none
    std::string friendly_name;              ///< PKCS #12; may be empty
};

/// Errors: IST-CERT-010 not readable, IST-CERT-011 password missing or wrong, IST-CERT-029 over a
/// limit. The detail is the evidence, never content. Costly with a password: up to a second.
Result<CertificateFile> read_certificate_file(std::string_view octets,
                                              const std::optional<std::string>& password);

}  // namespace isthmus::net
