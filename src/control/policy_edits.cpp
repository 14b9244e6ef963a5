// What administrators do to one object: create, set, erase. Each is one draft, checked against all
// other objects and committed as one revision.
#include "base/policy_name.h"
#include "base/spelling.h"
#include "base/text.h"
#include "control/explain.h"
#include "control/object_checks.h"
#include "control/policy_service.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

namespace isthmus::control {

namespace json = boost::json;

namespace {

template <class Object>
Error no_such(const policy::Objects& objects, std::string_view given, std::string_view id) {
    const auto& list = objects.*Kind<Object>::kList;
    std::string near;
    if constexpr (std::is_same_v<Object, policy::Partner>) {
        near = nearest_partner_domain(list, id);
    } else {
        text::NearestSearch search(id);
        for (const Object& each : list) {
            search.offer(each.*Kind<Object>::kId);
        }
        near = search.best();
    }
    std::string sentence =
        fmt::format("There is no {} '{}'.", Kind<Object>::kNoun, text::escape_for_log(given, 80));
    if constexpr (std::is_same_v<Object, policy::AccessRule>) {
        near = text::policy_name(near);
    }
    if (!near.empty()) {
        sentence += fmt::format(" Did you mean {}?", near);
    }
    return make_error(ErrorKind::NotFound,
                      "IST-API-002",
                      std::move(sentence),
                      list.size() == 1 ? "there is one of that kind"
                                       : fmt::format("there are {} of that kind", list.size()));
}

template <class Object>
std::string object_name(std::string_view id) {
    return fmt::format("{}/{}", Kind<Object>::kName, id);
}

}  // namespace

template <class Object>
std::string PolicyService::id_of(std::string_view given) const {
    if constexpr (std::is_same_v<Object, policy::AccessRule>) {
        return policy_identity(given);
    } else if constexpr (std::is_same_v<Object, policy::BlockedDomain>) {
        const auto pattern = canonical_pattern(given, canonical_.domain);
        return pattern ? *pattern : std::string(given);
    } else if constexpr (std::is_same_v<Object, policy::Partner> ||
                         std::is_same_v<Object, policy::AllowedDomain>) {
        const auto domain = canonical_.domain(given);
        return domain ? *domain : std::string(given);
    } else {
        return std::string(given);
    }
}

template <class Object>
const Object* PolicyService::find(std::string_view id) const {
    const std::string canonical = id_of<Object>(id);
    if constexpr (std::is_same_v<Object, policy::Partner>) {
        return current_->partner_of(canonical);
    } else {
        const auto& list = current_->objects().*Kind<Object>::kList;
        const auto at = std::ranges::find_if(list, [&](const Object& one) {
            return text::iequals(one.*Kind<Object>::kId, canonical);
        });
        return at == list.end() ? nullptr : &*at;
    }
}

template <class Object>
Result<Object> PolicyService::get(std::string_view id) const {
    const auto* found = find<Object>(id);
    if (found == nullptr) {
        return no_such<Object>(current_->objects(), id, id_of<Object>(id));
    }
    return *found;
}

template <class Object>
Result<Committed> PolicyService::create(const json::object& given, const Edit& edit) {
    Object made;
    if (auto applied = apply(made, given, canonical_); !applied) {
        return applied.error();
    }
    const std::string id = made.*Kind<Object>::kId;
    if (id.empty()) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          fmt::format("{}: is required.", id_property<Object>()),
                          {});
    }
    if (const auto* there = find<Object>(id); there != nullptr) {
        return duplicate(*there, id);
    }
    Draft draft = this->draft(edit, "create", object_name<Object>(id));
    list_of<Object>(draft.objects).push_back(made);
    if (auto good = check(made, draft); !good) {
        return good.error();
    }
    draft.now = to_json(made);
    draft.record.objects.push_back(
        {std::string(Kind<Object>::kName), id, std::nullopt, json::serialize(draft.now)});
    return commit(std::move(draft), edit);
}

template <class Object>
Result<Committed> PolicyService::set(std::string_view id,
                                     const json::object& change,
                                     const Edit& edit) {
    const auto* found = find<Object>(id);
    if (found == nullptr) {
        return no_such<Object>(current_->objects(), id, id_of<Object>(id));
    }
    const json::object before = to_json(*found);
    const std::string& name = found->*Kind<Object>::kId;
    if (!edit.if_match.empty() && edit.if_match != etag_of(before)) {
        return changed_meanwhile(object_name<Object>(name));
    }
    Object changed = *found;
    if (auto applied = apply(changed, change, canonical_); !applied) {
        return applied.error();
    }
    if (!text::iequals(changed.*Kind<Object>::kId, name)) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          fmt::format("{}: is the object's identity and cannot be changed.",
                                      id_property<Object>()),
                          {});
    }
    changed.*Kind<Object>::kId = name;
    Draft draft = this->draft(edit, "set", object_name<Object>(name));
    replace_in(list_of<Object>(draft.objects), changed);
    if (auto good = check(changed, draft); !good) {
        return good.error();
    }
    draft.now = to_json(changed);
    draft.record.objects.push_back({std::string(Kind<Object>::kName),
                                    name,
                                    stored_text(Kind<Object>::kName, name, before),
                                    json::serialize(draft.now)});
    return commit(std::move(draft), edit);
}

template <class Object>
Result<Committed> PolicyService::erase(std::string_view id, const Edit& edit) {
    const auto* found = find<Object>(id);
    if (found == nullptr) {
        return no_such<Object>(current_->objects(), id, id_of<Object>(id));
    }
    const json::object before = to_json(*found);
    const std::string name = found->*Kind<Object>::kId;
    if (!edit.if_match.empty() && edit.if_match != etag_of(before)) {
        return changed_meanwhile(object_name<Object>(name));
    }
    Draft draft = this->draft(edit, "delete", object_name<Object>(name));
    if (auto released = release(*found, edit, draft); !released) {
        return released.error();
    }
    if (name == "Global") {
        Object reset{};
        reset.*Kind<Object>::kId = name;
        replace_in(list_of<Object>(draft.objects), reset);
        draft.record.action = "reset";
        draft.now = to_json(reset);
        draft.warnings.emplace_back("The global policy has been reset: it cannot be deleted.");
    } else {
        erase_from(list_of<Object>(draft.objects), name);
    }
    if (is_stored(Kind<Object>::kName, name)) {
        draft.record.objects.push_back({std::string(Kind<Object>::kName),
                                        name,
                                        stored_text(Kind<Object>::kName, name, before),
                                        std::nullopt});
    }
    return commit(std::move(draft), edit);
}

template <class Object>
Result<Committed> PolicyService::set_single(const json::object& change, const Edit& edit) {
    constexpr auto kPlace = Kind<Object>::kPlace;
    const Object& found = current_->objects().*kPlace;
    const json::object before = to_json(found);
    const std::string name(Kind<Object>::kName);
    if (!edit.if_match.empty() && edit.if_match != etag_of(before)) {
        return changed_meanwhile(name);
    }
    Draft draft = this->draft(edit, "set", name);
    Object& changed = draft.objects.*kPlace;
    if (auto applied = apply(changed, change, canonical_); !applied) {
        return applied.error();
    }
    draft.now = to_json(changed);
    if (draft.now != before) {
        draft.record.objects.push_back(
            {name, {}, stored_text(name, {}, before), json::serialize(draft.now)});
    }
    if constexpr (std::is_same_v<Object, policy::GatewaySettings>) {
        const auto text_of = [](const std::string& secret) {
            return secret.empty() ? std::nullopt
                                  : std::optional(json::serialize(json::string(secret)));
        };
        draft.record.objects.push_back({std::string(store::kSecretKind),
                                        std::string(kPassphraseId),
                                        text_of(found.dialback_passphrase),
                                        text_of(changed.dialback_passphrase)});
    }
    return commit(std::move(draft), edit);
}

Result<void> PolicyService::clear_grants(std::string_view identity,
                                         const Edit& edit,
                                         Draft& draft) const {
    const std::uint64_t granted =
        store_.find_users({.text = {}, .policy = std::string(identity), .limit = 1}).total;
    if (granted == 0) {
        return {};
    }
    if (!edit.force) {
        return make_error(
            ErrorKind::Conflict,
            "IST-API-010",
            fmt::format("{} is granted to {}{} user{}.",
                        text::policy_name(identity),
                        granted >= store::kUserCountLimit ? "at least " : "",
                        granted,
                        granted == 1 ? "" : "s"),
            "deleted all the same, they fall to the policy of their site, else to Global");
    }
    store_.load_users([&](const policy::User& user) {
        if (text::iequals(user.policy, identity)) {
            policy::User changed = user;
            changed.policy.clear();
            draft.record.users.push_back({user.uri, user, std::move(changed)});
        }
    });
    return {};
}

template <class Object>
Result<void> PolicyService::check(const Object& object, Draft& draft) const {
    return check_object(object, draft.objects, *current_, own_domains_.xmpp, draft.warnings);
}

template <class Object>
Result<void> PolicyService::release(const Object& object, const Edit& edit, Draft& draft) const {
    if constexpr (std::is_same_v<Object, policy::AccessRule>) {
        return clear_grants(object.identity, edit, draft);
    }
    if constexpr (std::is_same_v<Object, policy::Site> || std::is_same_v<Object, policy::Pool>) {
        constexpr bool kIsSite = std::is_same_v<Object, policy::Site>;
        const std::string& name = object.*Kind<Object>::kId;
        store::UserFilter filter;
        (kIsSite ? filter.site : filter.pool) = name;
        filter.limit = 1;
        const std::uint64_t users = store_.find_users(filter).total;
        std::string in_use = users == 0 ? "" : fmt::format("{} users", users);
        if constexpr (kIsSite) {
            in_use += site_is_used_by(object, draft.objects, in_use.empty());
        }
        if (!in_use.empty()) {
            return make_error(ErrorKind::Conflict,
                              "IST-API-010",
                              fmt::format("{} is still used by {}.", name, in_use),
                              {});
        }
    }
    return {};
}

template Result<policy::Partner> PolicyService::get(std::string_view) const;
template Result<policy::AccessRule> PolicyService::get(std::string_view) const;
template Result<policy::AllowedDomain> PolicyService::get(std::string_view) const;
template Result<policy::BlockedDomain> PolicyService::get(std::string_view) const;
template Result<policy::Provider> PolicyService::get(std::string_view) const;
template Result<policy::Site> PolicyService::get(std::string_view) const;
template Result<policy::Pool> PolicyService::get(std::string_view) const;

#define ISTHMUS_EDITABLE(Object)                                                                \
    template Result<Committed> PolicyService::create<Object>(const json::object&, const Edit&); \
    template Result<Committed> PolicyService::set<Object>(                                      \
        std::string_view, const json::object&, const Edit&);                                    \
    template Result<Committed> PolicyService::erase<Object>(std::string_view, const Edit&);

ISTHMUS_EDITABLE(policy::Partner)
ISTHMUS_EDITABLE(policy::AccessRule)
ISTHMUS_EDITABLE(policy::AllowedDomain)
ISTHMUS_EDITABLE(policy::BlockedDomain)
ISTHMUS_EDITABLE(policy::Provider)
ISTHMUS_EDITABLE(policy::Site)
ISTHMUS_EDITABLE(policy::Pool)

#undef ISTHMUS_EDITABLE

template Result<Committed> PolicyService::set_single<policy::AccessEdge>(const json::object&,
                                                                         const Edit&);
template Result<Committed> PolicyService::set_single<policy::GatewaySettings>(const json::object&,
                                                                              const Edit&);

}  // namespace isthmus::control
