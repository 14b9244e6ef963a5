// The immutable snapshot of who may talk to whom, and the one decision function. Built on the
// control thread, read on the traffic thread; shared as pointer to const. Cost of decide() depends
// neither on the number of users nor of partners nor of policies; it allocates nothing.
#pragma once

#include "base/result.h"
#include "policy/access_rule.h"
#include "policy/domains.h"
#include "policy/key_map.h"
#include "policy/partner_table.h"
#include "policy/site.h"
#include "policy/user_table.h"

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
    Block,         ///< the domain is on the block list (IST-POL-008)
    Partner,       ///< no partner holds the domain (IST-POL-001)
    PartnerState,  ///< the partner is disabled (IST-POL-004)
    UserState,     ///< the user is disabled (IST-POL-009)
    User,          ///< the user's effective policy forbids it (IST-POL-002)
    PartnerType,   ///< our user did not add that XMPP user (IST-POL-007)
};

constexpr std::size_t kGates = 9;

std::string_view gate_name(Gate gate);
std::string_view gate_code(Gate gate);  ///< "" for Open

struct Query {
    std::string_view user;           ///< local part of our user, as compared (account key)
    std::string_view user_domain;    ///< SIP domain, lower-case A-labels
    std::string_view remote_domain;  ///< XMPP domain, prepared U-labels
};

/// Why a policy is in force for a user: the closest one wins as a whole, nothing is merged.
enum class RuleScope : std::uint8_t { Global, Site, User };

struct Decision {
    Gate gate = Gate::Open;
    const Partner* partner = nullptr;      ///< set when a partner holds the domain
    std::uint32_t partner_place = 0;       ///< its place in partners(), for counters
    const BlockedDomain* block = nullptr;  ///< what blocks the domain, when that decided
    const AccessRule* rule = nullptr;      ///< the policy in force for the user, when it was asked
    RuleScope scope = RuleScope::Global;   ///< of `rule`

    bool is_allowed() const { return gate == Gate::Open; }

    /// Whether it depends on what decide() does not know: did our user add that XMPP user?
    bool asks_for_contact() const {
        return partner != nullptr && partner->partner_type == PartnerType::PublicUnverified;
    }

    /// The last gate, for traffic from that XMPP user. Call it if asks_for_contact().
    void judge_contact(bool is_contact) {
        if (is_allowed() && asks_for_contact() && !is_contact) {
            gate = Gate::PartnerType;
        }
    }
};

/// What a snapshot is built from.
struct Objects {
    std::uint64_t revision = 0;
    AccessEdge access_edge;
    GatewaySettings gateway;
    std::vector<AccessRule> rules;  ///< Global first; it is made with defaults if missing
    PartnerTable partners;
    std::vector<AllowedDomain> allowed_domains;
    std::vector<BlockedDomain> blocked_domains;
    std::vector<Provider> providers;
    std::vector<Site> sites;
    std::vector<Pool> pools;
    std::shared_ptr<const UserTable> users;  ///< null: none
};

/// The policy in force for those who share a standing.
struct Effective {
    std::uint32_t rule = 0;  ///< index in rules()
    RuleScope scope = RuleScope::Global;
    bool is_enabled = true;
};

class Policy {
  public:
    /// Conflict if two partners hold one domain or two objects bear one name. A grant, site or pool
    /// that names nothing is no fault: it counts as not there.
    static Result<std::shared_ptr<const Policy>> build(Objects objects);

    Decision decide(const Query& query) const;
    /// The gates that ask about no user: whether streams to and from that domain may be.
    Decision decide_link(std::string_view remote_domain) const;
    /// One gate alone, as decide() asks it: whether it lets the query through. `decision` holds
    /// the partner, and gets what the gate looks at. True for Open and PartnerType.
    bool passes(Gate gate, const Query& query, Decision& decision) const;

    /// Call it as soon as the two are known: decide() then finds its user in the cache.
    void prefetch(std::string_view user, std::string_view user_domain) const {
        if (objects_.users) {
            objects_.users->prefetch(user, user_domain);
        }
    }

    /// The partner that holds a domain, primary or additional; null if none.
    const Partner* partner_of(std::string_view remote_domain) const;
    /// Its settings count for streams only while it may be used at all (the gates that do not ask
    /// for the user).
    const Partner* usable_partner_of(std::string_view remote_domain) const;
    /// The entry of the block list that holds for a domain; null if none.
    const BlockedDomain* block_of(std::string_view domain) const;
    /// The policy in force for who stands like this, entered or not.
    Effective effective(const Standing& standing) const;
    /// The index of a rule by its identity, in any case of letters; rules().size() if none.
    std::size_t find_rule(std::string_view identity) const;

    std::uint64_t revision() const { return objects_.revision; }

    const Objects& objects() const { return objects_; }

    const PartnerTable& partners() const { return objects_.partners; }

    const AccessEdge& access_edge() const { return objects_.access_edge; }

    const GatewaySettings& gateway() const { return objects_.gateway; }

    const std::vector<AccessRule>& rules() const { return objects_.rules; }

  private:
    Result<void> index();
    Decision begin(std::string_view remote_domain) const;

    Objects objects_;
    KeyMap block_by_pattern_;
    KeyMap rule_by_identity_;  ///< keys in lower case
    KeyMap pool_by_fqdn_;
    std::vector<Effective> effective_;  ///< by index of the standing
};

}  // namespace isthmus::policy
