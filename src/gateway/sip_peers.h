// SIP users behind configured SIP peers: the peer of a domain is the first that lists it.
#pragma once

#include "gateway/gateway_config.h"
#include "gateway/sip_side.h"

#include <string>
#include <string_view>

namespace isthmus::gateway {

class SipPeers final : public SipSide {
  public:
    /// Both must outlive it.
    SipPeers(const GatewayConfig& config, sip::UserAgent& user_agent)
        : config_(config), user_agent_(user_agent) {}

    bool serves(std::string_view sip_domain) const override { return find(sip_domain) != nullptr; }

    bool is_congestion_safe(std::string_view sip_domain) const override;

    void send(const sip::OutgoingRequest& request,
              std::string_view sip_domain,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;

  private:
    const SipPeer* find(std::string_view sip_domain) const;

    const GatewayConfig& config_;
    sip::UserAgent& user_agent_;
};

}  // namespace isthmus::gateway
