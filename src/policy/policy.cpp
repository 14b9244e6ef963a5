#include "policy/policy.h"

#include <algorithm>
#include <utility>

namespace isthmus::policy {

std::string_view gate_name(Gate gate) {
    constexpr std::string_view kNames[] = {"open",
                                           "access-edge",
                                           "gateway",
                                           "partner",
                                           "partner-state",
                                           "user-policy",
                                           "partner-type"};
    return kNames[static_cast<std::size_t>(gate)];
}

std::string_view gate_code(Gate gate) {
    constexpr std::string_view kCodes[] = {"",
                                           "IST-POL-003",
                                           "IST-POL-005",
                                           "IST-POL-001",
                                           "IST-POL-004",
                                           "IST-POL-002",
                                           "IST-POL-007"};
    return kCodes[static_cast<std::size_t>(gate)];
}

Result<std::shared_ptr<const Policy>> Policy::build(Objects objects) {
    auto made = std::make_shared<Policy>();
    auto& rules = objects.rules;
    const auto global = std::ranges::find(rules, "Global", &AccessRule::identity);
    if (global == rules.end()) {
        rules.insert(rules.begin(), AccessRule{.identity = "Global", .description = {}});
    } else {
        std::rotate(rules.begin(), global, global + 1);
    }
    KeyMap rule_by_identity;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        rule_by_identity.insert(rules[i].identity, i);
    }
    for (std::uint32_t i = 0; i < objects.partners.size(); ++i) {
        const Partner& partner = objects.partners[i];
        bool is_new = made->partner_by_domain_.insert(partner.domain, i);
        for (const std::string& domain : partner.additional_domains) {
            is_new = made->partner_by_domain_.insert(domain, i) && is_new;
        }
        if (!is_new) {
            return make_error(ErrorKind::Conflict,
                              "IST-API-003",
                              "A domain belongs to one partner only.",
                              "partner " + partner.domain);
        }
    }
    made->rule_by_user_.reserve(objects.grants.size());
    for (const UserGrant& grant : objects.grants) {
        const auto rule = rule_by_identity.find(grant.policy);
        if (!rule) {
            return make_error(ErrorKind::NotFound,
                              "IST-API-002",
                              "A granted policy does not exist.",
                              grant.policy + " granted to " + grant.user);
        }
        made->rule_by_user_.insert(grant.user, *rule);
    }
    objects.grants = {};
    made->objects_ = std::move(objects);
    return std::shared_ptr<const Policy>(std::move(made));
}

Decision Policy::decide(const Query& query) const {
    Decision decision;
    const auto partner = partner_by_domain_.find(query.remote_domain);
    if (partner) {
        decision.partner_index = *partner;
        decision.partner = &objects_.partners[*partner];
    }
    if (!objects_.access_edge.allow_federated_users) {
        decision.gate = Gate::AccessEdge;
    } else if (!objects_.gateway.enabled) {
        decision.gate = Gate::Gateway;
    } else if (decision.partner == nullptr) {
        decision.gate = Gate::Partner;
    } else if (!decision.partner->enabled) {
        decision.gate = Gate::PartnerState;
    } else {
        const auto rule = rule_by_user_.find(query.user, "@", query.user_domain);
        decision.rule = &objects_.rules[rule.value_or(0)];
        const bool may =
            decision.rule->enable_federation_access && decision.rule->enable_xmpp_access;
        decision.gate = may ? Gate::Open : Gate::User;
    }
    return decision;
}

const Partner* Policy::partner_of(std::string_view remote_domain) const {
    const auto found = partner_by_domain_.find(remote_domain);
    return found ? &objects_.partners[*found] : nullptr;
}

const Partner* Policy::usable_partner_of(std::string_view remote_domain) const {
    if (!objects_.access_edge.allow_federated_users || !objects_.gateway.enabled) {
        return nullptr;
    }
    const Partner* partner = partner_of(remote_domain);
    return partner != nullptr && partner->enabled ? partner : nullptr;
}

}  // namespace isthmus::policy
