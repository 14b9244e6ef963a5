// How people and the command line name an external access policy.
#pragma once

#include <string>
#include <string_view>

namespace isthmus::text {

/// Of an identity "Global", "Site:NAME" or "Tag:NAME": "global", "site:NAME" or NAME alone.
inline std::string policy_name(std::string_view identity) {
    constexpr std::string_view kUser = "Tag:";
    if (identity.starts_with(kUser)) {
        return std::string(identity.substr(kUser.size()));
    }
    std::string made(identity);
    if (identity == "Global" || identity.starts_with("Site:")) {
        made.front() = identity == "Global" ? 'g' : 's';
    }
    return made;
}

}  // namespace isthmus::text
