#include "control/sign_in.h"

#include "base/log.h"
#include "base/text.h"
#include "control/admin_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostName = 64;
constexpr std::size_t kMostPassword = 1024;
constexpr std::size_t kMostAgent = 200;

Error refused() {
    return make_error(
        ErrorKind::NotAuthorized, "IST-AUTH-010", "Name, password or code is wrong.", {});
}

Error locked(std::int64_t seconds) {
    return make_error(ErrorKind::Limit,
                      "IST-AUTH-011",
                      fmt::format("Too many failed sign-ins; try again in {} s.", seconds),
                      {});
}

}  // namespace

/// One attempt on its way over the worker.
struct SignIn::Try {
    SignInAttempt given;
    std::string name;  ///< as compared; what was typed may be no name at all
    bool is_known = false;
    std::string hash;
    bool is_right = false;
};

SignIn::SignIn(AdminContext& context)
    : context_(context),
      dummy_hash_(fmt::format("$argon2id$v=19$m={},t={},p=1${}${}",
                              context.cost.memory_kib,
                              context.cost.passes,
                              std::string(22, 'A'),
                              std::string(43, 'A'))) {}

GuessGuard& SignIn::guard_of(const Try& attempt) {
    return attempt.is_known ? context_.accounts : context_.strangers;
}

std::int64_t SignIn::locked_for(std::string_view name, std::string_view origin) const {
    const std::int64_t now = context_.monotonic();
    const std::string folded = text::to_lower(name.substr(0, kMostName));
    return std::max({context_.addresses.locked_for(address_key(origin), now),
                     context_.accounts.locked_for(folded, now),
                     context_.strangers.locked_for(folded, now)});
}

bool SignIn::is_address_locked(std::string_view origin) const {
    return context_.addresses.locked_for(address_key(origin), context_.monotonic()) > 0;
}

void SignIn::refuse_locked(const SignInAttempt& attempt,
                           GuessGuard& guard,
                           std::string_view key) const {
    // One entry a lock: who keeps trying must not fill the log.
    if (guard.is_first_try_while_locked(key)) {
        context_.audit({text::escape_for_log(attempt.name, kMostName),
                        attempt.origin,
                        "sign-in",
                        "session",
                        "refused",
                        "locked after too many failures"});
    }
}

void SignIn::with_password(SignInAttempt attempt, const Done& done) {
    const auto made = std::make_shared<Try>();
    made->name = text::to_lower(std::string_view(attempt.name).substr(0, kMostName));
    try {
        const auto account =
            attempt.name.size() <= kMostName ? context_.store.account(made->name) : std::nullopt;
        made->is_known = account.has_value();
        made->hash = account ? account->password_hash : dummy_hash_;
    } catch (const store::StoreError& error) {
        return done(not_stored(error));
    }
    const std::int64_t now = context_.monotonic();
    const std::string address = address_key(attempt.origin);
    GuessGuard& guard = guard_of(*made);
    if (const auto wait = context_.addresses.locked_for(address, now); wait > 0) {
        refuse_locked(attempt, context_.addresses, address);
        return done(locked(wait));
    }
    if (const auto wait = guard.locked_for(made->name, now); wait > 0) {
        refuse_locked(attempt, guard, made->name);
        return done(locked(wait));
    }
    if (guard.fail(made->name, now)) {
        log::event(log::Level::Warning,
                   "admin.locked",
                   {{"code", "IST-AUTH-011"},
                    {"admin", text::escape_for_log(made->name, kMostName)},
                    {"origin", attempt.origin}});
    }
    context_.addresses.fail(address, now);
    if (attempt.password.size() > kMostPassword) {
        attempt.password.clear();  // wrong, but with the same work
    }
    made->given = std::move(attempt);
    const bool waits = context_.offload(
        [made] { made->is_right = verify_password(made->given.password, made->hash); },
        [this, made, done] { done(decide(*made)); });
    if (!waits) {
        guard.take_back(made->name);
        context_.addresses.take_back(address);
        done(is_busy());
    }
}

Result<SignedIn> SignIn::wrong(const Try& attempt, std::string_view why) {
    const std::string name = text::escape_for_log(attempt.given.name, kMostName);
    context_.audit({name, attempt.given.origin, "sign-in", "session", "refused", std::string(why)});
    if (guard_of(attempt).locked_for(attempt.name, context_.monotonic()) > 0) {
        context_.audit({name,
                        attempt.given.origin,
                        "lock-out",
                        (attempt.is_known ? "admin/" : "unknown/") + name,
                        "done",
                        "too many failed sign-ins"});
    }
    return refused();
}

Result<SignedIn> SignIn::decide(const Try& attempt) {
    try {
        // Anew: meanwhile it may have been disabled, or got another password.
        const auto account = attempt.is_known ? context_.store.account(attempt.name) : std::nullopt;
        if (!account) {
            return wrong(attempt, "unknown name");
        }
        if (!attempt.is_right || account->password_hash != attempt.hash) {
            return wrong(attempt, "wrong password");
        }
        if (!account->is_enabled) {
            return wrong(attempt, "disabled");
        }
        const std::string address = address_key(attempt.given.origin);
        if (account->is_totp_confirmed && attempt.given.code.empty()) {
            context_.accounts.take_back(attempt.name);
            context_.addresses.take_back(address);
            return make_error(ErrorKind::NotAuthorized,
                              "IST-AUTH-012",
                              "This account has a second factor: its code is needed as well.",
                              {});
        }
        if (account->is_totp_confirmed && !use_code(context_, *account, attempt.given.code)) {
            return wrong(attempt, "wrong code");
        }
        context_.accounts.forget(attempt.name);
        context_.addresses.take_back(address);
        context_.store.note_sign_in(account->name, context_.wall(), attempt.given.origin);
        if (is_outdated(attempt.hash, context_.cost)) {
            renew_hash(attempt);
        }
        return open({.admin = account->name,
                     .is_account = true,
                     .role = role_named(account->role).value_or(Role::None),
                     .method = "password",
                     .origin = attempt.given.origin},
                    attempt.given.user_agent);
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

void SignIn::renew_hash(const Try& attempt) {
    const auto hash = std::make_shared<std::string>();
    context_.offload(
        [hash, password = attempt.given.password, cost = context_.cost] {
            *hash = hash_password(password, cost);
        },
        [this, hash, name = attempt.name, old = attempt.hash] {
            try {
                const auto account = context_.store.account(name);
                if (account && account->password_hash == old) {
                    context_.store.set_password(name, *hash, account->password_set_at);
                }
            } catch (const store::StoreError& error) {
                log::event(log::Level::Warning, "admin.rehash", {{"msg", error.what()}});
            }
        });
}

Result<SignedIn> SignIn::open(Session session, std::string_view user_agent) {
    session.user_agent = text::escape_for_log(user_agent, kMostAgent);
    session.began = context_.wall();
    const Author author{{session.admin, session.origin}, session.role};
    SignedIn made;
    made.cookie = context_.sessions.open(std::move(session));
    made.session = *context_.sessions.find(made.cookie, false);
    context_.note(author,
                  "sign-in",
                  "session/" + made.session.id,
                  "done",
                  fmt::format("by {}, role {}", made.session.method, name_of(author.role)));
    return made;
}

Result<SignedIn> SignIn::with_link(std::string_view secret,
                                   const std::string& origin,
                                   std::string_view user_agent) {
    auto session = context_.sessions.take_link(secret);
    if (!session) {
        note_bad_credential({{"", origin}}, "a sign-in link that is used, over or none");
        return make_error(ErrorKind::NotAuthorized,
                          "IST-AUTH-019",
                          "The link was used already, or its ten minutes are over.",
                          {});
    }
    session->origin = origin;
    if (session->is_account) {
        const auto account = context_.store.account(session->admin);
        if (!account || !account->is_enabled) {
            return refused();
        }
        session->role = role_named(account->role).value_or(Role::None);
        context_.store.note_sign_in(account->name, context_.wall(), origin);
    }
    return open(*std::move(session), user_agent);
}

SignedIn SignIn::with_provider(Session session) {
    const std::string user_agent = session.user_agent;
    return open(std::move(session), user_agent).value();
}

std::optional<SignIn::Holder> SignIn::holder_of(std::string_view cookie,
                                                const std::string& origin,
                                                bool is_use) {
    const Session* session = context_.sessions.find(cookie, is_use);
    if (session == nullptr) {
        return std::nullopt;
    }
    Role role = session->role;
    if (session->is_account) {
        try {
            const auto account = context_.store.account(session->admin);
            if (!account || !account->is_enabled) {
                context_.sessions.end(session->id);
                return std::nullopt;
            }
            role = role_named(account->role).value_or(Role::None);
        } catch (const store::StoreError& error) {
            log::event(log::Level::Error,
                       "admin.session",
                       {{"code", "IST-API-004"}, {"msg", error.what()}});
            return std::nullopt;
        }
    }
    return Holder{{{session->admin, origin}, role}, session};
}

void SignIn::sign_out(const Session& session, const Author& author) {
    const std::string id = session.id;  // the session goes with end()
    context_.sessions.end(id);
    context_.note(author, "sign-out", "session/" + id, "done");
}

void SignIn::note_bad_credential(const Author& author, std::string_view what) {
    const std::string address = address_key(author.origin);
    const bool was_locked = context_.addresses.locked_for(address, context_.monotonic()) > 0;
    context_.addresses.fail(address, context_.monotonic());
    if (!was_locked) {
        context_.note(author, "sign-in", "session", "refused", std::string(what));
    }
}

}  // namespace isthmus::control
