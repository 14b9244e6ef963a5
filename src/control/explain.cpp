#include "control/explain.h"

#include "base/codes.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::Gate;

namespace {

GateVerdict about_user_policy(const policy::Decision& decision, std::string_view user) {
    constexpr std::string_view kWhy[] = {"it holds for everybody without a closer one",
                                         "it holds for his site",
                                         "it was granted to him"};
    const policy::AccessRule& rule = *decision.rule;
    const bool may = rule.enable_federation_access && rule.enable_xmpp_access;
    GateVerdict made{.gate = Gate::User, .is_open = may, .object = "policy/" + rule.identity};
    made.sentence = fmt::format("The policy in force for {} is {} ({}): federation {}, XMPP {}.",
                                user,
                                rule.identity,
                                kWhy[static_cast<std::size_t>(decision.scope)],
                                rule.enable_federation_access ? "on" : "off",
                                rule.enable_xmpp_access ? "on" : "off");
    if (!may) {
        made.fix = fmt::format(
            "isthmus policy set '{}' --enable-federation-access true --enable-xmpp-access true, or "
            "isthmus policy grant --user {} POLICY",
            rule.identity,
            user);
    }
    return made;
}

GateVerdict about_partner_type(const policy::Partner* partner, std::optional<bool> is_contact) {
    GateVerdict made{.gate = Gate::PartnerType};
    if (partner == nullptr) {
        made.sentence = "There is no partner whose type could be asked.";
        return made;
    }
    made.object = "partner/" + partner->domain;
    if (partner->partner_type != policy::PartnerType::PublicUnverified) {
        made.sentence = "The partner's users need no invitation.";
        return made;
    }
    made.is_open = is_contact.value_or(true);
    made.sentence =
        "The partner's users are not verified: they reach only those who added them as a contact "
        "or "
        "wrote to them within a day";
    made.sentence += !is_contact ? "; ask for one contact to see how it stands."
                     : *is_contact
                         ? "; this contact was added."
                         : "; this contact was not added. Our user may write all the same.";
    if (!made.is_open) {
        made.fix = fmt::format(
            "isthmus partner set {} --partner-type PublicVerified, if its users "
            "can be trusted",
            partner->domain);
    }
    return made;
}

}  // namespace

Explanation explain(const policy::Policy& policy,
                    const policy::Query& query,
                    std::optional<bool> is_contact) {
    Explanation made{.decision = policy.decide(query), .gates = {}};
    const policy::Partner* partner = made.decision.partner;
    const std::string user = fmt::format("{}@{}", query.user, query.user_domain);
    const std::string domain(query.remote_domain);

    const bool federated = policy.access_edge().allow_federated_users;
    made.gates.push_back(
        {.gate = Gate::AccessEdge,
         .is_open = federated,
         .object = "access-edge",
         .sentence = federated ? "Federation is switched on for the organisation."
                               : "Federation is switched off for the organisation.",
         .fix = federated ? "" : "isthmus access-edge set --allow-federated-users true"});
    const bool enabled = policy.gateway().enabled;
    made.gates.push_back({.gate = Gate::Gateway,
                          .is_open = enabled,
                          .object = "gateway",
                          .sentence = enabled ? "The XMPP gateway is switched on."
                                              : "The XMPP gateway is switched off.",
                          .fix = enabled ? "" : "isthmus gateway set --enabled true"});
    const policy::BlockedDomain* block = policy.block_of(domain);
    made.gates.push_back(
        {.gate = Gate::Block,
         .is_open = block == nullptr,
         .object = block == nullptr ? "" : "blocked-domain/" + block->domain,
         .sentence = block == nullptr
                         ? fmt::format("{} is not on the block list.", domain)
                         : fmt::format("{} is blocked by the entry '{}'.", domain, block->domain),
         .fix =
             block == nullptr ? "" : fmt::format("isthmus partner unblock '{}'", block->domain)});
    made.gates.push_back(
        {.gate = Gate::Partner,
         .is_open = partner != nullptr,
         .object = partner == nullptr ? "" : "partner/" + partner->domain,
         .sentence = partner == nullptr
                         ? fmt::format("No XMPP federated partner holds {}.", domain)
                         : fmt::format("{} is held by the partner {}.", domain, partner->domain),
         .fix = partner == nullptr ? fmt::format("isthmus partner create {}", domain) : ""});
    const bool partner_on = partner == nullptr || partner->enabled;
    made.gates.push_back(
        {.gate = Gate::PartnerState,
         .is_open = partner_on,
         .object = partner == nullptr ? "" : "partner/" + partner->domain,
         .sentence = partner_on ? "The partner is enabled." : "The partner is disabled.",
         .fix = partner_on ? "" : fmt::format("isthmus partner enable {}", partner->domain)});
    const auto& users = policy.objects().users;
    const policy::Effective effective =
        policy.effective(users ? users->standings()[users->find(query.user, query.user_domain)]
                               : policy::Standing{});
    made.gates.push_back(
        {.gate = Gate::UserState,
         .is_open = effective.is_enabled,
         .object = "user/" + user,
         .sentence = fmt::format("{} is {}.", user, effective.is_enabled ? "enabled" : "disabled"),
         .fix =
             effective.is_enabled ? "" : fmt::format("isthmus user set {} --enabled true", user)});
    policy::Decision with_rule = made.decision;
    with_rule.rule = &policy.rules()[effective.rule];
    with_rule.scope = effective.scope;
    made.gates.push_back(about_user_policy(with_rule, user));
    made.gates.push_back(about_partner_type(partner, is_contact));

    bool is_decided = false;
    for (GateVerdict& gate : made.gates) {
        gate.was_asked = !is_decided;
        is_decided = is_decided || !gate.is_open;
    }
    return made;
}

json::object to_json(const Explanation& explanation) {
    json::array gates;
    const GateVerdict* closed = nullptr;
    for (const GateVerdict& gate : explanation.gates) {
        if (!gate.is_open && gate.was_asked) {
            closed = &gate;
        }
        gates.push_back(json::object{{"gate", policy::gate_name(gate.gate)},
                                     {"verdict", gate.is_open ? "open" : "closed"},
                                     {"asked", gate.was_asked},
                                     {"object", gate.object},
                                     {"sentence", gate.sentence},
                                     {"fix", gate.fix}});
    }
    json::object made{
        {"verdict", closed == nullptr ? "allowed" : "refused"},
        {"decided_by", closed == nullptr ? "open" : policy::gate_name(closed->gate)},
        {"object", closed == nullptr ? std::string() : closed->object},
        {"code", closed == nullptr ? "" : policy::gate_code(closed->gate)},
        {"sentence", closed == nullptr ? "They may talk to each other." : closed->sentence},
        {"fix", closed == nullptr ? std::string() : closed->fix},
        {"gates", std::move(gates)}};
    return made;
}

}  // namespace isthmus::control
