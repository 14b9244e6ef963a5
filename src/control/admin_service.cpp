#include "control/admin_service.h"

#include "base/text.h"
#include "control/totp.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace isthmus::control {

using store::AdminStore;

namespace {

constexpr std::size_t kMostAccounts = 10000;

Error last_admin() {
    return make_error(ErrorKind::Conflict,
                      "IST-AUTH-014",
                      "This is the last enabled administrator of the role admin.",
                      {});
}

Error outcome_error(AdminStore::Outcome outcome, std::string_view name) {
    switch (outcome) {
        case AdminStore::Outcome::LastAdmin:
            return last_admin();
        case AdminStore::Outcome::Exists:
            return make_error(ErrorKind::Conflict,
                              "IST-API-003",
                              fmt::format("There is an administrator '{}' already.", name),
                              {});
        default:
            return no_account(name);
    }
}

Result<Role> role_of(const std::string& given) {
    if (const auto role = role_named(given)) {
        return *role;
    }
    return make_error(
        ErrorKind::Syntax,
        "IST-API-001",
        fmt::format("role '{}' is none of admin, user-admin, viewer, helpdesk, tracer.",
                    text::escape_for_log(given, 64)),
        {});
}

}  // namespace

Result<std::string> account_name(std::string_view given) {
    constexpr std::size_t kMost = 64;
    std::string name = text::to_lower(given);
    bool good = !name.empty() && name.size() <= kMost && text::is_alnum(name.front());
    for (const char c : name) {
        good = good && (text::is_alnum(c) || std::string_view("._@-").find(c) != std::string::npos);
    }
    if (!good) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          fmt::format("name '{}' must be 1 to {} of a-z 0-9 . _ @ - and begin with "
                                      "a letter or digit.",
                                      text::escape_for_log(given, kMost),
                                      kMost),
                          {});
    }
    return name;
}

Error no_account(std::string_view name) {
    return make_error(
        ErrorKind::NotFound,
        "IST-API-002",
        fmt::format("There is no administrator '{}'.", text::escape_for_log(name, 64)),
        {});
}

Error not_stored(const std::exception& error) {
    return make_error(ErrorKind::Internal,
                      "IST-API-004",
                      "The change could not be stored; nothing has changed.",
                      error.what());
}

Error no_hash() {
    return make_error(ErrorKind::Internal,
                      "The password could not be hashed; nothing has changed.");
}

Error is_busy() {
    return make_error(ErrorKind::Limit,
                      "IST-AUTH-015",
                      "Too many sign-ins are waiting; try again in a moment.",
                      {});
}

/// A change that was checked, on its way over the worker to the store.
struct AdminService::Plan {
    store::Account account;  ///< as it will be, without hash
    store::Account before;
    Author author;
    bool is_new = false;
    bool has_password = false;
    bool has_access = false;
};

AccountStatus AdminService::status_of(store::Account account) const {
    AccountStatus status;
    status.locked_for = context_.accounts.locked_for(account.name, context_.monotonic());
    if (account.is_totp_confirmed) {
        status.recovery_codes_left = context_.store.recovery_codes_left(account.name);
    }
    status.account = std::move(account);
    return status;
}

Result<std::vector<AccountStatus>> AdminService::list() const {
    try {
        std::vector<AccountStatus> made;
        for (store::Account& account : context_.store.accounts()) {
            made.push_back(status_of(std::move(account)));
        }
        return made;
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<store::Account> AdminService::find(std::string_view name) const {
    try {
        auto found = context_.store.account(text::to_lower(name));
        if (!found) {
            return no_account(name);
        }
        return *std::move(found);
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<AccountStatus> AdminService::get(std::string_view name) const {
    auto found = find(name);
    if (!found) {
        return found.error();
    }
    return status_of(*std::move(found));
}

void AdminService::create(std::string_view name,
                          const AccountChange& given,
                          const Author& author,
                          bool is_trial,
                          const Done& done) {
    const auto wanted = account_name(name);
    if (!wanted) {
        return done(wanted.error());
    }
    if (!given.role || !given.password) {
        return done(make_error(ErrorKind::Syntax,
                               "IST-API-001",
                               given.role ? "password: is required." : "role: is required.",
                               {}));
    }
    const auto role = role_of(*given.role);
    if (!role) {
        return done(role.error());
    }
    if (auto good = check_new_password(*given.password, *wanted); !good) {
        return done(good.error());
    }
    if (find(*wanted)) {
        return done(outcome_error(AdminStore::Outcome::Exists, *wanted));
    }
    if (list().value().size() >= kMostAccounts) {
        return done(make_error(
            ErrorKind::Conflict, "IST-API-045", "There are too many administrators.", {}));
    }
    auto plan = std::make_shared<Plan>();
    plan->account = {.name = *wanted,
                     .role = std::string(name_of(*role)),
                     .is_enabled = given.is_enabled.value_or(true),
                     .created_at = context_.wall(),
                     .password_set_at = context_.wall()};
    plan->author = author;
    plan->is_new = true;
    if (is_trial) {
        return done(status_of(plan->account));
    }
    auto hash = std::make_shared<std::string>();
    const bool waits = context_.offload(
        [hash, password = *given.password, cost = context_.cost] {
            *hash = hash_password(password, cost);
        },
        [this, hash, plan, done] { done(save(*plan, *hash)); });
    if (!waits) {
        done(is_busy());
    }
}

void AdminService::set(std::string_view name,
                       const AccountChange& change,
                       const Author& author,
                       bool is_trial,
                       const Done& done) {
    auto found = find(name);
    if (!found) {
        return done(found.error());
    }
    auto plan = std::make_shared<Plan>();
    plan->before = *found;
    plan->account = *std::move(found);
    plan->author = author;
    if (change.role) {
        const auto role = role_of(*change.role);
        if (!role) {
            return done(role.error());
        }
        plan->account.role = name_of(*role);
    }
    plan->account.is_enabled = change.is_enabled.value_or(plan->account.is_enabled);
    plan->has_access = plan->account.role != plan->before.role ||
                       plan->account.is_enabled != plan->before.is_enabled;
    plan->has_password = change.password.has_value();
    if (change.password) {
        if (auto good = check_new_password(*change.password, plan->account.name); !good) {
            return done(good.error());
        }
        plan->account.password_set_at = context_.wall();
    }
    if (is_trial) {
        return done(try_access(*plan));
    }
    if (!change.password) {
        return done(save(*plan, {}));
    }
    auto hash = std::make_shared<std::string>();
    const bool waits = context_.offload(
        [hash, password = *change.password, cost = context_.cost] {
            *hash = hash_password(password, cost);
        },
        [this, hash, plan, done] { done(save(*plan, *hash)); });
    if (!waits) {
        done(is_busy());
    }
}

Result<AccountStatus> AdminService::try_access(const Plan& plan) const {
    const store::Account& account = plan.account;
    try {
        const auto outcome =
            plan.has_access
                ? context_.store.set_access(account.name, account.role, account.is_enabled, true)
                : AdminStore::Outcome::Done;
        return outcome == AdminStore::Outcome::Done
                   ? Result<AccountStatus>(status_of(account))
                   : Result<AccountStatus>(outcome_error(outcome, account.name));
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<AccountStatus> AdminService::save(const Plan& plan, const std::string& hash) {
    const store::Account& account = plan.account;
    const std::string object = "admin/" + account.name;
    if (hash.empty() && (plan.is_new || plan.has_password)) {
        return no_hash();
    }
    try {
        auto outcome = AdminStore::Outcome::Done;
        if (plan.is_new) {
            store::Account made = account;
            made.password_hash = hash;
            outcome = context_.store.insert(made);
        } else {
            // Access first: if that is refused, the password stays as well.
            if (plan.has_access) {
                outcome = context_.store.set_access(account.name, account.role, account.is_enabled);
            }
            if (outcome == AdminStore::Outcome::Done && plan.has_password) {
                outcome = context_.store.set_password(account.name, hash, account.password_set_at);
            }
        }
        const char* action = plan.is_new ? "create" : "set";
        if (outcome != AdminStore::Outcome::Done) {
            Error error = outcome_error(outcome, account.name);
            context_.note(plan.author, action, object, "refused", error.public_text);
            return error;
        }
        if (plan.has_access || plan.has_password) {
            context_.sessions.end_all_of(account.name);
        }
        context_.note(plan.author,
                      action,
                      object,
                      "done",
                      fmt::format("role {}, {}{}",
                                  account.role,
                                  account.is_enabled ? "enabled" : "disabled",
                                  plan.is_new || !plan.has_password ? "" : ", new password"));
        return get(account.name);
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<void> AdminService::erase(std::string_view name, const Author& author, bool is_trial) {
    const auto found = find(name);
    if (!found) {
        return found.error();
    }
    try {
        const auto outcome = context_.store.erase(found->name, is_trial);
        if (outcome != AdminStore::Outcome::Done) {
            Error error = outcome_error(outcome, found->name);
            if (!is_trial) {
                context_.note(
                    author, "delete", "admin/" + found->name, "refused", error.public_text);
            }
            return error;
        }
        if (is_trial) {
            return {};
        }
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
    context_.sessions.end_all_of(found->name);
    context_.accounts.forget(found->name);
    context_.note(author, "delete", "admin/" + found->name, "done");
    return {};
}

Result<AccountStatus> AdminService::unlock(std::string_view name, const Author& author) {
    const auto found = find(name);
    if (!found) {
        return found.error();
    }
    context_.accounts.forget(found->name);
    context_.note(author, "unlock", "admin/" + found->name, "done");
    return get(name);
}

Result<AccountStatus> AdminService::reset_totp(std::string_view name, const Author& author) {
    const auto found = find(name);
    if (!found) {
        return found.error();
    }
    try {
        context_.store.set_totp(found->name, {}, false);
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
    context_.sessions.end_all_of(found->name);
    context_.note(author, "reset-totp", "admin/" + found->name, "done");
    return get(name);
}

Result<SignInLink> AdminService::make_link(std::string_view name, const Author& author) {
    Session session{.admin = author.admin, .role = author.role, .method = "link"};
    if (!name.empty()) {
        const auto found = find(name);
        if (!found) {
            return found.error();
        }
        if (!found->is_enabled) {
            return make_error(ErrorKind::Conflict,
                              "IST-API-001",
                              fmt::format("The administrator '{}' is disabled.", found->name),
                              {});
        }
        session.admin = found->name;
        session.is_account = true;
        session.role = role_named(found->role).value_or(Role::None);
    }
    SignInLink link{.admin = session.admin,
                    .role = session.role,
                    .expires_at = context_.wall() + Sessions::kLinkLife};
    link.secret = context_.sessions.make_link(std::move(session));
    context_.note(author, "link", "admin/" + link.admin, "done");
    return link;
}

bool AdminService::end_session(std::string_view id, const Author& author) {
    const bool ended = context_.sessions.end(id);
    if (ended) {
        context_.note(author, "end", fmt::format("session/{}", id), "done");
    }
    return ended;
}

}  // namespace isthmus::control
