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
    objects_.partners.settle();
    if (const std::string* domain = objects_.partners.contested(); domain != nullptr) {
        return twice("A domain belongs to one partner only.", "domain " + *domain);
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

Decision Policy::begin(std::string_view remote_domain) const {
    Decision decision;
    if (const std::uint32_t place = objects_.partners.find(remote_domain);
        place != PartnerTable::kNone) {
        decision.partner_place = place;
        decision.partner = objects_.partners.at(place);
    }
    return decision;
}

bool Policy::passes(Gate gate, const Query& query, Decision& decision) const {
    switch (gate) {
        case Gate::AccessEdge:
            return objects_.access_edge.allow_federated_users;
        case Gate::Gateway:
            return objects_.gateway.enabled;
        case Gate::Block:
            decision.block = block_of(query.remote_domain);
            return decision.block == nullptr;
        case Gate::Partner:
            return decision.partner != nullptr;
        case Gate::PartnerState:
            return decision.partner == nullptr || decision.partner->enabled;
        case Gate::UserState:
        case Gate::User: {
            const Effective& effective =
                effective_[objects_.users ? objects_.users->find(query.user, query.user_domain)
                                          : UserTable::kUnknown];
            decision.rule = &objects_.rules[effective.rule];
            decision.scope = effective.scope;
            return gate == Gate::UserState ? effective.is_enabled : allows_xmpp(*decision.rule);
        }
        case Gate::Open:
        case Gate::PartnerType:
            break;
    }
    return true;
}

Decision Policy::decide_link(std::string_view remote_domain) const {
    Decision decision = begin(remote_domain);
    const Query query{.user = {}, .user_domain = {}, .remote_domain = remote_domain};
    for (const Gate gate :
         {Gate::AccessEdge, Gate::Gateway, Gate::Block, Gate::Partner, Gate::PartnerState}) {
        if (!passes(gate, query, decision)) {
            decision.gate = gate;
            break;
        }
    }
    return decision;
}

Decision Policy::decide(const Query& query) const {
    Decision decision = decide_link(query.remote_domain);
    if (!decision.is_allowed()) {
        return decision;
    }
    if (!passes(Gate::UserState, query, decision)) {
        decision.gate = Gate::UserState;
    } else if (!allows_xmpp(*decision.rule)) {  // what the gate of the user asks, his rule known
        decision.gate = Gate::User;
    }
    return decision;
}

const Partner* Policy::partner_of(std::string_view remote_domain) const {
    return objects_.partners.at(objects_.partners.find(remote_domain));
}

const Partner* Policy::usable_partner_of(std::string_view remote_domain) const {
    const Decision decision = decide_link(remote_domain);
    return decision.is_allowed() ? decision.partner : nullptr;
}

}  // namespace isthmus::policy
