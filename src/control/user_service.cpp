#include "control/user_service.h"

#include "base/policy_name.h"
#include "base/spelling.h"
#include "base/text.h"
#include "control/faults.h"
#include "control/user_search.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

using policy::User;

namespace {

/// `near`: whom that may have meant, or empty.
Error no_such_user(std::string_view identity, std::string_view near) {
    return make_error(
        ErrorKind::NotFound,
        "IST-API-002",
        fmt::format("There is no user '{}'.{}",
                    text::escape_for_log(identity, 80),
                    near.empty() ? "" : fmt::format(" Did you mean {}?", near)),
        "users need no entry to talk; they need one to be given a policy, a site or a state");
}

Error no_such_user_policy(const policy::Policy& now, std::string_view given) {
    const std::string identity = policy_identity(given);
    text::NearestSearch search(text::policy_name(identity));
    for (const policy::AccessRule& rule : now.rules()) {
        if (rule.identity.starts_with("Tag:")) {
            search.offer(text::policy_name(rule.identity));
        }
    }
    return make_error(
        ErrorKind::NotFound,
        "IST-API-002",
        fmt::format("There is no user policy '{}'.{}",
                    text::escape_for_log(given, 80),
                    search.best().empty() ? "" : fmt::format(" Did you mean {}?", search.best())),
        "only user policies are granted; policies of sites and the global one hold by themselves");
}

/// Users changed at once; from here on their memory is worth the time of giving it back.
constexpr std::size_t kMany = 100'000;

Error ambiguous(std::string_view identity, std::size_t count) {
    return invalid(fmt::format("'{}' names {} users; say which by the SIP address.",
                               text::escape_for_log(identity, 80),
                               count));
}

/// Who read the user before somebody else changed him does not overwrite that.
Result<void> check_match(const User& now, const Edit& edit) {
    if (edit.if_match.empty() || edit.if_match == etag_of(to_json(now))) {
        return {};
    }
    return make_error(ErrorKind::Conflict,
                      "IST-API-005",
                      fmt::format("user/{} was changed in the meantime.", now.uri),
                      {});
}

constexpr std::string_view kScopes[] = {"global", "site", "user"};

/// Empty if the gateway serves his domain.
std::string not_served(const OwnDomains& own, std::string_view uri) {
    const std::string_view domain = uri.substr(uri.rfind('@') + 1);
    return own.serves(domain)
               ? ""
               : fmt::format("Nothing passes for {}: {}.", uri, own.not_served(domain));
}

/// Of those that are new, in one sentence.
std::string not_served(const OwnDomains& own, const std::vector<store::UserChange>& changes) {
    std::size_t count = 0;
    std::string first;
    for (const store::UserChange& change : changes) {
        const bool is_new = !change.before && change.after;
        if (is_new && !own.serves(std::string_view(change.uri).substr(change.uri.rfind('@') + 1))) {
            first = ++count == 1 ? not_served(own, change.uri) : first;
        }
    }
    return count <= 1 ? first : fmt::format("{} So it is with {} users in all.", first, count);
}

}  // namespace

Result<store::UserPage> UserService::list(const store::UserFilter& filter) const {
    if (filter.limit == 0 || filter.limit > kMaxLimit) {
        return invalid(fmt::format("limit {}: must be 1 to {}.", filter.limit, kMaxLimit));
    }
    return policies_.store().find_users(filter);
}

Result<std::vector<User>> UserService::match(std::string_view identity) const {
    std::vector<User> found;
    const store::ConfigStore& store = policies_.store();
    if (identity.find('*') != std::string_view::npos) {
        const std::string_view pattern = without_scheme(identity);
        store.load_users([&](User user) {
            if (is_like(pattern, user.uri) || is_like(pattern, user.display_name)) {
                found.push_back(std::move(user));
            }
        });
        return found;
    }
    if (const auto uri = policies_.canonical().user(identity)) {
        if (auto user = store.user(*uri)) {
            found.push_back(std::move(*user));
            return found;
        }
    }
    return store.find_users_by_identity(identity);
}

Error UserService::no_such(std::string_view identity) const {
    const auto uri = policies_.canonical().user(identity);
    return no_such_user(identity, uri ? nearest_user(policies_.store(), *uri) : std::string());
}

Result<User> UserService::get(std::string_view identity) const {
    auto found = match(identity);
    if (!found) {
        return found.error();
    }
    if (found->empty()) {
        return no_such(identity);
    }
    if (found->size() > 1) {
        return ambiguous(identity, found->size());
    }
    return std::move(found->front());
}

json::object UserService::describe(const User& user) const {
    const policy::Policy& now = policies_.current();
    const policy::Effective effective = now.effective(policy::standing_of(user));
    json::object made = to_json(user);
    made["effective_policy"] = now.rules()[effective.rule].identity;
    made["effective_scope"] = kScopes[static_cast<std::size_t>(effective.scope)];
    return made;
}

Result<void> check_user(const policy::Policy& policy, const User& user) {
    const policy::Objects& objects = policy.objects();
    const auto is_there = [](const auto& list, auto name, std::string_view wanted) {
        return wanted.empty() || std::ranges::any_of(list, [&](const auto& one) {
                   return text::iequals(one.*name, wanted);
               });
    };
    if (!is_there(objects.sites, &policy::Site::name, user.site)) {
        return invalid(fmt::format("site '{}': there is no such site.", user.site));
    }
    if (!is_there(objects.pools, &policy::Pool::fqdn, user.pool)) {
        return invalid(fmt::format(
            "pool '{}': no site is known for it; map it first: isthmus site map.", user.pool));
    }
    if (!user.policy.empty() && (!user.policy.starts_with("Tag:") ||
                                 policy.find_rule(user.policy) == policy.rules().size())) {
        return invalid(fmt::format("policy '{}': there is no such user policy.", user.policy));
    }
    return {};
}

Result<Committed> UserService::commit_one(const char* action,
                                          store::UserChange change,
                                          const Edit& edit) {
    Draft draft = policies_.draft(edit, action, "user/" + change.uri);
    if (change.after) {
        if (auto good = check_user(policies_.current(), *change.after); !good) {
            return good.error();
        }
        draft.now = describe(*change.after);
        if (std::string warning = not_served(policies_.own_domains(), change.uri);
            !change.before && !warning.empty()) {
            draft.warnings.push_back(std::move(warning));
        }
    }
    if (change.before != change.after) {
        draft.record.users.push_back(std::move(change));
    }
    return policies_.commit(std::move(draft), edit);
}

Result<Committed> UserService::create(const json::object& given, const Edit& edit) {
    User made;
    if (auto applied = apply(made, given, policies_.canonical()); !applied) {
        return applied.error();
    }
    if (made.uri.empty()) {
        return invalid("uri: is required.");
    }
    if (policies_.store().user(made.uri)) {
        return make_error(ErrorKind::Conflict,
                          "IST-API-003",
                          fmt::format("There is a user '{}' already.", made.uri),
                          {});
    }
    const std::string uri = made.uri;
    return commit_one("create", {uri, std::nullopt, std::move(made)}, edit);
}

Result<Committed> UserService::set(std::string_view identity,
                                   const json::object& change,
                                   const Edit& edit) {
    auto found = get(identity);
    if (!found) {
        return found.error();
    }
    if (auto good = check_match(*found, edit); !good) {
        return good.error();
    }
    User changed = *found;
    if (auto applied = apply(changed, change, policies_.canonical()); !applied) {
        return applied.error();
    }
    if (changed.uri != found->uri) {
        return invalid("uri: is the user's identity and cannot be changed.");
    }
    return commit_one("set", {found->uri, *found, std::move(changed)}, edit);
}

Result<Committed> UserService::erase(std::string_view identity, const Edit& edit) {
    auto found = get(identity);
    if (!found) {
        return found.error();
    }
    if (auto good = check_match(*found, edit); !good) {
        return good.error();
    }
    return commit_one("delete", {found->uri, *found, std::nullopt}, edit);
}

Result<Committed> UserService::grant(std::span<const std::string> identities,
                                     std::string_view policy,
                                     const Edit& edit) {
    std::string tag;
    if (!policy.empty()) {
        const policy::Policy& now = policies_.current();
        const std::size_t rule = now.find_rule(policy_identity(policy));
        if (rule == now.rules().size() || !now.rules()[rule].identity.starts_with("Tag:")) {
            return no_such_user_policy(now, policy);
        }
        tag = now.rules()[rule].identity;
    }
    Draft draft = policies_.draft(
        edit, tag.empty() ? "revoke" : "grant", tag.empty() ? "policy" : "policy/" + tag);
    std::vector<store::UserChange> users;
    for (const std::string& identity : identities) {
        auto found = match(identity);
        if (!found) {
            return found.error();
        }
        // Two people of one name: only a pattern says that all of them are meant.
        const bool is_pattern = identity.find('*') != std::string::npos;
        if (found->size() > 1 && !is_pattern) {
            return ambiguous(identity, found->size());
        }
        for (User& user : *found) {
            const std::string uri = user.uri;
            users.push_back({uri, user, std::move(user)});
        }
        if (!found->empty()) {
            continue;
        }
        const auto uri = policies_.canonical().user(identity);
        if (tag.empty() || !uri || is_pattern) {
            return no_such(identity);
        }
        draft.warnings.push_back(fmt::format("{} was not entered yet; he is now.", *uri));
        if (std::string warning = not_served(policies_.own_domains(), *uri); !warning.empty()) {
            draft.warnings.push_back(std::move(warning));
        }
        users.push_back({*uri, std::nullopt, User{.uri = *uri}});
    }
    std::ranges::sort(users, {}, &store::UserChange::uri);
    users.erase(std::ranges::unique(users, {}, &store::UserChange::uri).begin(), users.end());
    json::array names;
    for (store::UserChange& change : users) {
        if (names.size() < kMaxLimit) {
            names.emplace_back(change.uri);
        }
        change.after->policy = tag;
    }
    if (users.size() == 1) {
        draft.record.object = "user/" + users.front().uri;
    }
    std::erase_if(users, [](const auto& change) { return change.before == change.after; });
    draft.record.users = std::move(users);
    draft.now = {
        {"policy", tag}, {"users", std::move(names)}, {"changed", draft.record.users.size()}};
    return policies_.commit(std::move(draft), edit);
}

Result<Committed> UserService::replace(std::vector<store::UserChange> changes,
                                       std::string action,
                                       std::string object,
                                       const Edit& edit,
                                       const std::shared_ptr<const policy::Policy>& checked_on) {
    if (checked_on != policies_.snapshot()) {
        for (const store::UserChange& change : changes) {
            const auto good =
                change.after ? check_user(policies_.current(), *change.after) : Result<void>();
            if (!good) {
                return make_error(ErrorKind::Conflict,
                                  "IST-API-005",
                                  "What the users belong to was changed in the meantime.",
                                  good.error().public_text);
            }
        }
    }
    Draft draft = policies_.draft(edit, std::move(action), std::move(object));
    if (std::string warning = not_served(policies_.own_domains(), changes); !warning.empty()) {
        draft.warnings.push_back(std::move(warning));
    }
    draft.record.users = std::move(changes);
    const std::size_t changed = draft.record.users.size();
    draft.now = {{"changed", changed}};
    auto done = policies_.commit(std::move(draft), edit);
    if (changed >= kMany) {
        // Hundreds of megabytes, which would stay with us until the next import.
        malloc_trim(0);
    }
    return done;
}

}  // namespace isthmus::control
