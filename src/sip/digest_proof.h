// What both ends of digest authentication share. RFC 7616 §3.4. Private to the room.
#pragma once

#include "sip/digest_auth.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

std::string_view digest_name(DigestAlgorithm algorithm);
std::optional<DigestAlgorithm> digest_algorithm(std::string_view name);
bool is_sha(DigestAlgorithm algorithm);
bool is_session(DigestAlgorithm algorithm);

/// The auth-params of RFC 7235 §2.1 behind "Digest", one by one.
class AuthParams {
  public:
    explicit AuthParams(std::string_view value);

    bool is_digest() const { return is_digest_; }

    bool is_broken() const { return is_broken_; }

    /// False at the end and when broken. Values come without their quotes, escapes kept.
    bool next(std::string_view& name, std::string_view& value);

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    bool is_digest_ = false;
    bool is_broken_ = false;
};

/// What goes into the hash besides HA1.
struct Proof {
    DigestAlgorithm algorithm = DigestAlgorithm::Md5;
    std::string_view nonce;
    std::string_view nonce_count;  ///< 8 hex digits
    std::string_view cnonce;
    std::string_view method;
    std::string_view uri;
    bool has_qop = false;
};

/// RFC 7616 §3.4.1 to §3.4.3; `plain_ha1` is digest_ha1 whatever the algorithm.
std::string digest_response(std::string_view plain_ha1, const Proof& proof);

/// For text of our own that stands inside of quotes.
std::string escape_quotes(std::string_view text);

}  // namespace isthmus::sip
