// The accounts of administrators: made, changed and removed by others; and what each may change
// about himself. Control thread only; hashes are computed on the worker.
#pragma once

#include "control/admin_context.h"

#include <optional>
#include <vector>

namespace isthmus::control {

struct AccountStatus {
    store::Account account;
    std::int64_t locked_for = 0;  ///< seconds; 0: not locked
    std::int64_t recovery_codes_left = 0;
};

struct AccountChange {
    std::optional<std::string> role;
    std::optional<bool> is_enabled;
    std::optional<std::string> password;
};

struct SignInLink {
    std::string secret;
    std::string admin;
    Role role = Role::None;
    std::int64_t expires_at = 0;  ///< seconds since 1970
};

/// For an authenticator: the secret in base32, and all of it as otpauth: address.
struct TotpEnrolment {
    std::string secret;
    std::string uri;
};

class AdminService {
  public:
    using Done = std::function<void(Result<AccountStatus>)>;
    using Finished = std::function<void(Result<void>)>;

    explicit AdminService(AdminContext& context) : context_(context) {}

    Result<std::vector<AccountStatus>> list() const;
    Result<AccountStatus> get(std::string_view name) const;
    /// A new account needs role and password. `is_trial` checks everything and stores nothing.
    void create(std::string_view name,
                const AccountChange& given,
                const Author& author,
                bool is_trial,
                const Done& done);
    /// A new password, another role or a disabled account ends its sessions.
    void set(std::string_view name,
             const AccountChange& change,
             const Author& author,
             bool is_trial,
             const Done& done);
    Result<void> erase(std::string_view name, const Author& author, bool is_trial);
    Result<AccountStatus> unlock(std::string_view name, const Author& author);
    /// Takes the second factor away from who has lost it.
    Result<AccountStatus> reset_totp(std::string_view name, const Author& author);

    /// As OwnAccount has them, for another's account: he sits beside, with his authenticator.
    Result<TotpEnrolment> enrol_totp(std::string_view name, const Author& author);
    Result<std::vector<std::string>> confirm_totp(std::string_view name,
                                                  std::string_view code,
                                                  const Author& author);

    /// A link that signs in as the account; without a name, as the author himself.
    Result<SignInLink> make_link(std::string_view name, const Author& author);
    bool end_session(std::string_view id, const Author& author);

    std::vector<Session> sessions() { return context_.sessions.list(); }

  private:
    struct Plan;

    Result<store::Account> find(std::string_view name) const;
    AccountStatus status_of(store::Account account) const;
    /// What save() would say to another role or state.
    Result<AccountStatus> try_access(const Plan& plan) const;
    Result<AccountStatus> save(const Plan& plan, const std::string& hash);

    AdminContext& context_;
};

/// Both proofs of an account at once: hash on the worker, counted by the guards.
class OwnAccount {
  public:
    using Finished = std::function<void(Result<void>)>;

    explicit OwnAccount(AdminContext& context) : context_(context) {}

    /// Ends the account's other sessions. `session`: the id of the one that asks.
    void change_password(const Author& author,
                         std::string_view session,
                         std::string current,
                         std::string wanted,
                         const Finished& done);

    using Enrolment = TotpEnrolment;

    /// A new secret that counts once confirm_totp() has seen a code of it. Refused while a
    /// confirmed one is there.
    Result<Enrolment> enrol_totp(const Author& author);
    /// Answers the recovery codes, shown this once.
    Result<std::vector<std::string>> confirm_totp(const Author& author, std::string_view code);
    /// Needs a code, or a recovery code.
    Result<void> remove_totp(const Author& author, std::string_view code);

  private:
    AdminContext& context_;
};

/// A code of the authenticator that was not used before, or a recovery code, which is used up.
bool use_code(AdminContext& context, const store::Account& account, std::string_view code);

}  // namespace isthmus::control
