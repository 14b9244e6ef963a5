// Restoration: everything is made anew in the backup's schema, filled, brought up to date, and
// compared with what was there, before any of it counts.
#include "store/audit_log.h"
#include "store/backup.h"
#include "store/backup_reader.h"
#include "store/config_store.h"
#include "store/migrations.h"
#include "store/restore_diff.h"
#include "store/user_indexes.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace isthmus::store {

namespace {

void drop_everything(Database& target) {
    if (target.dialect() == Dialect::Sqlite) {
        target.execute("DROP TABLE IF EXISTS users_search");
    }
    std::vector<Table> tables = target.tables();
    // Children before their parents.
    for (const Table& table : std::views::reverse(tables)) {
        target.execute(fmt::format("DROP TABLE {}", table.name).c_str());
    }
}

void replace_everything(BackupReader& from, Database& target) {
    drop_everything(target);
    apply_steps(target, 0, from.contents().schema_version);
    const std::vector<Table> tables = target.tables();
    UserIndexes indexes(target);
    indexes.drop();
    from.read_tables([&](const Table& table) {
        // Names go into SQL only when they are names that the schema has.
        if (std::ranges::find(tables, table) == tables.end()) {
            throw BackupDamaged("the backup holds a table that its schema does not have");
        }
        target.execute(fmt::format("DELETE FROM {}", table.name).c_str());
        return from.insert_rows(target, table);
    });
    indexes.restore();
    apply_steps(target, from.contents().schema_version, kNewestSchema);
    target.set_schema_version(kNewestSchema);
}

void expect_admin(Database& target, const KeptState& kept) {
    if (kept.had_admin() && !has_admin(target)) {
        throw LastAdminLost(
            "the backup holds no enabled administrator of the role admin, and there is one now");
    }
}

std::string detail_of(const Restoration& made, const KeptState& kept) {
    return fmt::format("backup of {} with revision {}, in place of revision {}{}",
                       made.backup.at,
                       made.backup.revision,
                       made.replaced_revision,
                       made.has_taken_history
                           ? fmt::format("; history and log are the backup's, in place of {} rows",
                                         kept.audit_rows())
                           : std::string());
}

/// All but the end of what differs in nothing.
Restoration replay(Database& target, BackupReader& from, const RestoreOptions& options) {
    Transaction transaction(target);
    Restoration made;
    made.replaced_revision = ConfigStore(target).revision();
    KeptState kept(target);
    made.has_taken_history = !kept.has_history();
    replace_everything(from, target);
    made.backup = from.contents();
    kept.put_subscriptions_back();
    expect_admin(target, kept);
    if (kept.has_history()) {
        kept.put_history_back();
    }
    made.revision = ConfigStore(target).revision() + 1;
    const std::string detail = detail_of(made, kept);
    RevisionWriter revision(target,
                            {.number = made.revision,
                             .at = {},
                             .author = options.author,
                             .action = "restore",
                             .object = "backup",
                             .reason = options.reason});
    // A history that comes along has these changes in it already.
    made.differences = kept.compare(kept.has_history() ? &revision : nullptr);
    if (kept.has_history() && made.differences.empty()) {
        made.revision = made.replaced_revision;
        return made;
    }
    AuditLog(target).append(
        transaction, {options.author, "restore", "backup", "done", detail}, made.revision);
    kept.drop();
    if (!options.dry_run && options.learn) {
        options.learn(from.keys());
    }
    if (options.check) {
        options.check();
    }
    if (!options.dry_run) {
        transaction.commit();
    }
    return made;
}

}  // namespace

Restoration restore_backup(Database& target,
                           const Source& source,
                           std::string_view passphrase,
                           const RestoreOptions& options) {
    BackupReader from(source, passphrase);
    Restoration made = replay(target, from, options);
    if (made.has_changed_nothing()) {
        // Keys may have been missing all the same.
        if (!options.dry_run && options.learn) {
            options.learn(from.keys());
        }
        if (options.check) {
            options.check();
        }
    }
    return made;
}

}  // namespace isthmus::store
