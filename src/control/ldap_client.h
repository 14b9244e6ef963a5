// Reads a directory with LDAPv3 (RFC 4511), page by page (RFC 2696), with libldap. Blocks, so it
// has a thread of its own; no call lasts longer than the settings allow, whatever the server does.
#pragma once

#include "base/result.h"
#include "control/directory.h"
#include "control/interruption.h"

#include <functional>
#include <memory>
#include <string>

namespace isthmus::control {

class LdapHandle;

class LdapClient {
  public:
    /// `interruption` must outlive it. Nothing is connected yet.
    LdapClient(DirectorySettings settings, Interruption& interruption);
    LdapClient(const LdapClient&) = delete;
    LdapClient& operator=(const LdapClient&) = delete;
    LdapClient(LdapClient&&) = delete;
    LdapClient& operator=(LdapClient&&) = delete;
    ~LdapClient();

    /// Connects, proves the server's certificate, binds. Errors: IST-API-020 not reachable,
    /// IST-API-021 no trust in the server, IST-API-022 our name or password refused.
    Result<void> open();

    using TakeEntry = std::function<void(DirectoryEntry)>;

    /// Every entry below the base that the filter finds. IST-API-023 if the answer is not complete:
    /// then what was taken must not be used.
    Result<void> read(const TakeEntry& take);

    /// The host name of the pool that the DN of a home server names: the first dNSHostName there or
    /// above; empty if there is none.
    Result<std::string> read_pool(const std::string& home_server);

    /// How many references to other servers the answers held; none was followed.
    std::size_t referrals() const { return referrals_; }

  private:
    /// One page; `cookie` is what the last one ended with.
    Result<void> read_page(std::string& cookie, const TakeEntry& take);

    const DirectorySettings settings_;
    Interruption& interruption_;
    std::unique_ptr<LdapHandle> handle_;
    std::size_t entries_ = 0;
    std::size_t referrals_ = 0;
};

}  // namespace isthmus::control
