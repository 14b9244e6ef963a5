// What LdapClient does with libldap: one connection, its options, its operations, its errors. No
// operation waits longer than the settings say. The only unit that knows libldap.
#pragma once

#include "base/result.h"
#include "control/directory.h"
#include "control/interruption.h"

#include <ldap.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

class LdapHandle {
  public:
    LdapHandle(DirectoryUrl url, const DirectorySettings& settings, Interruption& interruption);
    LdapHandle(const LdapHandle&) = delete;
    LdapHandle& operator=(const LdapHandle&) = delete;
    LdapHandle(LdapHandle&&) = delete;
    LdapHandle& operator=(LdapHandle&&) = delete;
    ~LdapHandle();

    Result<void> set_up(const DirectorySettings& settings);
    Result<void> start_tls();
    /// Connects before, if nothing has yet.
    Result<void> bind(const std::string& dn, const std::string& password);

    struct Search {
        std::string base;
        bool is_subtree = true;  ///< else the base only
        std::string filter;
        std::vector<std::string> attributes;
        std::size_t page_size = 0;  ///< 0: not in pages
    };

    using TakeMessage = std::function<Result<void>(LDAPMessage*)>;

    /// One page; `cookie` says which, and is empty after the last. What `take` refuses ends it.
    Result<void> search(const Search& search,
                        std::string& cookie,
                        const TakeMessage& take,
                        std::size_t& referrals);

    std::string dn_of(LDAPMessage* entry) const;
    using TakeAttribute =
        std::function<void(std::string_view name, std::span<const std::string_view> values)>;
    void each_attribute(LDAPMessage* entry, const TakeAttribute& take) const;

    /// The last failure was about the object that was asked for (it is not there, or not for us),
    /// not about the connection.
    bool is_about_one_object() const;

  private:
    using Clock = std::chrono::steady_clock;

    struct FreeMessage {
        void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
    };

    using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

    static int on_connect(LDAP* ldap,
                          Sockbuf* buffer,
                          LDAPURLDesc* server,
                          sockaddr* address,
                          ldap_conncb* callbacks);
    static void on_close(LDAP* ldap, Sockbuf* buffer, ldap_conncb* callbacks);

    /// True if it took too long.
    bool end_handshake();
    bool set(int option, const void* value);
    Result<void> trust(const DirectorySettings& settings);
    /// The next message of an operation.
    Result<Message> wait_for(int operation);
    /// The result that ends an operation; with the cookie of the next page.
    Result<void> finish(LDAPMessage* result, std::string* cookie);
    Error failed(int code, const char* doing);
    std::string diagnostics() const;

    DirectoryUrl url_;
    Interruption& interruption_;
    std::chrono::seconds timeout_;
    Clock::time_point deadline_;
    LDAP* ldap_ = nullptr;
    ldap_conncb callbacks_{};
    std::optional<Watchdog> handshake_;  ///< from the connection on, until it is secure
    bool was_connected_ = false;         ///< TCP stood: what failed then is not the way there
    int last_code_ = LDAP_SUCCESS;
};

}  // namespace isthmus::control
