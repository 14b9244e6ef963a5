#include "control/sip_peers.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::control {

namespace {

Error no_such_peer(std::string_view name) {
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      fmt::format("There is no SIP peer '{}'.", text::escape_for_log(name, 80)),
                      "SIP peers are the [[sip.peer]] tables of the configuration file");
}

}  // namespace

std::vector<SipPeerView> SipPeers::list() const {
    const auto status = read_status_();
    std::vector<SipPeerView> made;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
        made.push_back({facts_[i], {}});
        if (status && i < status->peers.size()) {
            made.back().status = status->peers[i];
        }
    }
    return made;
}

std::optional<std::size_t> SipPeers::find(std::string_view name) const {
    const auto found = std::ranges::find(facts_, name, &SipPeerFacts::name);
    return found == facts_.end() ? std::nullopt
                                 : std::optional(static_cast<std::size_t>(found - facts_.begin()));
}

Result<SipPeerView> SipPeers::get(std::string_view name) const {
    const auto index = find(name);
    if (!index) {
        return no_such_peer(name);
    }
    return list()[*index];
}

void SipPeers::test(std::string_view name, TestDone done) const {
    const auto index = find(name);
    if (!index) {
        return done(no_such_peer(name));
    }
    test_(*index, std::move(done));
}

}  // namespace isthmus::control
