#include "store/backup.h"

#include "base/utc.h"
#include "store/audit_log.h"
#include "store/backup_records.h"
#include "store/bulk.h"
#include "store/config_store.h"
#include "store/migrations.h"
#include "store/user_indexes.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace isthmus::store {

namespace {

/// Of schema 2, in SQLite only: what they held is in the documents.
constexpr std::string_view kTypedTables[] = {
    "revisions", "settings", "access_rules", "partners", "partner_domains", "grants"};

bool is_backed_up(const Table& table) {
    return std::ranges::find(kTypedTables, table.name) == std::end(kTypedTables);
}

std::string column_list(const Table& table) {
    std::string made;
    for (const Column& column : table.columns) {
        made += fmt::format("{}\"{}\"", made.empty() ? "" : ", ", column.name);
    }
    return made;
}

void write_value(RecordWriter& to, const Statement& row, int at, ColumnType type) {
    if (row.is_null(at)) {
        to.write(ValueTag::Null);
    } else if (type == ColumnType::Number) {
        to.write(ValueTag::Number);
        to.write_number(row.number(at));
    } else {
        to.write(type == ColumnType::Text ? ValueTag::Text : ValueTag::Blob);
        to.write_text(row.view(at));
    }
}

std::uint64_t write_table(RecordWriter& to, Database& database, const Table& table) {
    to.write(RecordTag::Table);
    to.write_text(table.name);
    to.write_number(static_cast<std::int64_t>(table.columns.size()));
    for (const Column& column : table.columns) {
        to.write_text(column.name);
        to.write_number(static_cast<std::int64_t>(column.type));
    }
    Statement rows =
        database.scan(fmt::format("SELECT {} FROM {}", column_list(table), table.name));
    std::uint64_t count = 0;
    while (rows.step()) {
        to.write(RecordTag::Row);
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            write_value(to, rows, static_cast<int>(i), table.columns[i].type);
        }
        ++count;
    }
    to.write(RecordTag::EndTable);
    to.write_number(static_cast<std::int64_t>(count));
    return count;
}

std::uint64_t count_rows(Database& database, const Table& table) {
    Statement count = database.prepare(fmt::format("SELECT COUNT(*) FROM {}", table.name));
    count.step();
    return static_cast<std::uint64_t>(count.number(0));
}

[[noreturn]] void fail_unknown() {
    throw StoreError("the backup was not written by this program: it holds something unknown");
}

BackupContents read_description(RecordReader& from) {
    BackupContents made;
    made.schema_version = from.read_number();
    made.at = from.read_text();
    made.source = from.read_text();
    made.revision = static_cast<std::uint64_t>(from.read_number());
    if (made.schema_version > kNewestSchema) {
        throw StoreError(fmt::format(
            "the backup has schema {}, this program knows up to {}: use a newer program",
            made.schema_version,
            kNewestSchema));
    }
    if (made.schema_version < kDocumentSchema) {
        fail_unknown();
    }
    return made;
}

Table read_table(RecordReader& from) {
    constexpr std::int64_t kColumnLimit = 1000;
    Table table{std::string(from.read_text()), {}};
    const std::int64_t columns = from.read_number();
    if (columns < 1 || columns > kColumnLimit) {
        fail_unknown();
    }
    for (std::int64_t i = 0; i < columns; ++i) {
        std::string name(from.read_text());
        const std::int64_t type = from.read_number();
        if (type < 0 || type > static_cast<std::int64_t>(ColumnType::Blob)) {
            fail_unknown();
        }
        table.columns.push_back({std::move(name), static_cast<ColumnType>(type)});
    }
    return table;
}

void skip_value(RecordReader& from) {
    switch (from.read_value()) {
        case ValueTag::Null:
            break;
        case ValueTag::Number:
            from.read_number();
            break;
        case ValueTag::Text:
        case ValueTag::Blob:
            from.read_text();
            break;
        default:
            fail_unknown();
    }
}

void copy_value(RecordReader& from, Bulk& to) {
    switch (from.read_value()) {
        case ValueTag::Null:
            to.bind_null();
            break;
        case ValueTag::Number:
            to.bind(from.read_number());
            break;
        case ValueTag::Text:
            to.bind(from.read_text());
            break;
        case ValueTag::Blob:
            to.bind_blob(from.read_text());
            break;
        default:
            fail_unknown();
    }
}

/// Reads rows up to the end of the table and counts them.
template <class TakeRow>
std::uint64_t read_rows(RecordReader& from, TakeRow take_row) {
    std::uint64_t count = 0;
    while (true) {
        switch (from.read_record()) {
            case RecordTag::Row:
                take_row();
                ++count;
                break;
            case RecordTag::EndTable:
                if (static_cast<std::uint64_t>(from.read_number()) != count) {
                    fail_unknown();
                }
                return count;
            default:
                fail_unknown();
        }
    }
}

/// `take_table` reads the rows and says how many there were.
void read_tables(RecordReader& from,
                 BackupContents& contents,
                 const std::function<std::uint64_t(const Table&)>& take_table) {
    while (true) {
        switch (from.read_record()) {
            case RecordTag::Table: {
                const Table table = read_table(from);
                contents.tables.push_back({table.name, take_table(table)});
                break;
            }
            case RecordTag::End:
                from.expect_end();
                return;
            default:
                fail_unknown();
        }
    }
}

std::uint64_t skip_rows(RecordReader& from, const Table& table) {
    return read_rows(from, [&] {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            skip_value(from);
        }
    });
}

std::uint64_t insert_rows(RecordReader& from, Database& target, const Table& table) {
    Bulk insert = Bulk::insert(target, table.name, column_list(table));
    const std::uint64_t count = read_rows(from, [&] {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            copy_value(from, insert);
        }
        insert.end_row();
    });
    insert.finish();
    return count;
}

void drop_everything(Database& target) {
    if (target.dialect() == Dialect::Sqlite) {
        target.execute("DROP TABLE IF EXISTS users_search");
    }
    std::vector<Table> tables = target.tables();
    // Children before their parents.
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
        target.execute(fmt::format("DROP TABLE {}", table->name).c_str());
    }
}

void replace_everything(RecordReader& from, BackupContents& contents, Database& target) {
    drop_everything(target);
    apply_steps(target, 0, contents.schema_version);
    const std::vector<Table> tables = target.tables();
    UserIndexes indexes(target);
    indexes.drop();
    read_tables(from, contents, [&](const Table& table) {
        // Names go into SQL only when they are names that the schema has.
        if (std::ranges::find(tables, table) == tables.end()) {
            throw StoreError("the backup holds a table that its schema does not have");
        }
        target.execute(fmt::format("DELETE FROM {}", table.name).c_str());
        return insert_rows(from, target, table);
    });
    indexes.restore();
    apply_steps(target, contents.schema_version, kNewestSchema);
    target.set_schema_version(kNewestSchema);
}

}  // namespace

BackupContents create_backup(Database& database, const Sink& sink, std::string_view passphrase) {
    RecordWriter to(sink, passphrase);
    Transaction snapshot(database, Access::Read);
    BackupContents contents{
        .schema_version = database.schema_version(),
        .at = utc_now_text(),
        .source = database.dialect() == Dialect::Sqlite ? "sqlite" : "postgresql",
        .revision = ConfigStore(database).revision(),
        .tables = {}};
    to.write_number(contents.schema_version);
    to.write_text(contents.at);
    to.write_text(contents.source);
    to.write_number(static_cast<std::int64_t>(contents.revision));
    for (const Table& table : database.tables()) {
        if (is_backed_up(table)) {
            contents.tables.push_back({table.name, write_table(to, database, table)});
        }
    }
    to.write(RecordTag::End);
    to.finish();
    snapshot.commit();
    return contents;
}

BackupContents verify_backup(const Source& source, std::string_view passphrase) {
    RecordReader from(source, passphrase);
    BackupContents contents = read_description(from);
    read_tables(from, contents, [&](const Table& table) { return skip_rows(from, table); });
    return contents;
}

Restoration restore_backup(Database& target,
                           const Source& source,
                           std::string_view passphrase,
                           const Author& author,
                           bool dry_run) {
    RecordReader from(source, passphrase);
    Restoration made{.backup = read_description(from), .replaced = {}};
    Transaction transaction(target);
    made.replaced_revision = ConfigStore(target).revision();
    for (const Table& table : target.tables()) {
        if (is_backed_up(table)) {
            made.replaced.push_back({table.name, count_rows(target, table)});
        }
    }
    if (dry_run) {
        read_tables(from, made.backup, [&](const Table& table) { return skip_rows(from, table); });
        return made;
    }
    replace_everything(from, made.backup, target);
    AuditLog(target).append(transaction,
                            {author,
                             "restore",
                             "database",
                             "done",
                             fmt::format("backup of {} with revision {}, in place of revision {}",
                                         made.backup.at,
                                         made.backup.revision,
                                         made.replaced_revision)});
    transaction.commit();
    return made;
}

}  // namespace isthmus::store
