// Signed tokens of an identity provider (RFC 7515 compact form, RFC 7517 keys): RS256 and ES256
// only, whatever the token's header would like. Pure; any thread.
#pragma once

#include "base/result.h"

#include <boost/json/object.hpp>
#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

std::string base64url_encode(std::string_view octets);
/// RFC 7515 §2: without padding; nothing if it is something else.
std::optional<std::string> base64url_decode(std::string_view text);

/// One public key of a provider.
struct SigningKey {
    std::string id;         ///< kid; may be empty
    std::string algorithm;  ///< "RS256" or "ES256", by its type
    std::shared_ptr<EVP_PKEY> key;
};

/// The usable keys of a JWKS document: RSA from 2048 to 8192 bits, P-256. Others are skipped; at
/// most 32 are read.
Result<std::vector<SigningKey>> read_keys(std::string_view jwks);

enum class JwtFault : std::uint8_t { None, Malformed, Algorithm, UnknownKey, Signature };

struct Jwt {
    JwtFault fault = JwtFault::None;
    boost::json::object claims;  ///< only if there is no fault
};

/// RFC 7515 §5.2. `crit` in the header is refused (RFC 7515 §4.1.11).
Jwt verify_jwt(std::string_view token, const std::vector<SigningKey>& keys);

}  // namespace isthmus::control
