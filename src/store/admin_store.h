// Accounts of administrators and API tokens in the database. Control thread; throws StoreError.
// Passwords, recovery codes and tokens are kept as hashes; the secret of one-time codes, which must
// be read back, is sealed.
#pragma once

#include "store/database.h"
#include "store/key_box.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

/// Times are seconds since 1970, 0 for never.
struct Account {
    std::string name;  ///< folded to lower case by the caller
    std::string role;  ///< as control::name_of(Role) writes it
    bool is_enabled = true;
    std::string password_hash;  ///< PHC string
    std::string totp_secret;    ///< base32; empty: none, or no key of ours opens it
    bool is_totp_confirmed = false;
    std::int64_t created_at = 0;
    std::int64_t password_set_at = 0;
    std::int64_t last_sign_in_at = 0;
    std::string last_sign_in_from;
};

struct Token {
    std::string id;
    std::string role;
    std::string description;
    std::string hash;  ///< SHA-256 of the token, hex
    std::string created_by;
    std::int64_t created_at = 0;
    std::int64_t expires_at = 0;
    std::int64_t last_used_at = 0;
    std::string last_used_from;
};

class AdminStore {
  public:
    enum class Outcome : std::uint8_t { Done, NotFound, Exists, LastAdmin };

    /// Without `keys`, which otherwise live longer, secrets are stored as they are: for tests.
    explicit AdminStore(Database& database, const KeyBox* keys = nullptr)
        : database_(database), keys_(keys) {}

    /// By name.
    std::vector<Account> accounts() const;
    std::optional<Account> account(std::string_view name) const;
    Outcome insert(const Account& account);
    /// Role and enabled; refused if no enabled account of the role "admin" would be left. A trial
    /// answers the same and changes nothing.
    Outcome set_access(std::string_view name,
                       std::string_view role,
                       bool is_enabled,
                       bool is_trial = false);
    /// Refused and tried like set_access().
    Outcome erase(std::string_view name, bool is_trial = false);
    Outcome set_password(std::string_view name, std::string_view hash, std::int64_t at);
    void note_sign_in(std::string_view name, std::int64_t at, std::string_view from);

    /// An empty secret takes the second factor and its recovery codes away.
    Outcome set_totp(std::string_view name, std::string_view secret, bool is_confirmed);
    /// False if a code of this step or a later one was used already.
    bool use_totp_step(std::string_view name, std::int64_t step);
    void set_recovery_codes(std::string_view name, const std::vector<std::string>& hashes);
    /// False if there is no such code (any more).
    bool use_recovery_code(std::string_view name, std::string_view hash);
    std::int64_t recovery_codes_left(std::string_view name) const;

    std::vector<Token> tokens() const;
    std::optional<Token> token(std::string_view id) const;
    std::optional<Token> token_of_hash(std::string_view hash) const;
    void insert(const Token& token);
    bool erase_token(std::string_view id);
    void note_use(std::string_view id, std::int64_t at, std::string_view from);

  private:
    bool is_last_admin(std::string_view name) const;
    Account read_account(const Statement& row) const;

    Database& database_;
    const KeyBox* keys_;
};

}  // namespace isthmus::store
