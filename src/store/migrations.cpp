#include "store/migrations.h"

#include "store/database.h"
#include "store/migration_steps.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace isthmus::store {

namespace {

std::string for_dialect(std::string_view ddl, Dialect dialect) {
    const bool is_sqlite = dialect == Dialect::Sqlite;
    const std::pair<std::string_view, std::string_view> words[] = {
        {"$TEXT", is_sqlite ? "TEXT" : "TEXT COLLATE \"C\""},
        {"$NUMBER", is_sqlite ? "INTEGER" : "BIGINT"},
        {"$BLOB", is_sqlite ? "BLOB" : "BYTEA"},
        {"$TABLE", is_sqlite ? "STRICT, WITHOUT ROWID" : ""},
    };
    std::string made(ddl);
    for (const auto& [word, meaning] : words) {
        for (std::size_t at = made.find(word); at != std::string::npos; at = made.find(word, at)) {
            made.replace(at, word.size(), meaning);
            at += meaning.size();
        }
    }
    return made;
}

void check_version(Database& database, std::int64_t version) {
    if (version > kNewestSchema) {
        throw NewerFormat(fmt::format(
            "{}: the database has schema {}, this program knows up to {}: use a newer program",
            database.name(),
            version,
            kNewestSchema));
    }
}

}  // namespace

void apply_steps(Database& database, std::int64_t from, std::int64_t to) {
    for (std::int64_t version = from; version < to; ++version) {
        const MigrationStep& step = migration_step(version);
        const bool is_sqlite = database.dialect() == Dialect::Sqlite;
        for (const std::string& sql : {for_dialect(step.both, database.dialect()),
                                       std::string(is_sqlite ? step.sqlite : step.postgres)}) {
            if (!sql.empty()) {
                database.execute(sql.c_str());
            }
        }
    }
}

void migrate(Database& database, std::int64_t to) {
    check_version(database, database.schema_version());
    while (database.schema_version() < to) {
        Transaction transaction(database);
        // Another node may have done this step while we waited for it.
        const std::int64_t version = database.schema_version();
        check_version(database, version);
        if (version < to) {
            if (database.dialect() == Dialect::Postgres) {
                database.execute("CREATE SCHEMA IF NOT EXISTS isthmus");
            }
            apply_steps(database, version, version + 1);
            database.set_schema_version(version + 1);
        }
        transaction.commit();
    }
}

}  // namespace isthmus::store
