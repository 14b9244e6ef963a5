// Private keys of our own: made here, read from what an administrator brings, compared with
// certificates. As PEM text, so that nobody else needs OpenSSL for them.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::net {

enum class KeyKind : std::uint8_t { Rsa2048, Rsa3072, Rsa4096, P256, P384, P521 };

/// "rsa-2048" ... "rsa-4096", "p-256" ... "p-521".
std::string_view name_of(KeyKind kind);
/// Those names, and the ways Lync and OpenSSL write them ("2048", "ECDH_P256", "prime256v1").
std::optional<KeyKind> key_kind_named(std::string_view name);
/// For sentences: all names.
std::string key_kind_names();

/// PKCS #8 PEM without passphrase. RSA takes up to some seconds. Empty if there is no memory.
std::string generate_key(KeyKind kind);

struct KeyFacts {
    std::string name;        ///< "RSA 2048", "ECDSA P-256"
    std::string public_key;  ///< SHA-256 of the SubjectPublicKeyInfo, hex
    bool is_weak = true;     ///< RSA below 2048 bits, or of a kind or size that peers do not take
};

/// Of a PEM without passphrase. Syntax with IST-CERT-010 if it is none.
Result<KeyFacts> read_key_facts(std::string_view pem);

/// Overwrites what must not stay in memory.
void wipe(std::string& secret);

}  // namespace isthmus::net
