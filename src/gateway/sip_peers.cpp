#include "gateway/sip_peers.h"

#include "base/text.h"
#include "sip/uri.h"

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

bool SipPeers::uses_sessions(std::string_view /*user*/, std::string_view sip_domain) const {
    const SipPeer* peer = find(sip_domain);
    return peer != nullptr && peer->has_sessions;
}

void SipPeers::send(const sip::OutgoingRequest& request,
                    std::string_view sip_domain,
                    sip::ResponseHandler& handler,
                    std::uint64_t cookie) {
    user_agent_.send(request, find(sip_domain)->target, handler, cookie);
}

/// Only another place of the same peer, reached no less safely; whoever else a dialog names is
/// reached through the peer, which knows its own users: null.
const sip::Target* SipPeers::hop_of(const SipPeer& peer, std::string_view next_hop) {
    const auto uri = sip::parse_uri(next_hop);
    if (!uri || !uri->is_sip()) {
        return nullptr;
    }
    const std::string_view named =
        uri->param("transport")
            .value_or(peer.target.transport == sip::Transport::Tls ? "tls" : "udp");
    const auto transport = text::iequals(named, "tls")   ? sip::Transport::Tls
                           : text::iequals(named, "tcp") ? sip::Transport::Tcp
                                                         : sip::Transport::Udp;
    if (peer.target.transport == sip::Transport::Tls && transport != sip::Transport::Tls) {
        return nullptr;
    }
    const std::uint16_t usual = transport == sip::Transport::Tls ? 5061 : 5060;
    const std::uint16_t port = uri->port != 0 ? uri->port : usual;
    if (hop_peer_ == &peer && hop_.host == uri->host && hop_.port == port &&
        hop_.transport == transport) {
        return &hop_;
    }
    const auto address = net::IpAddress::parse(uri->host);
    const bool is_of_peer =
        address
            ? std::ranges::any_of(peer.addresses,
                                  [&](const net::Cidr& block) { return block.contains(*address); })
            : std::ranges::any_of(peer.certificate_names, [&](const std::string& name) {
                  return text::iequals(name, uri->host);
              });
    if (!is_of_peer) {
        return nullptr;
    }
    hop_peer_ = &peer;
    hop_ = peer.target;
    hop_.host = uri->host;
    hop_.port = port;
    hop_.transport = transport;
    hop_.use_srv = false;
    return &hop_;
}

void SipPeers::send(const sip::OutgoingRequest& request,
                    std::string_view sip_domain,
                    std::string_view next_hop,
                    sip::ResponseHandler& handler,
                    std::uint64_t cookie) {
    user_agent_.send(request, target_of(sip_domain, next_hop), handler, cookie);
}

void SipPeers::acknowledge(const sip::OutgoingRequest& request,
                           std::string_view sip_domain,
                           std::string_view next_hop) {
    user_agent_.acknowledge(request, target_of(sip_domain, next_hop));
}

void SipPeers::cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) {
    user_agent_.cancel(handler, cookie);
}

const sip::Target& SipPeers::target_of(std::string_view sip_domain, std::string_view next_hop) {
    if (!next_hop.empty()) {
        // Whichever of the peers of the domain has made the dialog goes on in it.
        for (const SipPeer& peer : config_.peers) {
            if (std::ranges::find(peer.domains, sip_domain) == peer.domains.end()) {
                continue;
            }
            if (const sip::Target* hop = hop_of(peer, next_hop)) {
                return *hop;
            }
        }
    }
    return find(sip_domain)->target;
}

std::string_view SipPeers::contact(std::string_view sip_domain) const {
    const sip::Transport transport = find(sip_domain)->target.transport;
    std::string& contact = contacts_[static_cast<std::size_t>(transport)];
    if (contact.empty()) {
        contact = "<sip:" + user_agent_.contact_host(transport);
        if (transport != sip::Transport::Udp) {
            contact += ";transport=" + text::to_lower(sip::transport_name(transport));
        }
        contact += ">";
    }
    return contact;
}

sip::PresencePreference SipPeers::presence(std::string_view sip_domain) const {
    const SipPeer* peer = find(sip_domain);
    return peer != nullptr ? peer->presence : sip::PresencePreference::Pidf;
}

}  // namespace isthmus::gateway
