#include "control/policy_service.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

Error no_such(std::string_view what, std::string_view name) {
    return make_error(
        ErrorKind::NotFound, "IST-API-002", fmt::format("There is no {} '{}'.", what, name), {});
}

}  // namespace

PolicyService::PolicyService(store::PolicyStore& store, CanonicalDomain canonical, Publish publish)
    : store_(store), canonical_(std::move(canonical)), publish_(std::move(publish)) {
    auto built = policy::Policy::build(store_.load());
    if (!built) {
        throw std::runtime_error(
            fmt::format("the stored policy is not consistent: {}", built.error().detail));
    }
    current_ = *built;
    publish_(current_);
}

template <class Save>
Result<Committed> PolicyService::commit(policy::Objects objects, json::object now, Save save) {
    // The snapshot carries the number that its own revision will get.
    objects.revision = store_.revision() + 1;
    auto built = policy::Policy::build(std::move(objects));
    if (!built) {
        return built.error();
    }
    try {
        const std::uint64_t revision = save();
        current_ = *built;
        return Committed{revision, publish_(current_), std::move(now)};
    } catch (const store::StoreError& error) {
        return make_error(ErrorKind::Internal,
                          {},
                          "The change could not be stored; nothing has changed.",
                          error.what());
    }
}

Result<policy::Partner> PolicyService::partner(std::string_view domain) const {
    const auto canonical = canonical_(domain);
    const policy::Partner* found = canonical ? current_->partner_of(*canonical) : nullptr;
    if (found == nullptr) {
        return no_such("XMPP federated partner", domain);
    }
    return *found;
}

Result<Committed> PolicyService::save_partner(policy::Objects objects,
                                              const policy::Partner& partner,
                                              const store::Author& author,
                                              store::Change change) {
    json::object now = to_json(partner);
    change.after = json::serialize(now);
    return commit(
        std::move(objects), std::move(now), [&] { return store_.save(partner, author, change); });
}

Result<Committed> PolicyService::create_partner(const json::object& given,
                                                const store::Author& author) {
    policy::Partner made;
    if (auto applied = apply(made, given, canonical_); !applied) {
        return applied.error();
    }
    if (made.domain.empty()) {
        return make_error(ErrorKind::Syntax, "IST-API-001", "domain is required.", {});
    }
    if (const policy::Partner* holder = current_->partner_of(made.domain); holder != nullptr) {
        return make_error(
            ErrorKind::Conflict,
            "IST-API-003",
            fmt::format(
                "The domain '{}' belongs to the partner '{}'.", made.domain, holder->domain),
            {});
    }
    policy::Objects objects = store_.load();
    objects.partners.push_back(made);
    return save_partner(
        std::move(objects), made, author, {"create", "partner/" + made.domain, {}, {}});
}

Result<Committed> PolicyService::set_partner(std::string_view domain,
                                             const json::object& change,
                                             const store::Author& author) {
    const auto found = partner(domain);
    if (!found) {
        return found.error();
    }
    policy::Partner changed = *found;
    if (auto applied = apply(changed, change, canonical_); !applied) {
        return applied.error();
    }
    if (changed.domain != found->domain) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "The primary domain is the partner's identity and cannot be changed.",
                          {});
    }
    policy::Objects objects = store_.load();
    *std::ranges::find(objects.partners, changed.domain, &policy::Partner::domain) = changed;
    return save_partner(std::move(objects),
                        changed,
                        author,
                        {"set", "partner/" + changed.domain, json::serialize(to_json(*found)), {}});
}

Result<Committed> PolicyService::delete_partner(std::string_view domain,
                                                const store::Author& author) {
    const auto found = partner(domain);
    if (!found) {
        return found.error();
    }
    policy::Objects objects = store_.load();
    std::erase_if(objects.partners,
                  [&](const policy::Partner& other) { return other.domain == found->domain; });
    return commit(std::move(objects), {}, [&] {
        return store_.delete_partner(
            found->domain,
            author,
            {"delete", "partner/" + found->domain, json::serialize(to_json(*found)), {}});
    });
}

Result<policy::AccessRule> PolicyService::rule(std::string_view id) const {
    const std::string identity = policy_identity(id);
    const auto found =
        std::ranges::find(current_->rules(), identity, &policy::AccessRule::identity);
    if (found == current_->rules().end()) {
        return no_such("external access policy", id);
    }
    return *found;
}

Result<Committed> PolicyService::set_rule(std::string_view id,
                                          const json::object& change,
                                          const store::Author& author) {
    const auto found = rule(id);
    if (!found) {
        return found.error();
    }
    policy::AccessRule changed = *found;
    if (auto applied = apply(changed, change); !applied) {
        return applied.error();
    }
    policy::Objects objects = store_.load();
    std::erase_if(objects.rules, [&](const policy::AccessRule& other) {
        return other.identity == changed.identity;
    });
    objects.rules.push_back(changed);
    json::object now = to_json(changed);
    const store::Change entry{"set",
                              "policy/" + changed.identity,
                              json::serialize(to_json(*found)),
                              json::serialize(now)};
    return commit(
        std::move(objects), std::move(now), [&] { return store_.save(changed, author, entry); });
}

Result<Committed> PolicyService::set_access_edge(const json::object& change,
                                                 const store::Author& author) {
    policy::AccessEdge changed = current_->access_edge();
    if (auto applied = apply(changed, change); !applied) {
        return applied.error();
    }
    policy::Objects objects = store_.load();
    objects.access_edge = changed;
    json::object now = to_json(changed);
    const store::Change entry{"set",
                              "access-edge",
                              json::serialize(to_json(current_->access_edge())),
                              json::serialize(now)};
    return commit(
        std::move(objects), std::move(now), [&] { return store_.save(changed, author, entry); });
}

Result<Committed> PolicyService::set_gateway(const json::object& change,
                                             const store::Author& author) {
    policy::GatewaySettings changed = current_->gateway();
    if (auto applied = apply(changed, change); !applied) {
        return applied.error();
    }
    policy::Objects objects = store_.load();
    objects.gateway = changed;
    json::object now = to_json(changed);
    const store::Change entry{
        "set", "gateway", json::serialize(to_json(current_->gateway())), json::serialize(now)};
    return commit(
        std::move(objects), std::move(now), [&] { return store_.save(changed, author, entry); });
}

}  // namespace isthmus::control
