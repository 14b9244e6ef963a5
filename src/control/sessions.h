// Sessions of browsers and one-time sign-in links: in memory, bounded, gone after a restart.
// Control thread only. Tokens are 256 random bits; what is kept is their hash.
#pragma once

#include "base/random.h"
#include "control/rights.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct Session {
    std::string id;           ///< for lists; proves nothing
    std::string admin;        ///< the account's name, or who the provider or the link says it is
    bool is_account = false;  ///< role and validity are those of the account, looked up each time
    Role role = Role::None;   ///< of a session without account
    std::string method;       ///< "password", "link", "oidc"
    std::string origin;
    std::string user_agent;  ///< cut, escaped
    std::string csrf;        ///< what the header of a writing request must repeat
    std::int64_t began = 0;  ///< wall clock, for people
    std::int64_t first = 0;  ///< monotonic seconds
    std::int64_t last = 0;
};

class Sessions {
  public:
    static constexpr std::int64_t kIdle = 15 * 60;
    static constexpr std::int64_t kAbsolute = 12 * 60 * 60;
    static constexpr std::int64_t kLinkLife = 10 * 60;
    static constexpr std::size_t kMost = 1000;
    static constexpr std::size_t kMostOfOne = 20;
    static constexpr std::size_t kMostLinks = 100;

    Sessions(Random& random, std::function<std::int64_t()> monotonic)
        : random_(random), now_(std::move(monotonic)) {}

    /// Answers the cookie's value. id, csrf and the monotonic times are filled in; of too many the
    /// least recently used goes.
    std::string open(Session session);
    /// The session of a cookie, if it is alive. `is_use` puts the idle time back.
    const Session* find(std::string_view cookie, bool is_use);
    /// False: no such session.
    bool end(std::string_view id);
    /// All of an account, and its links, but `except` (an id).
    std::size_t end_all_of(std::string_view admin, std::string_view except = {});
    std::vector<Session> list();

    /// A link that opens one session within ten minutes; answers its secret.
    std::string make_link(Session session);
    /// Once.
    std::optional<Session> take_link(std::string_view secret);

  private:
    struct Link {
        Session session;
        std::int64_t expires = 0;
    };

    bool is_over(const Session& session) const;
    void sweep();
    std::string make_secret();

    Random& random_;
    std::function<std::int64_t()> now_;
    std::map<std::string, Session, std::less<>> sessions_;  // by hash of the cookie
    std::map<std::string, Link, std::less<>> links_;        // by hash of the secret
};

}  // namespace isthmus::control
