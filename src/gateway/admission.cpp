#include "gateway/admission.h"

#include <algorithm>

namespace isthmus::gateway {

namespace {

bool is_proved_by_certificate(const SipPeer& peer, const sip::Origin& origin) {
    if (origin.transport != sip::Transport::Tls || origin.certificate == nullptr ||
        !origin.certificate->is_trusted) {
        return false;
    }
    return std::ranges::any_of(peer.certificate_names, [&](const std::string& name) {
        return net::names_host(*origin.certificate, name) ||
               net::proves_sip_domain(*origin.certificate, name);
    });
}

bool is_at_listed_address(const SipPeer& peer, const sip::Origin& origin) {
    return std::ranges::any_of(peer.addresses, [&](const net::Cidr& block) {
        return block.contains(origin.remote.address);
    });
}

}  // namespace

int Admission::identify(const sip::Origin& origin) const {
    for (std::size_t i = 0; i < config_.peers.size(); ++i) {
        const SipPeer& peer = config_.peers[i];
        if (is_proved_by_certificate(peer, origin) || is_at_listed_address(peer, origin)) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

bool Admission::may_assert(int peer, std::string_view sip_domain) const {
    return peer >= 0 &&
           std::ranges::find(config_.peers[static_cast<std::size_t>(peer)].domains, sip_domain) !=
               config_.peers[static_cast<std::size_t>(peer)].domains.end();
}

const ServedDomain* Admission::served_sip(std::string_view sip_domain) const {
    const auto found = std::ranges::find(config_.domains, sip_domain, &ServedDomain::sip);
    return found == config_.domains.end() ? nullptr : &*found;
}

const ServedDomain* Admission::served_xmpp(std::string_view xmpp_domain) const {
    const auto found = std::ranges::find(config_.domains, xmpp_domain, &ServedDomain::xmpp);
    return found == config_.domains.end() ? nullptr : &*found;
}

}  // namespace isthmus::gateway
