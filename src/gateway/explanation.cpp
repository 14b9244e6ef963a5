#include "gateway/explanation.h"

#include <fmt/format.h>

namespace isthmus::gateway {

namespace {

using policy::Gate;

/// The part of a policy's name that the command line wants.
std::string identity_of(const policy::AccessRule& rule) {
    return rule.identity == "Global" ? "global" : rule.identity;
}

Explanation reason(const policy::Decision& decision, const policy::Query& query) {
    const std::string_view domain = query.remote_domain;
    switch (decision.gate) {
        case Gate::AccessEdge:
            return {"federation is switched off for the whole organisation",
                    "isthmus access-edge set --allow-federated-users true"};
        case Gate::Gateway:
            return {"the XMPP gateway is switched off", "isthmus gateway set --enabled true"};
        case Gate::Block:
            return {fmt::format("the block list has {}", decision.block->domain),
                    fmt::format("isthmus partner unblock '{}'", decision.block->domain)};
        case Gate::UserState:
            return {"the user is disabled",
                    fmt::format(
                        "isthmus user set {}@{} --enabled true", query.user, query.user_domain)};
        case Gate::Partner:
            return {fmt::format("no partner holds the domain {}", domain),
                    fmt::format("isthmus partner create {} --partner-type Federated", domain)};
        case Gate::PartnerState:
            return {fmt::format("the partner {} is disabled", decision.partner->domain),
                    fmt::format("isthmus partner enable {}", decision.partner->domain)};
        case Gate::User:
            return {fmt::format("the policy {} has {} off",
                                identity_of(*decision.rule),
                                decision.rule->enable_federation_access ? "EnableXmppAccess"
                                                                        : "EnableFederationAccess"),
                    fmt::format("isthmus policy set {} --enable-federation-access true "
                                "--enable-xmpp-access true",
                                identity_of(*decision.rule))};
        case Gate::PartnerType:
            return {
                fmt::format("the partner {} is PublicUnverified, and the user has neither added "
                            "the sender as a contact nor written first",
                            decision.partner->domain),
                fmt::format("isthmus partner set {} --partner-type PublicVerified, if its users "
                            "can be trusted",
                            decision.partner->domain)};
        case Gate::Open:
            break;
    }
    return {};
}

}  // namespace

Explanation explain(const PolicyRefusal& refusal) {
    const policy::Query& query = refusal.query;
    Explanation made = reason(refusal.decision, query);
    made.sentence =
        query.user.empty()
            ? fmt::format("No federation with {}: {}.", query.remote_domain, made.sentence)
            : fmt::format("{}@{} may not talk to {}: {}.",
                          query.user,
                          query.user_domain,
                          query.remote_domain,
                          made.sentence);
    return made;
}

std::string explain_in_full(const PolicyRefusal& refusal) {
    const Explanation made = explain(refusal);
    return fmt::format("{} To change that: {}", made.sentence, made.fix);
}

policy::Decision decide_link(const policy::Policy& policy, std::string_view remote_domain) {
    policy::Decision made;
    made.partner = policy.partner_of(remote_domain);
    made.block = policy.block_of(remote_domain);
    made.gate = !policy.access_edge().allow_federated_users ? Gate::AccessEdge
                : !policy.gateway().enabled                 ? Gate::Gateway
                : made.block != nullptr                     ? Gate::Block
                : made.partner == nullptr                   ? Gate::Partner
                : !made.partner->enabled                    ? Gate::PartnerState
                                                            : Gate::Open;
    return made;
}

std::string_view scope_of(const policy::AccessRule& rule) {
    return rule.identity == "Global"            ? "global"
           : rule.identity.starts_with("Site:") ? "site"
                                                : "tag";
}

}  // namespace isthmus::gateway
