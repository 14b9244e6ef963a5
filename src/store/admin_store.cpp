#include "store/admin_store.h"

#include "store/secrets.h"

namespace isthmus::store {

namespace {

constexpr const char* kAccount =
    "SELECT name, role, enabled, password_hash, totp_secret, totp_confirmed, created_at, "
    "password_set_at, last_sign_in_at, last_sign_in_from FROM admins ";
constexpr const char* kToken =
    "SELECT id, role, description, hash, created_by, created_at, expires_at, last_used_at, "
    "last_used_from FROM tokens ";

Token read_token(const Statement& row) {
    return {.id = row.text(0),
            .role = row.text(1),
            .description = row.text(2),
            .hash = row.text(3),
            .created_by = row.text(4),
            .created_at = row.number(5),
            .expires_at = row.number(6),
            .last_used_at = row.number(7),
            .last_used_from = row.text(8)};
}

std::string sql(const char* select, const char* rest) {
    return std::string(select) + rest;
}

/// True if a row came back: the statement ends in RETURNING.
bool touched(Statement& statement) {
    const bool found = statement.step();
    if (found) {
        statement.run();
    }
    return found;
}

}  // namespace

Account AdminStore::read_account(const Statement& row) const {
    return {.name = row.text(0),
            .role = row.text(1),
            .is_enabled = row.number(2) != 0,
            .password_hash = row.text(3),
            .totp_secret = open_secret(keys_, row.view(4), totp_place(row.view(0))).value_or(""),
            .is_totp_confirmed = row.number(5) != 0,
            .created_at = row.number(6),
            .password_set_at = row.number(7),
            .last_sign_in_at = row.number(8),
            .last_sign_in_from = row.text(9)};
}

std::vector<Account> AdminStore::accounts() const {
    std::vector<Account> found;
    Statement read = database_.prepare(sql(kAccount, "ORDER BY name"));
    while (read.step()) {
        found.push_back(read_account(read));
    }
    return found;
}

std::optional<Account> AdminStore::account(std::string_view name) const {
    Statement read = database_.prepare(sql(kAccount, "WHERE name = ?"));
    read.bind(name);
    return read.step() ? std::optional(read_account(read)) : std::nullopt;
}

AdminStore::Outcome AdminStore::insert(const Account& account) {
    Statement add = database_.prepare(
        "INSERT INTO admins (name, role, enabled, password_hash, totp_secret, totp_confirmed, "
        "totp_last_step, created_at, password_set_at, last_sign_in_at, last_sign_in_from) "
        "VALUES (?, ?, ?, ?, '', 0, 0, ?, ?, 0, '') ON CONFLICT (name) DO NOTHING RETURNING name");
    add.bind(account.name)
        .bind(account.role)
        .bind(static_cast<std::int64_t>(account.is_enabled))
        .bind(account.password_hash)
        .bind(account.created_at)
        .bind(account.password_set_at);
    return touched(add) ? Outcome::Done : Outcome::Exists;
}

bool AdminStore::is_last_admin(std::string_view name) const {
    // Writes the rows that count, so that two who take away the last two wait for each other.
    database_.execute("UPDATE admins SET enabled = enabled WHERE role = 'admin'");
    Statement read =
        database_.prepare("SELECT name FROM admins WHERE role = 'admin' AND enabled = 1");
    bool is_one_of_them = false;
    std::size_t others = 0;
    while (read.step()) {
        if (read.text(0) == name) {
            is_one_of_them = true;
        } else {
            ++others;
        }
    }
    return is_one_of_them && others == 0;
}

AdminStore::Outcome AdminStore::set_access(std::string_view name,
                                           std::string_view role,
                                           bool is_enabled,
                                           bool is_trial) {
    Transaction transaction(database_);
    if ((role != "admin" || !is_enabled) && is_last_admin(name)) {
        return Outcome::LastAdmin;
    }
    Statement write =
        database_.prepare("UPDATE admins SET role = ?, enabled = ? WHERE name = ? RETURNING name");
    write.bind(role).bind(static_cast<std::int64_t>(is_enabled)).bind(name);
    if (!touched(write)) {
        return Outcome::NotFound;
    }
    if (!is_trial) {
        transaction.commit();
    }
    return Outcome::Done;
}

AdminStore::Outcome AdminStore::erase(std::string_view name, bool is_trial) {
    Transaction transaction(database_);
    if (is_last_admin(name)) {
        return Outcome::LastAdmin;
    }
    database_.prepare("DELETE FROM recovery_codes WHERE admin = ?").bind(name).run();
    Statement remove = database_.prepare("DELETE FROM admins WHERE name = ? RETURNING name");
    remove.bind(name);
    if (!touched(remove)) {
        return Outcome::NotFound;
    }
    if (!is_trial) {
        transaction.commit();
    }
    return Outcome::Done;
}

AdminStore::Outcome AdminStore::set_password(std::string_view name,
                                             std::string_view hash,
                                             std::int64_t at) {
    Statement write = database_.prepare(
        "UPDATE admins SET password_hash = ?, password_set_at = ? WHERE name = ? RETURNING name");
    write.bind(hash).bind(at).bind(name);
    return touched(write) ? Outcome::Done : Outcome::NotFound;
}

void AdminStore::note_sign_in(std::string_view name, std::int64_t at, std::string_view from) {
    database_.prepare("UPDATE admins SET last_sign_in_at = ?, last_sign_in_from = ? WHERE name = ?")
        .bind(at)
        .bind(from)
        .bind(name)
        .run();
}

AdminStore::Outcome AdminStore::set_totp(std::string_view name,
                                         std::string_view secret,
                                         bool is_confirmed) {
    Transaction transaction(database_);
    Statement write = database_.prepare(
        "UPDATE admins SET totp_secret = ?, totp_confirmed = ?, totp_last_step = 0 WHERE name = ? "
        "RETURNING name");
    write.bind(seal_secret(keys_, secret, totp_place(name)))
        .bind(static_cast<std::int64_t>(is_confirmed))
        .bind(name);
    if (!touched(write)) {
        return Outcome::NotFound;
    }
    if (secret.empty()) {
        database_.prepare("DELETE FROM recovery_codes WHERE admin = ?").bind(name).run();
    }
    transaction.commit();
    return Outcome::Done;
}

bool AdminStore::use_totp_step(std::string_view name, std::int64_t step) {
    Statement write = database_.prepare(
        "UPDATE admins SET totp_last_step = ? WHERE name = ? AND totp_last_step < ? "
        "RETURNING name");
    write.bind(step).bind(name).bind(step);
    return touched(write);
}

void AdminStore::set_recovery_codes(std::string_view name, const std::vector<std::string>& hashes) {
    Transaction transaction(database_);
    database_.prepare("DELETE FROM recovery_codes WHERE admin = ?").bind(name).run();
    for (const std::string& hash : hashes) {
        database_.prepare("INSERT INTO recovery_codes (admin, hash) VALUES (?, ?)")
            .bind(name)
            .bind(hash)
            .run();
    }
    transaction.commit();
}

bool AdminStore::use_recovery_code(std::string_view name, std::string_view hash) {
    Statement remove =
        database_.prepare("DELETE FROM recovery_codes WHERE admin = ? AND hash = ? RETURNING hash");
    remove.bind(name).bind(hash);
    return touched(remove);
}

std::int64_t AdminStore::recovery_codes_left(std::string_view name) const {
    Statement read = database_.prepare("SELECT count(*) FROM recovery_codes WHERE admin = ?");
    read.bind(name);
    return read.step() ? read.number(0) : 0;
}

std::vector<Token> AdminStore::tokens() const {
    std::vector<Token> found;
    Statement read = database_.prepare(sql(kToken, "ORDER BY created_at, id"));
    while (read.step()) {
        found.push_back(read_token(read));
    }
    return found;
}

std::optional<Token> AdminStore::token(std::string_view id) const {
    Statement read = database_.prepare(sql(kToken, "WHERE id = ?"));
    read.bind(id);
    return read.step() ? std::optional(read_token(read)) : std::nullopt;
}

std::optional<Token> AdminStore::token_of_hash(std::string_view hash) const {
    Statement read = database_.prepare(sql(kToken, "WHERE hash = ?"));
    read.bind(hash);
    return read.step() ? std::optional(read_token(read)) : std::nullopt;
}

void AdminStore::insert(const Token& token) {
    database_
        .prepare(
            "INSERT INTO tokens (id, role, description, hash, created_by, created_at, "
            "expires_at, last_used_at, last_used_from) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '')")
        .bind(token.id)
        .bind(token.role)
        .bind(token.description)
        .bind(token.hash)
        .bind(token.created_by)
        .bind(token.created_at)
        .bind(token.expires_at)
        .run();
}

bool AdminStore::erase_token(std::string_view id) {
    Statement remove = database_.prepare("DELETE FROM tokens WHERE id = ? RETURNING id");
    remove.bind(id);
    return touched(remove);
}

void AdminStore::note_use(std::string_view id, std::int64_t at, std::string_view from) {
    database_.prepare("UPDATE tokens SET last_used_at = ?, last_used_from = ? WHERE id = ?")
        .bind(at)
        .bind(from)
        .bind(id)
        .run();
}

}  // namespace isthmus::store
