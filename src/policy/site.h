// Where users belong: sites, and the pools that lie in them. A site is what a site policy holds
// for.
#pragma once

#include <string>

namespace isthmus::policy {

struct Site {
    std::string name;
    std::string description;

    bool operator==(const Site&) const = default;
};

struct Pool {
    std::string fqdn;  ///< lower case
    std::string site;

    bool operator==(const Pool&) const = default;
};

}  // namespace isthmus::policy
