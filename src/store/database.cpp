#include "store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace isthmus::store {

namespace {

[[noreturn]] void fail(sqlite3* database, std::string_view what) {
    throw StoreError(fmt::format("{}: {}", what, sqlite3_errmsg(database)));
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
    if (sqlite3_prepare_v2(
            database, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr) !=
        SQLITE_OK) {
        fail(database, sql);
    }
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Statement& Statement::bind(std::string_view text) {
    if (sqlite3_bind_text(statement_,
                          ++bound_,
                          text.empty() ? "" : text.data(),
                          static_cast<int>(text.size()),
                          SQLITE_TRANSIENT) != SQLITE_OK) {
        fail(database_, "bind");
    }
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    if (sqlite3_bind_int64(statement_, ++bound_, number) != SQLITE_OK) {
        fail(database_, "bind");
    }
    return *this;
}

Statement& Statement::bind_blob(std::string_view octets) {
    if (sqlite3_bind_blob(statement_,
                          ++bound_,
                          octets.empty() ? "" : octets.data(),
                          static_cast<int>(octets.size()),
                          SQLITE_TRANSIENT) != SQLITE_OK) {
        fail(database_, "bind");
    }
    return *this;
}

Statement& Statement::bind_null() {
    if (sqlite3_bind_null(statement_, ++bound_) != SQLITE_OK) {
        fail(database_, "bind");
    }
    return *this;
}

bool Statement::step() {
    switch (sqlite3_step(statement_)) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            sqlite3_reset(statement_);
            bound_ = 0;
            return false;
        default:
            fail(database_, sqlite3_sql(statement_));
    }
}

void Statement::run() {
    while (step()) {
    }
}

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr
               ? std::string()
               : std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_, column);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Database::Database(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(),
                        &database_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK) {
        const std::string reason = sqlite3_errmsg(database_);
        sqlite3_close(database_);
        throw StoreError(fmt::format("{}: {}", path, reason));
    }
    try {
        sqlite3_busy_timeout(database_, 5000);
        execute("PRAGMA journal_mode=WAL");
        execute("PRAGMA synchronous=FULL");
        execute("PRAGMA foreign_keys=ON");
        Statement check(database_, "PRAGMA quick_check(1)");
        if (!check.step() || check.text(0) != "ok") {
            throw StoreError(fmt::format("{}: the database is damaged: {}", path, check.text(0)));
        }
        migrate(*this);
    } catch (...) {
        sqlite3_close_v2(database_);
        throw;
    }
}

Database::~Database() {
    sqlite3_close_v2(database_);
}

void Database::execute(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        fail(database_, sql);
    }
}

std::int64_t Database::last_row_id() const {
    return sqlite3_last_insert_rowid(database_);
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (is_open_) {
        try {
            database_.execute("ROLLBACK");
        } catch (const StoreError&) {  // NOLINT(bugprone-empty-catch)
            // SQLite has rolled back by itself after the error that brought us here.
        }
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
    is_open_ = false;
}

}  // namespace isthmus::store
