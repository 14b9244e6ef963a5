// A directory (LDAP, Active Directory) that tells who our users are: how it is reached and what is
// read of it. Read only: nothing is ever written there.
#pragma once

#include "base/result.h"
#include "policy/user.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

/// Which attributes say what; those of Active Directory with Lync unless the file says otherwise.
struct DirectoryAttributes {
    /// The first that holds one: with "sip:" in front, or a plain address.
    std::vector<std::string> sip_address = {
        "msRTCSIP-PrimaryUserAddress", "proxyAddresses", "mail"};
    std::vector<std::string> display_name = {"displayName", "cn"};
    std::string upn = "userPrincipalName";
    std::string logon = "sAMAccountName";
    std::string account_control = "userAccountControl";      ///< a number; bit 2 set: disabled
    std::string sip_enabled = "msRTCSIP-UserEnabled";        ///< FALSE: disabled
    std::string home_server = "msRTCSIP-PrimaryHomeServer";  ///< DN of the pool, or below it
    std::string pool;                                        ///< FQDN; beats home_server
    std::string site;                                        ///< name
};

struct DirectorySettings {
    std::string url;            ///< ldaps:, ldap: or ldapi:; empty: there is no directory
    std::string base;           ///< DN below which users are
    std::string bind_dn;        ///< empty: anonymous
    std::string password_file;  ///< of bind_dn
    std::string filter =
        "(&(objectCategory=person)(objectClass=user)"
        "(|(msRTCSIP-PrimaryUserAddress=*)(proxyAddresses=sip:*)(mail=*)))";
    std::vector<std::string> ca_files;  ///< PEM; none: those of the system
    std::optional<bool> start_tls;      ///< ldap: only; unset: unless allow_plain or loopback
    bool allow_plain = false;           ///< without TLS to other hosts than this one
    std::string logon_domain;           ///< "CONTOSO"; empty: the first DC of base
    policy::Homed homed = policy::Homed::Here;  ///< of users that are new
    std::size_t interval_seconds = 3600;        ///< 0: only when an administrator asks
    std::size_t timeout_seconds = 10;           ///< for each answer
    std::size_t deadline_seconds = 600;         ///< for all of it
    std::size_t page_size = 500;
    std::size_t max_entries = 1'000'000;
    DirectoryAttributes attributes;
};

/// How the way to the directory is protected.
enum class Protection : std::uint8_t { Tls, StartTls, Plain };

struct DirectoryUrl {
    std::string scheme;  ///< "ldap", "ldaps", "ldapi"
    std::string host;    ///< without brackets; ldapi: the path of the socket
    std::string url;     ///< what libldap is given
    Protection protection = Protection::Tls;
};

/// Syntax with the sentence in `detail` if the url is none, or asks for more trust than is allowed.
Result<DirectoryUrl> parse_directory_url(const DirectorySettings& settings);

/// RFC 4515, as far as its brackets go: what is wrong, or nothing.
std::optional<std::string> fault_of_filter(std::string_view filter);

/// One entry as the directory gave it.
struct DirectoryEntry {
    std::string dn;
    std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
    std::string too_long;  ///< an attribute whose value, or number of values, was over the limit

    /// Null if it has none. Names in any case.
    const std::vector<std::string>* values(std::string_view name) const;
    /// The first value; empty if there is none.
    std::string_view value(std::string_view name) const;
};

/// What an entry says of a user, not yet checked.
struct DirectoryUser {
    std::string dn;
    std::string address;  ///< without "sip:"
    std::string display_name;
    bool enabled = true;
    std::string site;
    std::string pool;
    std::string home_server;  ///< DN that says the pool, if `pool` does not
    std::string upn;
    std::string logon;
};

/// Nothing if the entry has no SIP address: he is no user of ours. Syntax with the sentence in
/// `public_text` if an attribute cannot be what it is meant to be.
Result<std::optional<DirectoryUser>> read_entry(const DirectoryEntry& entry,
                                                const DirectorySettings& settings);

/// The attributes to ask for, each once.
std::vector<std::string> wanted_attributes(const DirectoryAttributes& attributes);

}  // namespace isthmus::control
