// One of our users, as the administrator keeps him: who he is, where he belongs, which policy he
// was given. Users that nobody entered are no less users: Global holds for them.
#pragma once

#include <cstdint>
#include <string>

namespace isthmus::policy {

/// Where the user's account lives while a site moves to the new system.
enum class Homed : std::uint8_t { Here, Legacy };
/// Who entered the user; the directory changes only its own.
enum class UserSource : std::uint8_t { Manual, Csv, Ldap };

struct User {
    std::string uri;  ///< "alice@contoso.example", as compared (docs/house.md, decision 9)
    std::string display_name;
    bool enabled = true;
    std::string site;  ///< empty: that of his pool
    std::string pool;  ///< FQDN, lower case; may be empty
    Homed homed = Homed::Here;
    std::string policy;  ///< identity "Tag:NAME" of what was granted; empty: site, else Global
    UserSource source = UserSource::Manual;
    std::string upn;    ///< user principal name, empty if unknown
    std::string logon;  ///< DOMAIN\name, empty if unknown
    std::string dn;     ///< distinguished name, empty if unknown

    bool operator==(const User&) const = default;
};

}  // namespace isthmus::policy
