#include "store/backup.h"

#include "base/utc.h"
#include "store/backup_reader.h"
#include "store/config_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::store {

namespace {

/// Of schema 2, in SQLite only: what they held is in the documents.
constexpr std::string_view kTypedTables[] = {
    "revisions", "settings", "access_rules", "partners", "partner_domains", "grants"};

bool is_backed_up(const Table& table) {
    return std::ranges::find(kTypedTables, table.name) == std::end(kTypedTables);
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

}  // namespace

BackupContents create_backup(Database& database,
                             const Sink& sink,
                             std::string_view passphrase,
                             std::string_view keys,
                             SealCost cost) {
    RecordWriter to(sink, passphrase, cost);
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
    to.write_text(keys);
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
    BackupReader from(source, passphrase);
    from.read_tables([&](const Table& table) { return from.skip_rows(table); });
    return from.contents();
}

}  // namespace isthmus::store
