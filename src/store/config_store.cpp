#include "store/config_store.h"

#include "store/audit_log.h"
#include "store/bulk.h"
#include "store/revision_writer.h"
#include "store/secrets.h"
#include "store/user_search.h"
#include "store/user_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace isthmus::store {

namespace {

constexpr std::int64_t kPage = 10'000;

std::optional<std::string> optional_text(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.text(column));
}

std::optional<std::string> read_object(Database& database,
                                       const KeyBox* keys,
                                       std::string_view kind,
                                       std::string_view id) {
    Statement read = database.prepare("SELECT body FROM objects WHERE kind = ? AND id = ?");
    read.bind(kind).bind(id);
    if (!read.step()) {
        return std::nullopt;
    }
    // What nobody can open is as good as not there, and can be written anew.
    return kind == kSecretKind ? open_secret(keys, read.view(0), object_place(id))
                               : std::optional(read.text(0));
}

void expect_stored(Database& database, const KeyBox* keys, const ObjectChange& change) {
    if (read_object(database, keys, change.kind, change.id) != change.before) {
        throw StoreConflict(
            fmt::format("{} {} was changed by someone else", change.kind, change.id));
    }
}

void write_objects(Database& database,
                   const KeyBox* keys,
                   const std::vector<ObjectChange>& changes) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const ObjectChange& change : changes) {
        if (!change.before && !change.after) {
            throw StoreError(
                fmt::format("{} {}: the change changes nothing", change.kind, change.id));
        }
        if (!seen.emplace(change.kind, change.id).second) {
            throw StoreError(fmt::format("{} {} is there twice", change.kind, change.id));
        }
        expect_stored(database, keys, change);
    }
    Bulk write(database,
               "INSERT INTO objects (kind, id, body) VALUES ",
               "(?, ?, ?)",
               " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body");
    Statement erase = database.prepare("DELETE FROM objects WHERE kind = ? AND id = ?");
    for (const ObjectChange& change : changes) {
        if (change.after) {
            write.bind(change.kind).bind(change.id);
            if (change.kind == kSecretKind) {
                write.bind(seal_secret(keys, *change.after, object_place(change.id)));
            } else {
                write.bind(*change.after);
            }
            write.end_row();
        } else {
            erase.bind(change.kind).bind(change.id).run();
        }
    }
    write.finish();
}

/// Whoever is entered later with this address must find neither password nor lists at the home
/// server.
void erase_home_documents(Database& database, const std::vector<UserChange>& changes) {
    Bulk erase(database, "DELETE FROM home_documents WHERE \"user\" IN (", "?", ")");
    for (const UserChange& change : changes) {
        if (!change.after) {
            erase.bind(change.uri).end_row();
        }
    }
    erase.finish();
}

void write_revision(Database& database, std::uint64_t number, const Commit& commit) {
    RevisionWriter writer(database,
                          {.number = number,
                           .at = {},
                           .author = commit.author,
                           .action = commit.action,
                           .object = commit.object,
                           .reason = commit.reason});
    const auto text_of = [](const std::optional<policy::User>& user) {
        return user ? std::optional(user_json(*user)) : std::nullopt;
    };
    for (const ObjectChange& change : commit.objects) {
        writer.add(change.kind, change.id, change.before, change.after);
    }
    for (const UserChange& change : commit.users) {
        writer.add("user", change.uri, text_of(change.before), text_of(change.after));
    }
    writer.finish();
}

Revision read_revision(const Statement& row) {
    return {.number = static_cast<std::uint64_t>(row.number(0)),
            .at = row.text(1),
            .author = {row.text(2), row.text(3)},
            .action = row.text(4),
            .object = row.text(5),
            .reason = row.text(6)};
}

constexpr std::string_view kRevisionColumns = "revision, at, admin, origin, action, object, reason";

}  // namespace

void ConfigStore::load_objects(const TakeObject& take) const {
    Transaction snapshot(database_, Access::Read);
    Statement read = database_.prepare(
        "SELECT kind, id, body FROM objects WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?");
    std::string kind;
    std::string id;
    for (bool is_more = true; is_more;) {
        is_more = false;
        read.bind(kind).bind(id).bind(kPage);
        while (read.step()) {
            is_more = true;
            kind = read.view(0);
            id = read.view(1);
            if (kind != kSecretKind) {
                take(kind, id, read.view(2));
            } else if (const auto secret = open_secret(keys_, read.view(2), object_place(id))) {
                take(kind, id, *secret);
            }
        }
    }
    snapshot.commit();
}

void ConfigStore::load_users(const TakeUser& take) const {
    Transaction snapshot(database_, Access::Read);
    Statement read = database_.prepare(
        fmt::format("SELECT {} FROM users WHERE uri > ? ORDER BY uri LIMIT ?", kUserColumns));
    std::string last;
    for (bool is_more = true; is_more;) {
        is_more = false;
        read.bind(last).bind(kPage);
        while (read.step()) {
            is_more = true;
            last = read.view(0);
            take(read_user(read));
        }
    }
    snapshot.commit();
}

std::optional<std::string> ConfigStore::object(std::string_view kind, std::string_view id) const {
    return read_object(database_, keys_, kind, id);
}

std::uint64_t ConfigStore::revision() const {
    Statement read = database_.prepare("SELECT COALESCE(MAX(revision), 0) FROM config_revisions");
    read.step();
    return static_cast<std::uint64_t>(read.number(0));
}

std::uint64_t ConfigStore::commit(const Commit& commit) {
    Transaction transaction(database_);
    write_objects(database_, keys_, commit.objects);
    write_users(database_, commit.users);
    erase_home_documents(database_, commit.users);
    const std::uint64_t number = revision() + 1;
    write_revision(database_, number, commit);
    AuditLog(database_).append(
        transaction, {commit.author, commit.action, commit.object, "done", commit.reason}, number);
    transaction.commit();
    return number;
}

std::vector<Revision> ConfigStore::history(std::size_t limit, std::uint64_t before) const {
    Statement read =
        database_.prepare(fmt::format("SELECT {} FROM config_revisions WHERE revision < ? "
                                      "ORDER BY revision DESC LIMIT ?",
                                      kRevisionColumns));
    read.bind(before == 0 ? INT64_MAX : static_cast<std::int64_t>(before));
    read.bind(static_cast<std::int64_t>(limit));
    std::vector<Revision> made;
    while (read.step()) {
        made.push_back(read_revision(read));
    }
    return made;
}

std::optional<Revision> ConfigStore::find_revision(std::uint64_t number) const {
    Statement read = database_.prepare(
        fmt::format("SELECT {} FROM config_revisions WHERE revision = ?", kRevisionColumns));
    read.bind(static_cast<std::int64_t>(number));
    return read.step() ? std::optional(read_revision(read)) : std::nullopt;
}

std::vector<RevisionChange> ConfigStore::changes(std::uint64_t revision) const {
    Statement read = database_.prepare(
        "SELECT kind, id, before, after FROM config_changes WHERE revision = ? ORDER BY position");
    read.bind(static_cast<std::int64_t>(revision));
    std::vector<RevisionChange> made;
    while (read.step()) {
        made.push_back(
            {read.text(0), read.text(1), optional_text(read, 2), optional_text(read, 3)});
    }
    return made;
}

UserPage ConfigStore::find_users(const UserFilter& filter) const {
    return search_users(database_, filter);
}

std::optional<policy::User> ConfigStore::user(std::string_view uri) const {
    Statement read =
        database_.prepare(fmt::format("SELECT {} FROM users WHERE uri = ?", kUserColumns));
    read.bind(uri);
    return read.step() ? std::optional(read_user(read)) : std::nullopt;
}

std::vector<policy::User> ConfigStore::find_users_by_identity(std::string_view identity) const {
    std::vector<policy::User> found;
    if (identity.empty()) {
        return found;
    }
    // One question each, so that each finds its index, which holds the beginnings.
    for (const char* column : {"upn", "logon", "dn", "name_key"}) {
        const bool is_name = std::string_view(column) == "name_key";
        Statement read = database_.prepare(fmt::format(
            fmt::runtime(
                is_name
                    ? "SELECT {0} FROM users WHERE {1} = ? ORDER BY uri LIMIT 10"
                    : "SELECT {0} FROM users WHERE {1} <> '' AND substr(lower({1}), 1, 200) = "
                      "substr(lower(?), 1, 200) AND lower({1}) = lower(?) ORDER BY uri LIMIT 10"),
            kUserColumns,
            column));
        if (is_name) {
            read.bind(fold(identity));
        } else {
            read.bind(identity).bind(identity);
        }
        while (read.step()) {
            found.push_back(read_user(read));
        }
        if (!found.empty()) {
            break;
        }
    }
    return found;
}

std::vector<std::string> ConfigStore::users_disabled_by(std::string_view action,
                                                        std::span<const std::string> uris) const {
    // A text inside of user_json() has its quotes escaped, so this is the property and no name.
    Statement read = database_.prepare(
        "SELECT c.revision, c.position, c.id, r.action FROM config_changes c "
        "JOIN config_revisions r ON r.revision = c.revision "
        "WHERE (c.revision, c.position) > (?, ?) AND c.kind = 'user' "
        "AND c.after LIKE '%\"enabled\":false%' "
        "AND (c.before IS NULL OR c.before NOT LIKE '%\"enabled\":false%') "
        "ORDER BY c.revision, c.position LIMIT ?");
    Transaction snapshot(database_, Access::Read);
    std::map<std::string, bool, std::less<>> is_by_action;
    std::int64_t revision = 0;
    std::int64_t position = -1;
    for (bool is_more = true; is_more;) {
        is_more = false;
        read.bind(revision).bind(position).bind(kPage);
        while (read.step()) {
            is_more = true;
            revision = read.number(0);
            position = read.number(1);
            const auto at = std::ranges::lower_bound(
                uris, read.view(2), {}, [](const auto& uri) { return std::string_view(uri); });
            if (at != uris.end() && *at == read.view(2)) {
                is_by_action[*at] = read.view(3) == action;
            }
        }
    }
    snapshot.commit();
    std::vector<std::string> made;
    for (const auto& [uri, is_it] : is_by_action) {
        if (is_it) {
            made.push_back(uri);
        }
    }
    return made;
}

std::vector<UserGroup> ConfigStore::group_users() const {
    Statement read = database_.prepare(
        "SELECT homed, enabled, policy, site, pool, COUNT(*) FROM users "
        "GROUP BY homed, enabled, policy, site, pool ORDER BY homed, enabled, policy, site, pool");
    std::vector<UserGroup> made;
    while (read.step()) {
        made.push_back({.homed = static_cast<policy::Homed>(read.number(0)),
                        .enabled = read.number(1) != 0,
                        .policy = read.text(2),
                        .site = read.text(3),
                        .pool = read.text(4),
                        .count = static_cast<std::uint64_t>(read.number(5))});
    }
    return made;
}

std::uint64_t ConfigStore::count_users() const {
    Statement read = database_.prepare("SELECT COUNT(*) FROM users");
    read.step();
    return static_cast<std::uint64_t>(read.number(0));
}

}  // namespace isthmus::store
