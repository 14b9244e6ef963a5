#include "policy/policy.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace isthmus::policy {

std::string_view gate_name(Gate gate) {
    constexpr std::string_view kNames[kGates] = {"open",
                                                 "access-edge",
                                                 "gateway",
                                                 "block",
                                                 "partner",
                                                 "partner-state",
                                                 "user-state",
                                                 "user-policy",
                                                 "partner-type"};
    return kNames[static_cast<std::size_t>(gate)];
}

std::string_view gate_code(Gate gate) {
    constexpr std::string_view kCodes[kGates] = {"",
                                                 "IST-POL-003",
                                                 "IST-POL-005",
                                                 "IST-POL-008",
                                                 "IST-POL-001",
                                                 "IST-POL-004",
                                                 "IST-POL-009",
                                                 "IST-POL-002",
                                                 "IST-POL-007"};
    return kCodes[static_cast<std::size_t>(gate)];
}

namespace {

Error twice(std::string sentence, std::string_view what) {
    return make_error(ErrorKind::Conflict, "IST-API-003", std::move(sentence), std::string(what));
}

/// Conflict if two of `list` bear one name; `index` gets their places if it is given.
template <class Object>
Result<void> index_names(const std::vector<Object>& list,
                         std::string Object::* name,
                         std::string_view noun,
                         KeyMap& index) {
    index.reserve(list.size());
    for (std::uint32_t i = 0; i < list.size(); ++i) {
        if (!index.insert(text::to_lower(list[i].*name), i)) {
            return twice("There is one of that name already.",
                         std::string(noun) + " " + list[i].*name);
        }
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<const Policy>> Policy::build(Objects objects) {
    auto made = std::make_shared<Policy>();
    auto& rules = objects.rules;
    const auto global = std::ranges::find(rules, "Global", &AccessRule::identity);
    if (global == rules.end()) {
        rules.insert(rules.begin(), AccessRule{.identity = "Global", .description = {}});
    } else {
        std::rotate(rules.begin(), global, global + 1);
    }
    made->objects_ = std::move(objects);
    if (auto indexed = made->index(); !indexed) {
        return indexed.error();
    }
    return std::shared_ptr<const Policy>(std::move(made));
}

Result<void> Policy::index() {
    KeyMap scratch[3];
    for (const auto& done :
         {index_names(objects_.rules, &AccessRule::identity, "policy", rule_by_identity_),
          index_names(objects_.blocked_domains, &BlockedDomain::domain, "block", block_by_pattern_),
          index_names(objects_.allowed_domains, &AllowedDomain::domain, "domain", scratch[0]),
          index_names(objects_.providers, &Provider::name, "provider", scratch[1]),
          index_names(objects_.sites, &Site::name, "site", scratch[2]),
          index_names(objects_.pools, &Pool::fqdn, "pool", pool_by_fqdn_)}) {
        if (!done) {
            return done.error();
        }
    }
    partner_by_domain_.reserve(objects_.partners.size());
    for (std::uint32_t i = 0; i < objects_.partners.size(); ++i) {
        const Partner& partner = objects_.partners[i];
        bool is_new = partner_by_domain_.insert(partner.domain, i);
        for (const std::string& domain : partner.additional_domains) {
            is_new = partner_by_domain_.insert(domain, i) && is_new;
        }
        if (!is_new) {
            return twice("A domain belongs to one partner only.", "partner " + partner.domain);
        }
    }
    if (objects_.users) {
        for (const Standing& standing : objects_.users->standings()) {
            effective_.push_back(effective(standing));
        }
    } else {
        effective_.emplace_back();
    }
    return {};
}

std::size_t Policy::find_rule(std::string_view identity) const {
    return rule_by_identity_.find(text::to_lower(identity)).value_or(objects_.rules.size());
}

Effective Policy::effective(const Standing& standing) const {
    Effective made{.is_enabled = standing.enabled};
    if (!standing.policy.empty()) {
        if (const auto granted = rule_by_identity_.find(text::to_lower(standing.policy))) {
            made.rule = *granted;
            made.scope = RuleScope::User;
            return made;
        }
    }
    std::string_view site = standing.site;
    if (site.empty() && !standing.pool.empty()) {
        const auto pool = pool_by_fqdn_.find(standing.pool);
        site = pool ? std::string_view(objects_.pools[*pool].site) : std::string_view();
    }
    if (!site.empty()) {
        if (const auto rule = rule_by_identity_.find("site:", text::to_lower(site))) {
            made.rule = *rule;
            made.scope = RuleScope::Site;
        }
    }
    return made;
}

const BlockedDomain* Policy::block_of(std::string_view domain) const {
    if (block_by_pattern_.size() == 0) {
        return nullptr;
    }
    auto found = block_by_pattern_.find(domain);
    for (std::size_t dot = domain.find('.'); !found && dot != std::string_view::npos;
         dot = domain.find('.', dot + 1)) {
        found = block_by_pattern_.find("*", domain.substr(dot));
    }
    if (!found) {
        found = block_by_pattern_.find("*");
    }
    return found ? &objects_.blocked_domains[*found] : nullptr;
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
    } else if (const BlockedDomain* block = block_of(query.remote_domain); block != nullptr) {
        decision.gate = Gate::Block;
        decision.block = block;
    } else if (decision.partner == nullptr) {
        decision.gate = Gate::Partner;
    } else if (!decision.partner->enabled) {
        decision.gate = Gate::PartnerState;
    } else {
        const Effective& effective =
            effective_[objects_.users ? objects_.users->find(query.user, query.user_domain)
                                      : UserTable::kUnknown];
        decision.rule = &objects_.rules[effective.rule];
        decision.scope = effective.scope;
        const bool may =
            decision.rule->enable_federation_access && decision.rule->enable_xmpp_access;
        decision.gate = !effective.is_enabled ? Gate::UserState : (may ? Gate::Open : Gate::User);
    }
    return decision;
}

const Partner* Policy::partner_of(std::string_view remote_domain) const {
    const auto found = partner_by_domain_.find(remote_domain);
    return found ? &objects_.partners[*found] : nullptr;
}

const Partner* Policy::usable_partner_of(std::string_view remote_domain) const {
    if (!objects_.access_edge.allow_federated_users || !objects_.gateway.enabled ||
        block_of(remote_domain) != nullptr) {
        return nullptr;
    }
    const Partner* partner = partner_of(remote_domain);
    return partner != nullptr && partner->enabled ? partner : nullptr;
}

}  // namespace isthmus::policy
