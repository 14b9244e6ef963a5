// A test on an empty database, once with SQLite and once with a real PostgreSQL.
#pragma once

#include "store/database.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "postgres_server.h"

namespace isthmus::store {

class BothDatabases : public testing::TestWithParam<Dialect> {
  protected:
    BothDatabases() {
        folder = std::filesystem::temp_directory_path() / "isthmus-store-XXXXXX";
        mkdtemp(folder.data());
        if (is_postgres()) {
            PostgresServer::shared().clear();
            url = PostgresServer::shared().url();
        } else {
            url = "sqlite:" + folder + "/test.db";
        }
        open();
    }

    ~BothDatabases() override {
        database.reset();
        std::filesystem::remove_all(folder);
    }

    static bool is_postgres() { return GetParam() == Dialect::Postgres; }

    void open() {
        database.reset();
        database.emplace(url);
    }

    /// The first column of the first row.
    std::int64_t number(std::string_view sql) {
        Statement read = database->prepare(sql);
        EXPECT_TRUE(read.step()) << sql;
        return read.number(0);
    }

    std::string folder;
    std::string url;
    std::optional<Database> database;
};

inline std::string dialect_name(const testing::TestParamInfo<Dialect>& dialect) {
    return dialect.param == Dialect::Sqlite ? "Sqlite" : "Postgres";
}

#define ISTHMUS_ON_BOTH_DATABASES(Suite) \
    INSTANTIATE_TEST_SUITE_P(            \
        On, Suite, testing::Values(Dialect::Sqlite, Dialect::Postgres), dialect_name)

}  // namespace isthmus::store
