// SIP users behind configured SIP peers: the peer of a domain is the first that lists it. Requests
// in dialogs go where the dialog says, as long as that is a place of the peer (RFC 3261 §12.2.1.1).
#pragma once

#include "gateway/gateway_config.h"
#include "gateway/sip_side.h"
#include "sip/sessions.h"

#include <array>
#include <string>
#include <string_view>

namespace isthmus::gateway {

class SipPeers final : public SipSide, public sip::SessionPort {
  public:
    /// Both must outlive it.
    SipPeers(const GatewayConfig& config, sip::UserAgent& user_agent)
        : config_(config), user_agent_(user_agent) {}

    bool serves(std::string_view sip_domain) const override { return find(sip_domain) != nullptr; }

    bool is_congestion_safe(std::string_view sip_domain) const override;

    bool uses_sessions(std::string_view user, std::string_view sip_domain) const override;

    void send(const sip::OutgoingRequest& request,
              std::string_view sip_domain,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;

    // sip::SessionPort
    void acknowledge(const sip::OutgoingRequest& request,
                     std::string_view sip_domain,
                     std::string_view next_hop) override;
    void cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) override;
    void send(const sip::OutgoingRequest& request,
              std::string_view sip_domain,
              std::string_view next_hop,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;
    std::string_view contact(std::string_view sip_domain) const override;
    sip::PresencePreference presence(std::string_view sip_domain) const override;

  private:
    const SipPeer* find(std::string_view sip_domain) const;

    const sip::Target& target_of(std::string_view sip_domain, std::string_view next_hop);
    const sip::Target* hop_of(const SipPeer& peer, std::string_view next_hop);

    const GatewayConfig& config_;
    sip::UserAgent& user_agent_;
    const SipPeer* hop_peer_ = nullptr;  ///< whose place hop_ is
    sip::Target hop_;                    ///< the last one that a dialog named; most name one
    mutable std::array<std::string, 3> contacts_;  ///< by transport
};

}  // namespace isthmus::gateway
