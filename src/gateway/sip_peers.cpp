#include "gateway/sip_peers.h"

#include <algorithm>

namespace isthmus::gateway {

const SipPeer* SipPeers::find(std::string_view sip_domain) const {
    const auto found = std::ranges::find_if(config_.peers, [&](const SipPeer& peer) {
        return std::ranges::find(peer.domains, sip_domain) != peer.domains.end();
    });
    return found == config_.peers.end() ? nullptr : &*found;
}

bool SipPeers::is_congestion_safe(std::string_view sip_domain) const {
    const SipPeer* peer = find(sip_domain);
    return peer != nullptr && peer->target.transport != sip::Transport::Udp;
}

void SipPeers::send(const sip::OutgoingRequest& request,
                    std::string_view sip_domain,
                    sip::ResponseHandler& handler,
                    std::uint64_t cookie) {
    user_agent_.send(request, find(sip_domain)->target, handler, cookie);
}

}  // namespace isthmus::gateway
