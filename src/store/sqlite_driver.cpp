// SQLite through its C API: WAL with synchronous=FULL.
#include "store/driver.h"
#include "store/store_error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

namespace isthmus::store {

namespace {

/// How long to wait for another process that writes, in milliseconds.
constexpr int kBusyTimeout = 5000;

/// The column that the full text search of SQLite wants (schema.cpp); no data.
constexpr std::string_view kRowIdColumn = "sqlite_rowid";

[[noreturn]] void fail(sqlite3* database, std::string_view what) {
    const int error = sqlite3_errcode(database);
    if (error == SQLITE_CORRUPT || error == SQLITE_NOTADB) {
        throw DatabaseDamaged(fmt::format("{}: the database is damaged: {}",
                                          sqlite3_db_filename(database, "main"),
                                          sqlite3_errmsg(database)));
    }
    throw StoreError(fmt::format("{}: {}", what.substr(0, 200), sqlite3_errmsg(database)));
}

class SqliteStatement final : public StatementDriver {
  public:
    /// `has_failed` outlives it, and hears of a step() that failed.
    SqliteStatement(sqlite3* database, std::string_view sql, bool& has_failed)
        : database_(database), has_failed_(has_failed) {
        if (sqlite3_prepare_v2(
                database, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr) !=
            SQLITE_OK) {
            fail(database, sql);
        }
    }

    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;
    SqliteStatement(SqliteStatement&&) = delete;
    SqliteStatement& operator=(SqliteStatement&&) = delete;

    ~SqliteStatement() override { sqlite3_finalize(statement_); }

    std::size_t parameters() const override {
        return static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_));
    }

    void bind_text(std::size_t at, std::string_view text) override {
        check(sqlite3_bind_text64(statement_,
                                  number_of(at),
                                  text.empty() ? "" : text.data(),
                                  text.size(),
                                  SQLITE_TRANSIENT,
                                  SQLITE_UTF8));
    }

    void bind_blob(std::size_t at, std::string_view octets) override {
        check(sqlite3_bind_blob64(statement_,
                                  number_of(at),
                                  octets.empty() ? "" : octets.data(),
                                  octets.size(),
                                  SQLITE_TRANSIENT));
    }

    void bind_number(std::size_t at, std::int64_t number) override {
        check(sqlite3_bind_int64(statement_, number_of(at), number));
    }

    void bind_null(std::size_t at) override { check(sqlite3_bind_null(statement_, number_of(at))); }

    bool step() override {
        switch (sqlite3_step(statement_)) {
            case SQLITE_ROW:
                return true;
            case SQLITE_DONE:
                return false;
            default:
                has_failed_ = true;
                fail(database_, sqlite3_sql(statement_));
        }
    }

    void reset() noexcept override { sqlite3_reset(statement_); }

    std::string_view text(int column) const override {
        switch (sqlite3_column_type(statement_, column)) {
            case SQLITE_NULL:
                return {};
            case SQLITE_TEXT:
            case SQLITE_BLOB: {
                const void* data = sqlite3_column_blob(statement_, column);
                const int size = sqlite3_column_bytes(statement_, column);
                return data == nullptr ? std::string_view()
                                       : std::string_view(static_cast<const char*>(data),
                                                          static_cast<std::size_t>(size));
            }
            default:
                throw StoreError(fmt::format("column {} is no text", column));
        }
    }

    std::int64_t number(int column) const override {
        switch (sqlite3_column_type(statement_, column)) {
            case SQLITE_NULL:
                return 0;
            case SQLITE_INTEGER:
                return sqlite3_column_int64(statement_, column);
            default:
                throw StoreError(fmt::format("column {} is no whole number", column));
        }
    }

    bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

  private:
    static int number_of(std::size_t at) { return static_cast<int>(at) + 1; }

    void check(int result) {
        if (result != SQLITE_OK) {
            fail(database_, "bind");
        }
    }

    sqlite3* database_;
    bool& has_failed_;
    sqlite3_stmt* statement_ = nullptr;
};

class SqliteDriver final : public Driver {
  public:
    explicit SqliteDriver(std::string path) : path_(std::move(path)) {
        // Secrets are in it: nobody else reads it, whatever the folder allows. SQLite gives its
        // side files the same mode. Only a new file: closing one that is there would drop the
        // locks that other connections of this process hold on it (POSIX).
        const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file >= 0) {
            ::close(file);
        }
        if (sqlite3_open_v2(path_.c_str(),
                            &database_,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                            nullptr) != SQLITE_OK) {
            const std::string reason = sqlite3_errmsg(database_);
            sqlite3_close(database_);
            throw StoreError(fmt::format("{}: {}", path_, reason));
        }
        try {
            sqlite3_busy_timeout(database_, kBusyTimeout);
            // A misspelt column in double quotes is an error, not a text.
            sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
            execute("PRAGMA journal_mode=WAL");
            execute("PRAGMA synchronous=FULL");
            execute("PRAGMA foreign_keys=ON");
            execute("PRAGMA cache_size=-65536");            // KiB
            execute("PRAGMA journal_size_limit=67108864");  // what a big import leaves of the WAL
        } catch (...) {
            sqlite3_close_v2(database_);
            throw;
        }
    }

    SqliteDriver(const SqliteDriver&) = delete;
    SqliteDriver& operator=(const SqliteDriver&) = delete;
    SqliteDriver(SqliteDriver&&) = delete;
    SqliteDriver& operator=(SqliteDriver&&) = delete;

    ~SqliteDriver() override { sqlite3_close_v2(database_); }

    Dialect dialect() const override { return Dialect::Sqlite; }

    std::string name() const override { return "sqlite:" + path_; }

    std::unique_ptr<StatementDriver> prepare(std::string_view sql) override {
        return std::make_unique<SqliteStatement>(database_, sql, has_failed_);
    }

    std::unique_ptr<StatementDriver> scan(std::string_view sql) override { return prepare(sql); }

    void copy_rows(std::string_view, std::string_view) override {
        throw StoreError("SQLite has no COPY");
    }

    void execute(const char* sql) override {
        if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            has_failed_ = true;
            fail(database_, sql);
        }
    }

    void begin(Access access) override {
        execute(access == Access::Read ? "BEGIN" : "BEGIN IMMEDIATE");
        has_failed_ = false;
    }

    // PostgreSQL commits nothing after a statement that failed; neither do we.
    void commit() override {
        if (has_failed_) {
            rollback();
            throw StoreError("COMMIT: rolled back, a statement before it has failed");
        }
        try {
            execute("COMMIT");
        } catch (...) {
            rollback();
            throw;
        }
    }

    void rollback() noexcept override {
        // After some errors SQLite has rolled back by itself.
        if (sqlite3_get_autocommit(database_) == 0) {
            sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
        }
    }

    void check_integrity() override {
        SqliteStatement check(database_, "PRAGMA quick_check(1)", has_failed_);
        if (!check.step() || check.text(0) != "ok") {
            throw DatabaseDamaged(
                fmt::format("{}: the database is damaged: {}", path_, check.text(0)));
        }
    }

    std::int64_t schema_version() override {
        SqliteStatement read(database_, "PRAGMA user_version", has_failed_);
        read.step();
        return read.number(0);
    }

    void set_schema_version(std::int64_t version) override {
        execute(fmt::format("PRAGMA user_version={}", version).c_str());
    }

    std::vector<Table> tables() override {
        std::vector<Table> made;
        // Virtual tables and their shadows hold what is derived from others.
        SqliteStatement names(database_,
                              "SELECT t.name FROM pragma_table_list AS t "
                              "JOIN sqlite_master AS m ON m.name = t.name "
                              "WHERE t.schema = 'main' AND t.type = 'table' "
                              "AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.rowid",
                              has_failed_);
        while (names.step()) {
            made.push_back({std::string(names.text(0)), {}});
        }
        for (Table& table : made) {
            SqliteStatement columns(
                database_, "SELECT name, type FROM pragma_table_info(?) ORDER BY cid", has_failed_);
            columns.bind_text(0, table.name);
            while (columns.step()) {
                if (columns.text(0) != kRowIdColumn) {
                    table.columns.push_back(
                        {std::string(columns.text(0)), type_of(columns.text(1))});
                }
            }
        }
        return made;
    }

  private:
    static ColumnType type_of(std::string_view name) {
        return name == "TEXT"   ? ColumnType::Text
               : name == "BLOB" ? ColumnType::Blob
                                : ColumnType::Number;
    }

    std::string path_;
    bool has_failed_ = false;  ///< a statement, since the transaction began
    sqlite3* database_ = nullptr;
};

}  // namespace

std::unique_ptr<Driver> open_sqlite(const std::string& path) {
    return std::make_unique<SqliteDriver>(path);
}

}  // namespace isthmus::store
