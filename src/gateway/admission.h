// The one gate: who is at the other end of a SIP connection, may it assert that sender, may these
// two talk. Small enough to be audited in one sitting; gaps G-22 and G-23, checklist 12.10, 12.11.
#pragma once

#include "gateway/gateway_config.h"
#include "net/certificate.h"
#include "policy/policy.h"
#include "sip/user_agent.h"

#include <memory>
#include <string_view>

namespace isthmus::gateway {

class Admission {
  public:
    /// `config` must outlive it.
    explicit Admission(const GatewayConfig& config) : config_(config) {}

    /// The peer whose certificate or address this is; -1 if nobody's. A TLS connection is proved
    /// by a trusted certificate that carries one of the peer's names, or by a listed address.
    int identify(const sip::Origin& origin) const;

    /// Whether that peer may send for users of `sip_domain` (lower-case A-labels).
    bool may_assert(int peer, std::string_view sip_domain) const;

    void set_policy(std::shared_ptr<const policy::Policy> policy) { policy_ = std::move(policy); }

    const policy::Policy& policy() const { return *policy_; }

    policy::Decision decide(const policy::Query& query) const { return policy_->decide(query); }

    /// The pair of names of a domain that we serve; null if it is not ours.
    const ServedDomain* served_sip(std::string_view sip_domain) const;
    const ServedDomain* served_xmpp(std::string_view xmpp_domain) const;

  private:
    const GatewayConfig& config_;
    std::shared_ptr<const policy::Policy> policy_;
};

}  // namespace isthmus::gateway
