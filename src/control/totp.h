// One-time codes of an authenticator: RFC 6238 with SHA-1, 6 digits, 30 seconds, as every
// authenticator app reads them; and the recovery codes for whoever loses it.
#pragma once

#include "base/random.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control::totp {

/// RFC 4226 §5.3 of the counter, `digits` long. `secret`: octets.
std::string hotp(std::string_view secret, std::uint64_t counter, int digits);

/// RFC 6238 §4.2.
constexpr std::int64_t step_at(std::int64_t seconds) {
    return seconds / 30;
}

/// 160 random bits as base32 (RFC 4648 §6, no padding).
std::string make_secret(Random& random);
/// The step whose code it is: that of `seconds`, the one before or the one after (RFC 6238 §5.2).
/// Takes the same time for any six digits. Nothing for what is no code.
std::optional<std::int64_t> matching_step(const std::string& base32_secret,
                                          std::string_view code,
                                          std::int64_t seconds);
/// For the authenticator, as text or QR code; both names are percent-encoded.
std::string uri(std::string_view issuer, std::string_view account, std::string_view base32_secret);

/// Ten codes of 80 random bits, "xxxx-xxxx-xxxx-xxxx".
std::vector<std::string> make_recovery_codes(Random& random);
/// The SHA-256 that is stored, whatever hyphens, blanks and case were typed; nothing for what
/// cannot be one.
std::optional<std::string> recovery_hash(std::string_view typed);

std::string base32_encode(std::string_view octets);
std::optional<std::string> base32_decode(std::string_view text);

}  // namespace isthmus::control::totp
