// Hashes and encodings through OpenSSL; hex is lower case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isthmus::digest {

std::string md5_hex(std::string_view data);
std::string sha1_hex(std::string_view data);
std::string sha256_hex(std::string_view data);
std::string hmac_sha256_hex(std::string_view key, std::string_view data);
std::string to_hex(std::string_view octets);
std::string base64_encode(std::string_view data);
/// Strict RFC 4648 §4: padding required, no white space.
std::optional<std::string> base64_decode(std::string_view text);
/// Time depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace isthmus::digest
