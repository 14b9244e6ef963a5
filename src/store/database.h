// SQLite through its C API: one connection, prepared statements, transactions. Control thread
// only; throws StoreError, which control/ catches. Durable: WAL with synchronous=FULL, so what
// commit() returned for survives a power cut.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace isthmus::store {

class StoreError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What is stored is not what the caller changed: someone else was quicker. Nothing was changed.
class StoreConflict : public StoreError {
  public:
    using StoreError::StoreError;
};

/// One prepared statement: bind in order, step through rows, read columns by number.
class Statement {
  public:
    Statement(sqlite3* database, std::string_view sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement(Statement&&) = delete;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    /// Octets that are no text. text() reads them back.
    Statement& bind_blob(std::string_view octets);
    Statement& bind_null();

    /// True: a row is there. False: done.
    bool step();
    /// For statements without rows.
    void run();

    std::string text(int column) const;
    std::int64_t number(int column) const;
    bool is_null(int column) const;

  private:
    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
};

class Database {
  public:
    /// Opens or creates, checks integrity and brings the schema up to date. Refuses a schema newer
    /// than this program.
    explicit Database(const std::string& path);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database();

    /// A Statement is neither copied nor moved: it is built in place at the caller.
    Statement prepare(std::string_view sql) { return {database_, sql}; }

    void execute(const char* sql);
    std::int64_t last_row_id() const;

  private:
    sqlite3* database_ = nullptr;
};

/// Rolls back unless committed.
class Transaction {
  public:
    explicit Transaction(Database& database);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    void commit();

  private:
    Database& database_;
    bool is_open_ = true;
};

/// Applies what is missing of the schema, each step in its own transaction.
void migrate(Database& database);

}  // namespace isthmus::store
