// TLS sessions that may be taken up again (RFC 8446 §2.2): in memory, and only as long as their
// context. Another certificate, authority or list of revoked ones makes another context, which
// knows no session; so there is no ticket key to guard or to change. Any thread.
#pragma once

#include "net/certificate.h"
#include "net/openssl.h"

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace isthmus::net {

using SessionPointer = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>>;

struct KeptSession {
    SessionPointer session;
    unsigned times = 0;  ///< how often it was taken up since both keys were last proved
    /// What its context found of the peer then. That trusts and revokes the same as long as it
    /// lives, so only time can change it: it holds until an hour before the first end in the
    /// peer's chain.
    std::shared_ptr<const PeerCertificate> peer = nullptr;
    std::int64_t good_until = 0;  ///< seconds since 1970; from then on it is judged anew
};

class TlsSessions {
  public:
    static constexpr std::size_t kLimit = 2048;
    static constexpr std::size_t kLimitOfOne = 32;
    static constexpr unsigned kLifetimeSeconds = 3600;
    /// After so many times both sides prove their keys again: a day at the latest.
    static constexpr unsigned kMaxTimes = 24;

    /// `owner`: of whom only the newest few are kept. Replaces what has the same key.
    void keep(const std::string& key, const std::string& owner, KeptSession session);
    /// For a server, which may be asked for the same one by several connections.
    std::optional<KeptSession> find(const std::string& key) const;
    /// For a client: each is used once (RFC 8446 §C.4).
    std::optional<KeptSession> take(const std::string& key);
    /// Whoever that is does not get along with it: nothing is kept for this key any more.
    void give_up(const std::string& key);

    std::size_t size() const;

  private:
    struct Entry {
        std::string key;
        std::string owner;
        KeptSession kept;
    };

    using Entries = std::list<Entry>;  // in the order of their coming

    void erase(Entries::iterator entry);
    void make_room(const std::string& owner);

    mutable std::mutex mutex_;
    Entries entries_;
    std::unordered_map<std::string, Entries::iterator> by_key_;
    std::unordered_map<std::string, std::size_t> held_by_;
    std::unordered_set<std::string> given_up_;
};

}  // namespace isthmus::net
