// What administrators change about their own account: password and second factor.
#include "control/admin_service.h"
#include "control/totp.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::string_view kIssuer = "Isthmus";

Error wrong_proof(std::string_view what) {
    return make_error(
        ErrorKind::Forbidden, "IST-AUTH-020", fmt::format("The {} is wrong.", what), {});
}

Result<TotpEnrolment> enrol(AdminContext& context, std::string_view name, const Author& author) {
    try {
        const auto account = context.store.account(name);
        if (!account) {
            return no_account(name);
        }
        if (account->is_totp_confirmed) {
            return make_error(ErrorKind::Conflict,
                              "IST-API-003",
                              "There is a second factor already; remove it first.",
                              {});
        }
        TotpEnrolment made{.secret = totp::make_secret(context.random), .uri = {}};
        made.uri = totp::uri(kIssuer, account->name, made.secret);
        context.store.set_totp(account->name, made.secret, false);
        context.note(author, "totp-enrol", "admin/" + account->name, "done");
        return made;
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

Result<std::vector<std::string>> confirm(AdminContext& context,
                                         std::string_view name,
                                         std::string_view code,
                                         const Author& author) {
    try {
        const auto account = context.store.account(name);
        if (!account || account->totp_secret.empty() || account->is_totp_confirmed) {
            return make_error(ErrorKind::Conflict,
                              "IST-API-001",
                              "There is no second factor waiting for its first code.",
                              {});
        }
        const auto step = totp::matching_step(account->totp_secret, code, context.wall());
        if (!step) {
            context.note(author, "totp-confirm", "admin/" + account->name, "refused");
            return wrong_proof("code");
        }
        std::vector<std::string> codes = totp::make_recovery_codes(context.random);
        std::vector<std::string> hashes;
        hashes.reserve(codes.size());
        for (const std::string& one : codes) {
            hashes.push_back(totp::recovery_hash(one).value());
        }
        context.store.set_recovery_codes(account->name, hashes);
        context.store.set_totp(account->name, account->totp_secret, true);
        context.store.use_totp_step(account->name, *step);
        context.note(author, "totp-confirm", "admin/" + account->name, "done");
        return codes;
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

}  // namespace

bool use_code(AdminContext& context, const store::Account& account, std::string_view code) {
    if (const auto step = totp::matching_step(account.totp_secret, code, context.wall())) {
        return context.store.use_totp_step(account.name, *step);
    }
    const auto hash = totp::recovery_hash(code);
    return hash && context.store.use_recovery_code(account.name, *hash);
}

void OwnAccount::change_password(const Author& author,
                                 std::string_view session,
                                 std::string current,
                                 std::string wanted,
                                 const Finished& done) {
    if (auto good = check_new_password(wanted, author.admin); !good) {
        return done(good.error());
    }
    const auto account = context_.store.account(author.admin);
    if (!account) {
        return done(no_account(author.admin));
    }
    if (context_.accounts.locked_for(account->name, context_.monotonic()) > 0) {
        return done(
            make_error(ErrorKind::Limit, "IST-AUTH-011", "Too many wrong passwords; wait.", {}));
    }
    context_.accounts.fail(account->name, context_.monotonic());

    struct Work {
        std::string current, wanted, old_hash, new_hash;
        bool is_right = false;
    };

    const auto work = std::make_shared<Work>(
        Work{std::move(current), std::move(wanted), account->password_hash, {}});
    const bool waits = context_.offload(
        [work, cost = context_.cost] {
            work->is_right = verify_password(work->current, work->old_hash);
            work->new_hash = work->is_right ? hash_password(work->wanted, cost) : std::string();
        },
        [this, work, author, session = std::string(session), done] {
            const std::string object = "admin/" + author.admin;
            if (!work->is_right) {
                context_.note(author, "password", object, "refused", "wrong current password");
                return done(wrong_proof("current password"));
            }
            if (work->new_hash.empty()) {
                return done(no_hash());
            }
            try {
                context_.store.set_password(author.admin, work->new_hash, context_.wall());
            } catch (const store::StoreError& error) {
                return done(not_stored(error));
            }
            context_.accounts.forget(author.admin);
            context_.sessions.end_all_of(author.admin, session);
            context_.note(author, "password", object, "done");
            done({});
        });
    if (!waits) {
        context_.accounts.take_back(account->name);
        done(is_busy());
    }
}

Result<TotpEnrolment> OwnAccount::enrol_totp(const Author& author) {
    return enrol(context_, author.admin, author);
}

Result<std::vector<std::string>> OwnAccount::confirm_totp(const Author& author,
                                                          std::string_view code) {
    return confirm(context_, author.admin, code, author);
}

Result<TotpEnrolment> AdminService::enrol_totp(std::string_view name, const Author& author) {
    const auto found = find(name);
    return found ? enrol(context_, found->name, author) : found.error();
}

Result<std::vector<std::string>> AdminService::confirm_totp(std::string_view name,
                                                            std::string_view code,
                                                            const Author& author) {
    const auto found = find(name);
    return found ? confirm(context_, found->name, code, author) : found.error();
}

Result<void> OwnAccount::remove_totp(const Author& author, std::string_view code) {
    try {
        const auto account = context_.store.account(author.admin);
        if (!account || account->totp_secret.empty()) {
            return make_error(ErrorKind::NotFound, "IST-API-002", "There is no second factor.", {});
        }
        const std::int64_t now = context_.monotonic();
        if (context_.accounts.locked_for(account->name, now) > 0) {
            return make_error(ErrorKind::Limit, "IST-AUTH-011", "Too many wrong codes; wait.", {});
        }
        if (account->is_totp_confirmed) {
            context_.accounts.fail(account->name, now);
            if (!use_code(context_, *account, code)) {
                context_.note(author, "totp-remove", "admin/" + account->name, "refused");
                return wrong_proof("code");
            }
            context_.accounts.take_back(account->name);
        }
        context_.store.set_totp(account->name, {}, false);
        context_.note(author, "totp-remove", "admin/" + account->name, "done");
        return {};
    } catch (const store::StoreError& error) {
        return not_stored(error);
    }
}

}  // namespace isthmus::control
