#include "control/own_domains.h"

#include "base/spelling.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <span>

namespace isthmus::control {

bool OwnDomains::serves(std::string_view sip_domain) const {
    return std::ranges::find(sip, sip_domain) != sip.end();
}

bool OwnDomains::is_own(std::string_view xmpp_domain) const {
    return std::ranges::find(xmpp, xmpp_domain) != xmpp.end();
}

std::string OwnDomains::nearest_served(std::string_view sip_domain) const {
    text::NearestSearch search(sip_domain);
    for (const std::string& each : sip) {
        search.offer(each);
    }
    return search.best();
}

std::string OwnDomains::not_served(std::string_view sip_domain) const {
    constexpr std::size_t kMostNamed = 5;
    std::string hint = "no domain is";
    if (const std::string near = nearest_served(sip_domain); !near.empty()) {
        hint = fmt::format("did you mean {}?", near);
    } else if (!sip.empty()) {
        hint = fmt::format("served: {}{}",
                           fmt::join(std::span(sip).first(std::min(sip.size(), kMostNamed)), ", "),
                           sip.size() > kMostNamed ? ", ..." : "");
    }
    return fmt::format("the domain {} is not served here ({})", sip_domain, hint);
}

}  // namespace isthmus::control
