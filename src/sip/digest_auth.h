// Digest authentication, both ends. RFC 3261 §22, RFC 7616, RFC 8760 (and RFC 2617 for MD5 peers).
// The server end demands qop "auth"; the client end also answers challenges without qop.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "sip/message.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

enum class DigestAlgorithm : std::uint8_t { Md5, Md5Sess, Sha256, Sha256Sess };

/// Parsed WWW-Authenticate or Proxy-Authenticate. Views into the value.
struct DigestChallenge {
    std::string_view realm;   ///< inside of the quotes, escapes kept
    std::string_view nonce;   ///< likewise
    std::string_view opaque;  ///< likewise
    DigestAlgorithm algorithm = DigestAlgorithm::Md5;
    bool has_opaque = false;
    bool has_qop = false;  ///< offers qop "auth"
    bool is_stale = false;
};

/// Nothing: another scheme, an algorithm we do not have, or broken.
std::optional<DigestChallenge> parse_challenge(std::string_view value);

struct Credentials {
    std::string_view username;
    std::string_view password;
};

/// What to send again with after 401 or 407.
struct DigestAnswer {
    HeaderId header = HeaderId::Authorization;  ///< or ProxyAuthorization
    std::string value;
    bool is_stale = false;  ///< the challenge said so: a second try with the same password is fine
};

/// Answers the first challenge that we understand, as RFC 8760 §2.4 has it: the server puts the one
/// it likes best on top.
std::optional<DigestAnswer> answer_challenge(const Response& response,
                                             std::string_view method,
                                             std::string_view uri,
                                             const Credentials& credentials,
                                             Random& random,
                                             std::uint32_t nonce_count = 1);

/// Lower-case hex of H(username:realm:password): what a server stores instead of the password.
std::string digest_ha1(DigestAlgorithm algorithm,
                       std::string_view username,
                       std::string_view realm,
                       std::string_view password);

/// Where a server finds its users' secrets.
class DigestSecrets {
  public:
    virtual ~DigestSecrets() = default;
    /// digest_ha1 for the plain algorithm (Md5 or Sha256); nothing for an unknown user.
    virtual std::optional<std::string> ha1(std::string_view username,
                                           std::string_view realm,
                                           DigestAlgorithm algorithm) = 0;
};

enum class DigestVerdict : std::uint8_t {
    Good,
    Stale,   ///< the password is right, the nonce is not fresh: challenge with stale=true
    Failed,  ///< anything else, unknown users included: challenge
};

struct DigestCheck {
    DigestVerdict verdict = DigestVerdict::Failed;
    std::string username;  ///< Good only
};

/// The server end for one realm. Nonces carry their time and an HMAC, so that a challenge costs no
/// memory; only a nonce that was used with the right password takes a place in a table of fixed
/// size, where its count must grow. Traffic thread only.
class DigestServer {
  public:
    DigestServer(std::string realm,
                 Timers& clock,
                 Random& random,
                 Duration nonce_lifetime = std::chrono::minutes(5),
                 bool may_use_md5 = true);

    /// Values of WWW-Authenticate or Proxy-Authenticate, strongest first, one header each
    /// (RFC 8760 §2.3). `only_md5`: for clients that take the first whatever it asks for.
    std::vector<std::string> challenges(bool is_stale, bool only_md5 = false);

    /// `value` of Authorization or Proxy-Authorization. Same work and same answer whether or not
    /// the user exists.
    DigestCheck check(std::string_view value,
                      std::string_view method,
                      std::string_view request_uri,
                      DigestSecrets& secrets);

  private:
    /// Highest count seen of the nonces that fall into one set. `floor` is the issue time of the
    /// youngest nonce that was pushed out: nothing as old as that is accepted any more.
    struct Seen {
        std::uint64_t nonce = 0;
        std::uint64_t issued = 0;
        std::uint32_t count = 0;
    };

    struct SeenSet {
        std::array<Seen, 8> entries{};
        std::uint64_t floor = 0;
    };

    struct Nonce {
        std::uint64_t issued = 0;  ///< ms
        std::uint64_t id = 0;
    };

    std::string make_nonce();
    std::optional<Nonce> open_nonce(std::string_view text) const;
    bool is_fresh(const Nonce& nonce, std::uint32_t count);
    std::uint64_t now_ms() const;

    std::string realm_;
    Timers* clock_;
    Random* random_;
    Duration lifetime_;
    bool may_use_md5_;
    std::string key_;
    std::vector<SeenSet> seen_;
};

}  // namespace isthmus::sip
