// The domains whose users are ours, as the configuration file has them. Values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct OwnDomains {
    std::vector<std::string> xmpp;  ///< prepared: what partners know our users by
    std::vector<std::string> sip;   ///< A-labels in lower case, that a SIP system behind us holds

    bool serves(std::string_view sip_domain) const;
    bool is_own(std::string_view xmpp_domain) const;
    /// What a misspelt one may have meant; empty if none is near.
    std::string nearest_served(std::string_view sip_domain) const;
    /// "the domain x.example is not served here (..)": what is served, or what was meant. A clause
    /// as those of policy/explanation.h.
    std::string not_served(std::string_view sip_domain) const;
};

}  // namespace isthmus::control
