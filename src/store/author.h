// Who makes a change, as revisions and the audit log remember it.
#pragma once

#include <string>

namespace isthmus::store {

struct Author {
    std::string admin;
    std::string origin;  ///< "unix", or an address

    bool operator==(const Author&) const = default;
};

}  // namespace isthmus::store
