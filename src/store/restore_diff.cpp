#include "store/restore_diff.h"

#include "store/backup_reader.h"
#include "store/user_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace isthmus::store {

namespace {

/// Parents first.
constexpr std::string_view kHistory[] = {
    "config_revisions", "config_changes", "audit", "audit_head"};

std::int64_t count(Database& database, std::string_view sql) {
    Statement read = database.prepare(sql);
    read.step();
    return read.number(0);
}

/// "k.a, k.b" of "a, b".
std::string prefixed(std::string_view columns, std::string_view prefix) {
    std::string made;
    while (!columns.empty()) {
        const std::string_view name = columns.substr(0, columns.find(','));
        made += fmt::format("{}{}{}", made.empty() ? "" : ", ", prefix, name);
        columns.remove_prefix(std::min(columns.size(), name.size() + 2));
    }
    return made;
}

Difference& difference_of(std::string_view kind, std::vector<Difference>& among) {
    const auto found = std::ranges::find(among, kind, &Difference::kind);
    return found != among.end() ? *found : among.emplace_back(Difference{std::string(kind)});
}

enum class Change : char { Created = '+', Changed = '~', Deleted = '-' };

void note(Difference& to, Change change, std::string_view name) {
    ++(change == Change::Created   ? to.created
       : change == Change::Changed ? to.changed
                                   : to.deleted);
    if (to.names.size() < Difference::kMostNames) {
        to.names.push_back(fmt::format("{}{}", static_cast<char>(change), name));
    }
}

}  // namespace

bool has_admin(Database& database) {
    return count(database, "SELECT COUNT(*) FROM admins WHERE role = 'admin' AND enabled = 1") != 0;
}

KeptState::KeptState(Database& database) : database_(database) {
    has_history_ = count(database, "SELECT COUNT(*) FROM config_revisions") != 0;
    audit_rows_ = static_cast<std::uint64_t>(count(database, "SELECT COUNT(*) FROM audit"));
    had_admin_ = has_admin(database);
    keep("objects", "kind, id");
    keep("users", "uri");
    keep("subscriptions", "\"user\", contact");
    keep("watch_dialogs");
    keep("admins", "name");
    keep("recovery_codes");
    keep("tokens", "id");
    keep("home_documents", "\"user\", kind");
    if (has_history_) {
        for (const std::string_view table : kHistory) {
            keep(table);
        }
    }
}

void KeptState::keep(std::string_view table, std::string_view key) {
    const auto tables = database_.tables();
    const auto known = std::ranges::find(tables, table, &Table::name);
    if (known == tables.end()) {
        throw StoreError(fmt::format("there is no table {}", table));
    }
    database_.execute(fmt::format("CREATE TEMPORARY TABLE kept_{0} AS SELECT {1} FROM {0}",
                                  table,
                                  column_list(*known))
                          .c_str());
    if (!key.empty()) {
        database_.execute(
            fmt::format("CREATE INDEX kept_{0}_key ON kept_{0} ({1})", table, key).c_str());
    }
    if (database_.dialect() == Dialect::Postgres) {
        database_.execute(fmt::format("ANALYZE kept_{}", table).c_str());
    }
    kept_.push_back(*known);
}

void KeptState::put_back(std::string_view table) {
    const auto known = std::ranges::find(kept_, table, &Table::name);
    database_.execute(
        fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM kept_{0}", table, column_list(*known))
            .c_str());
}

void KeptState::put_history_back() {
    for (const std::string_view table : std::views::reverse(kHistory)) {
        database_.execute(fmt::format("DELETE FROM {}", table).c_str());
    }
    for (const std::string_view table : kHistory) {
        put_back(table);
    }
}

void KeptState::put_subscriptions_back() {
    // Their dialogs go with them.
    database_.execute(
        "DELETE FROM subscriptions WHERE EXISTS (SELECT 1 FROM kept_subscriptions AS k "
        "WHERE k.\"user\" = subscriptions.\"user\" AND k.contact = subscriptions.contact)");
    put_back("subscriptions");
    put_back("watch_dialogs");
}

void KeptState::compare_objects(RevisionWriter* revision, std::vector<Difference>& to) {
    const auto name_of = [](std::string_view kind, std::string_view id) {
        return id.empty() ? kind : id;
    };
    {
        Statement rows = database_.scan(
            "SELECT k.kind, k.id, k.body, n.body FROM kept_objects AS k "
            "LEFT JOIN objects AS n ON n.kind = k.kind AND n.id = k.id "
            "WHERE n.body IS NULL OR n.body <> k.body ORDER BY k.kind, k.id");
        while (rows.step()) {
            const bool is_gone = rows.is_null(3);
            const std::string kind = rows.text(0);
            const std::string id = rows.text(1);
            if (revision != nullptr) {
                revision->add(
                    kind, id, rows.text(2), is_gone ? std::nullopt : std::optional(rows.text(3)));
            }
            note(difference_of(kind, to),
                 is_gone ? Change::Deleted : Change::Changed,
                 name_of(kind, id));
        }
    }
    Statement rows = database_.scan(
        "SELECT n.kind, n.id, n.body FROM objects AS n WHERE NOT EXISTS (SELECT 1 "
        "FROM kept_objects AS k WHERE k.kind = n.kind AND k.id = n.id) ORDER BY n.kind, n.id");
    while (rows.step()) {
        const std::string kind = rows.text(0);
        const std::string id = rows.text(1);
        if (revision != nullptr) {
            revision->add(kind, id, std::nullopt, rows.text(2));
        }
        note(difference_of(kind, to), Change::Created, name_of(kind, id));
    }
}

void KeptState::compare_users(RevisionWriter* revision, std::vector<Difference>& to) {
    constexpr int kColumns = 11;
    const std::string before = prefixed(kUserColumns, "k.");
    const std::string after = prefixed(kUserColumns, "n.");
    Difference made{"user"};
    {
        Statement rows =
            database_.scan(fmt::format("SELECT {0}, {1} FROM kept_users AS k LEFT JOIN users AS n "
                                       "ON n.uri = k.uri WHERE n.uri IS NULL OR ({0}) <> ({1}) "
                                       "ORDER BY k.uri",
                                       before,
                                       after));
        while (rows.step()) {
            const bool is_gone = rows.is_null(kColumns);
            const policy::User user = read_user(rows);
            if (revision != nullptr) {
                revision->add(
                    "user",
                    user.uri,
                    user_json(user),
                    is_gone ? std::nullopt : std::optional(user_json(read_user(rows, kColumns))));
            }
            note(made, is_gone ? Change::Deleted : Change::Changed, user.uri);
        }
    }
    {
        Statement rows = database_.scan(
            fmt::format("SELECT {} FROM users AS n WHERE NOT EXISTS (SELECT 1 FROM kept_users AS k "
                        "WHERE k.uri = n.uri) ORDER BY n.uri",
                        after));
        while (rows.step()) {
            const policy::User user = read_user(rows);
            if (revision != nullptr) {
                revision->add("user", user.uri, std::nullopt, user_json(user));
            }
            note(made, Change::Created, user.uri);
        }
    }
    if (!made.names.empty()) {
        to.push_back(std::move(made));
    }
}

void KeptState::compare_names(std::string_view kind,
                              std::string_view table,
                              std::string_view key,
                              std::string_view columns,
                              std::vector<Difference>& to) {
    Difference made{std::string(kind)};
    const auto read = [&](Change change, const std::string& sql) {
        Statement rows = database_.scan(sql);
        while (rows.step()) {
            note(made, change, rows.view(0));
        }
    };
    const auto only_in = [&](std::string_view one, std::string_view other) {
        return fmt::format(
            "SELECT n.{0} FROM {1} AS n WHERE NOT EXISTS (SELECT 1 FROM {2} AS k "
            "WHERE k.{0} = n.{0}) ORDER BY n.{0}",
            key,
            one,
            other);
    };
    const std::string kept = fmt::format("kept_{}", table);
    read(Change::Created, only_in(table, kept));
    read(Change::Changed,
         fmt::format("SELECT n.{0} FROM {1} AS n JOIN {2} AS k ON k.{0} = n.{0} "
                     "WHERE ({3}) <> ({4}) ORDER BY n.{0}",
                     key,
                     table,
                     kept,
                     prefixed(columns, "n."),
                     prefixed(columns, "k.")));
    read(Change::Deleted, only_in(kept, table));
    if (!made.names.empty()) {
        to.push_back(std::move(made));
    }
}

/// Nobody is told a code: who has others now counts as changed.
void KeptState::compare_recovery_codes(std::vector<Difference>& to) {
    Difference made{"recovery-codes"};
    Statement rows = database_.scan(
        "SELECT DISTINCT a.admin FROM (SELECT n.admin, n.hash FROM recovery_codes AS n "
        "WHERE NOT EXISTS (SELECT 1 FROM kept_recovery_codes AS k WHERE k.hash = n.hash "
        "AND k.admin = n.admin) UNION ALL SELECT k.admin, k.hash FROM kept_recovery_codes AS k "
        "WHERE NOT EXISTS (SELECT 1 FROM recovery_codes AS n WHERE n.hash = k.hash "
        "AND n.admin = k.admin)) AS a ORDER BY a.admin");
    while (rows.step()) {
        note(made, Change::Changed, rows.view(0));
    }
    if (!made.names.empty()) {
        to.push_back(std::move(made));
    }
}

/// Passwords, contact lists and presence of the home server.
void KeptState::compare_home_documents(std::vector<Difference>& to) {
    Difference made{"home"};
    const auto read = [&](Change change, const char* sql) {
        Statement rows = database_.scan(sql);
        while (rows.step()) {
            note(made, change, fmt::format("{} {}", rows.view(0), rows.view(1)));
        }
    };
    read(Change::Created,
         "SELECT n.\"user\", n.kind FROM home_documents AS n WHERE NOT EXISTS (SELECT 1 "
         "FROM kept_home_documents AS k WHERE k.\"user\" = n.\"user\" AND k.kind = n.kind) "
         "ORDER BY n.\"user\", n.kind");
    read(Change::Changed,
         "SELECT n.\"user\", n.kind FROM home_documents AS n JOIN kept_home_documents AS k "
         "ON k.\"user\" = n.\"user\" AND k.kind = n.kind WHERE k.body <> n.body "
         "ORDER BY n.\"user\", n.kind");
    read(Change::Deleted,
         "SELECT k.\"user\", k.kind FROM kept_home_documents AS k WHERE NOT EXISTS (SELECT 1 "
         "FROM home_documents AS n WHERE n.\"user\" = k.\"user\" AND n.kind = k.kind) "
         "ORDER BY k.\"user\", k.kind");
    if (!made.names.empty()) {
        to.push_back(std::move(made));
    }
}

std::vector<Difference> KeptState::compare(RevisionWriter* revision) {
    std::vector<Difference> made;
    compare_objects(revision, made);
    compare_users(revision, made);
    if (revision != nullptr) {
        revision->finish();
    }
    compare_names("admin",
                  "admins",
                  "name",
                  "role, enabled, password_hash, totp_secret, totp_confirmed",
                  made);
    compare_recovery_codes(made);
    compare_names("token", "tokens", "id", "hash, role, expires_at", made);
    compare_home_documents(made);
    Difference pairs{"subscription"};
    Statement rows = database_.scan(
        "SELECT n.\"user\", n.contact FROM subscriptions AS n WHERE NOT EXISTS (SELECT 1 "
        "FROM kept_subscriptions AS k WHERE k.\"user\" = n.\"user\" AND k.contact = n.contact) "
        "ORDER BY n.\"user\", n.contact");
    while (rows.step()) {
        note(pairs, Change::Created, fmt::format("{} {}", rows.view(0), rows.view(1)));
    }
    if (!pairs.names.empty()) {
        made.push_back(std::move(pairs));
    }
    return made;
}

void KeptState::drop() {
    for (const Table& table : kept_) {
        database_.execute(fmt::format("DROP TABLE kept_{}", table.name).c_str());
    }
}

}  // namespace isthmus::store
