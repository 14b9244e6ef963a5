// Who is at the other end of a connection: digest authentication of devices, with a lock against
// guessing. RFC 3261 §22, RFC 8760; [MS-SIP] clients want 407 and MD5. Pure but for the clock.
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "policy/sip_credentials.h"
#include "sip/digest_auth.h"
#include "sip/message.h"
#include "sip/user_agent.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace isthmus::home {

class SignIn final : private sip::DigestSecrets {
  public:
    /// One account from one address (IPv6: its /64) may be wrong so many times within kForgotten;
    /// then it is locked for kLock. An address alone may be wrong ten times as often.
    static constexpr int kFreeFailures = 10;
    static constexpr Duration kLock = std::chrono::minutes(5);
    static constexpr Duration kForgotten = std::chrono::minutes(15);

    /// One realm for each of `domains`, lower-case A-labels.
    SignIn(const std::vector<std::string>& domains, Timers& clock, Random& random);

    /// Nothing: he cannot sign in any more. `user` as compared: "alice@contoso.example".
    void set(std::string_view user, std::optional<policy::SipCredentials> credentials);

    bool knows(std::string_view user) const { return accounts_.contains(std::string(user)); }

    /// Whether that is what is kept of him.
    bool has(std::string_view user, const policy::SipCredentials& credentials) const;
    std::vector<std::string> users() const;

    std::size_t size() const { return accounts_.size(); }

    enum class Verdict : std::uint8_t {
        None,  ///< no credentials for that realm: challenge
        Good,
        Stale,   ///< challenge again, the password was right
        Wrong,   ///< refuse; the same whether or not there is such a user
        Locked,  ///< refuse without a look
    };

    /// Whether `request` proves to come from `user`, who is in `domain`.
    Verdict check(const sip::Request& request,
                  const sip::Origin& origin,
                  std::string_view user,
                  std::string_view domain);

    /// Values of WWW-Authenticate or Proxy-Authenticate, one header each.
    std::vector<std::string> challenges(std::string_view domain, bool is_stale, bool only_md5);

  private:
    struct Failures {
        int count = 0;
        TimePoint last;
        TimePoint locked_until;
    };

    static constexpr std::size_t kMostKeys = 16384;

    std::optional<std::string> ha1(std::string_view username,
                                   std::string_view realm,
                                   sip::DigestAlgorithm algorithm) override;
    bool is_locked(std::uint64_t key) const;
    void count_failure(std::uint64_t key, int allowed);

    Timers& clock_;
    KeyedHash hash_;
    std::map<std::string, sip::DigestServer, std::less<>> realms_;
    std::unordered_map<std::string, policy::SipCredentials> accounts_;
    std::unordered_map<std::uint64_t, Failures> failures_;
    std::string_view asked_;  ///< whose secret may be found during check()
};

}  // namespace isthmus::home
