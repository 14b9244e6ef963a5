// The one gate: who is at the other end of a SIP connection, may it assert that sender, may these
// two talk, and what does the type of the partner allow. Small enough to be audited in one sitting;
// gaps G-22 and G-23, checklist 12.10, 12.11.
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "gateway/contacts.h"
#include "gateway/gateway_config.h"
#include "gateway/recent_table.h"
#include "net/certificate.h"
#include "policy/policy.h"
#include "sip/user_agent.h"
#include "xmpp/jid.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace isthmus::gateway {

/// What an XMPP user wants of our user.
enum class Approach : std::uint8_t {
    Message,       ///< a message, a typing notice, a receipt
    Subscription,  ///< to see presence
};

class Admission {
  public:
    /// How long, and for how many pairs, a message of our user opens the way for answers.
    static constexpr Duration kAnswerTime = std::chrono::hours(24);
    static constexpr std::size_t kMaxAnswerers = 500000;

    /// `config` must outlive it.
    explicit Admission(const GatewayConfig& config) : config_(config) {}

    /// The peer whose certificate or address this is; -1 if nobody's. A TLS connection is proved
    /// by a trusted certificate that carries one of the peer's names, or by a listed address.
    int identify(const sip::Origin& origin) const;

    /// Whether the P-Asserted-Identity of that peer is who sends (RFC 3325 §5).
    bool believes_identity(int peer) const {
        return peer >= 0 && config_.peers[static_cast<std::size_t>(peer)].asserts_identity;
    }

    /// Whether that peer may send for users of `sip_domain` (lower-case A-labels).
    bool may_assert(int peer, std::string_view sip_domain) const;

    /// The snapshot that was in force.
    std::shared_ptr<const policy::Policy> set_policy(std::shared_ptr<const policy::Policy> policy) {
        return std::exchange(policy_, std::move(policy));
    }

    const policy::Policy& policy() const { return *policy_; }

    /// For traffic from our user.
    policy::Decision decide(const policy::Query& query) const { return policy_->decide(query); }

    /// For traffic from the XMPP user `from`: what decide() allows must pass the type of the
    /// partner too. A PublicUnverified partner's user comes through only to those who added her as
    /// a contact; her messages also to those who wrote to her within kAnswerTime.
    policy::Decision decide_from_xmpp(const policy::Query& query,
                                      const xmpp::Jid& from,
                                      const Contacts& contacts,
                                      Approach approach,
                                      TimePoint now) const;

    /// Our user sent `to` a message: her answers are not unsolicited. Kept only for partners whose
    /// type makes it matter.
    void wrote(std::string_view user,
               std::string_view sip_domain,
               const xmpp::Jid& to,
               const policy::Decision& decision,
               TimePoint now);

    /// Whether users of that partner may read our user's status note.
    static bool may_see_note(const policy::Partner& partner) {
        return partner.partner_type == policy::PartnerType::Federated;
    }

    /// What an XMPP user is told about a decision against her.
    static std::string_view refusal_text(const policy::Decision& decision);

    /// The pair of names of a domain that we serve; null if it is not ours.
    const ServedDomain* served_sip(std::string_view sip_domain) const;
    const ServedDomain* served_xmpp(std::string_view xmpp_domain) const;

  private:
    std::uint64_t key_of(std::string_view user,
                         std::string_view sip_domain,
                         const xmpp::Jid& contact) const;

    const GatewayConfig& config_;
    std::shared_ptr<const policy::Policy> policy_;
    KeyedHash hash_;
    RecentTable<TimePoint> wrote_{kMaxAnswerers};
};

}  // namespace isthmus::gateway
