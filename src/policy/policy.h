// The immutable snapshot of who may talk to whom, and the one decision function. Built on the
// control thread, read on the traffic thread; shared as pointer to const. Cost of decide() depends
// neither on the number of users nor of partners; it allocates nothing.
#pragma once

#include "base/result.h"
#include "policy/access_rule.h"
#include "policy/key_map.h"
#include "policy/partner.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::policy {

/// In the order in which they are asked.
enum class Gate : std::uint8_t {
    Open,          ///< all gates passed
    AccessEdge,    ///< AllowFederatedUsers is off (IST-POL-003)
    Gateway,       ///< the XMPP gateway is switched off (IST-POL-005)
    Partner,       ///< no partner holds the domain (IST-POL-001)
    PartnerState,  ///< the partner is disabled (IST-POL-004)
    User,          ///< the user's effective policy forbids it (IST-POL-002)
    PartnerType,   ///< our user did not add that XMPP user (IST-POL-007); gateway/admission asks
};

std::string_view gate_name(Gate gate);
std::string_view gate_code(Gate gate);  ///< "" for Open

struct Query {
    std::string_view user;           ///< local part of our user, as compared (account key)
    std::string_view user_domain;    ///< SIP domain, lower-case A-labels
    std::string_view remote_domain;  ///< XMPP domain, prepared U-labels
};

struct Decision {
    Gate gate = Gate::Open;
    const Partner* partner = nullptr;  ///< set when a partner holds the domain
    std::uint32_t partner_index = 0;   ///< its place in partners(), for counters
    const AccessRule* rule = nullptr;  ///< the policy in force for the user, when it was asked

    bool is_allowed() const { return gate == Gate::Open; }
};

/// A user with a policy of his own. Users without one need no entry: Global holds for them.
struct UserGrant {
    std::string user;    ///< "alice@contoso.example", as compared
    std::string policy;  ///< identity of an AccessRule
};

/// What a snapshot is built from.
struct Objects {
    std::uint64_t revision = 0;
    AccessEdge access_edge;
    GatewaySettings gateway;
    std::vector<AccessRule> rules;  ///< Global first; it is made with defaults if missing
    std::vector<Partner> partners;
    std::vector<UserGrant> grants;
};

class Policy {
  public:
    /// Conflict if two partners hold one domain, NotFound if a grant names no rule.
    static Result<std::shared_ptr<const Policy>> build(Objects objects);

    Decision decide(const Query& query) const;

    /// Call it as soon as the two are known: decide() then finds its user in the cache.
    void prefetch(std::string_view user, std::string_view user_domain) const {
        rule_by_user_.prefetch(user, "@", user_domain);
    }

    /// The partner that holds a domain, primary or additional; null if none.
    const Partner* partner_of(std::string_view remote_domain) const;
    /// Its settings count for streams only while it may be used at all (the first four gates).
    const Partner* usable_partner_of(std::string_view remote_domain) const;

    std::uint64_t revision() const { return objects_.revision; }

    const std::vector<Partner>& partners() const { return objects_.partners; }

    const AccessEdge& access_edge() const { return objects_.access_edge; }

    const GatewaySettings& gateway() const { return objects_.gateway; }

    const std::vector<AccessRule>& rules() const { return objects_.rules; }

  private:
    Objects objects_;
    KeyMap partner_by_domain_;
    KeyMap rule_by_user_;
};

}  // namespace isthmus::policy
