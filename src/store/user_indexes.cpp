#include "store/user_indexes.h"

#include <fmt/format.h>

namespace isthmus::store {

namespace {

constexpr const char* kSqliteIndexes =
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'users' "
    "AND sql IS NOT NULL";
constexpr const char* kSqliteTriggers =
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'users'";
constexpr const char* kPostgresIndexes =
    "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'isthmus' "
    "AND tablename = 'users' AND indexname <> 'users_pkey'";

}  // namespace

void UserIndexes::remember(std::string_view kind, std::string_view catalogue) {
    std::vector<std::string> names;
    {
        Statement read = database_.prepare(catalogue);
        while (read.step()) {
            names.push_back(read.text(0));
            creations_.push_back(read.text(1));
        }
    }
    for (const std::string& name : names) {
        database_.execute(fmt::format("DROP {} {}", kind, name).c_str());
    }
}

void UserIndexes::drop() {
    if (database_.dialect() == Dialect::Sqlite) {
        remember("INDEX", kSqliteIndexes);
        remember("TRIGGER", kSqliteTriggers);
    } else {
        remember("INDEX", kPostgresIndexes);
    }
}

void UserIndexes::restore() {
    if (database_.dialect() == Dialect::Sqlite) {
        database_.execute("INSERT INTO users_search(users_search) VALUES ('rebuild')");
    } else {
        database_.execute("SET LOCAL maintenance_work_mem = '256MB'");
    }
    for (const std::string& creation : creations_) {
        database_.execute(creation.c_str());
    }
    if (database_.dialect() == Dialect::Postgres) {
        database_.execute("ANALYZE users");  // or searches are planned for the table as it was
    }
    creations_.clear();
}

}  // namespace isthmus::store
