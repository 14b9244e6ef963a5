// One connection to SQLite or PostgreSQL: prepared statements, transactions, the same semantics on
// both. Control thread only, or one Database a thread; blocking; throws StoreError. Durable: what
// commit() returned for survives a power cut.
//
// SQL is written once, with "?" for parameters, RETURNING and ON CONFLICT; the few places that
// differ ask dialect(). PostgreSQL hands over the whole answer of a statement at once: what may be
// a million rows is read in pages, by key.
#pragma once

#include "store/driver.h"
#include "store/store_error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

/// One prepared statement: bind in order, step through rows, read columns by number.
class Statement {
  public:
    explicit Statement(std::unique_ptr<StatementDriver> driver);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    Statement(Statement&&) = delete;
    Statement& operator=(Statement&&) = delete;
    ~Statement() = default;

    /// UTF-8 without NUL, else StoreError: PostgreSQL takes nothing else.
    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    /// Octets that are no text. text() reads them back.
    Statement& bind_blob(std::string_view octets);
    Statement& bind_null();

    /// True: a row is there. False: done, and ready to be bound anew. The first step() after
    /// bind() wants every parameter bound.
    bool step();
    /// For statements without rows.
    void run();

    /// Of a text or blob column; empty for NULL. Throws if it is a number.
    std::string text(int column) const { return std::string(view(column)); }

    /// As text(), without the copy: until the next step().
    std::string_view view(int column) const { return driver_->text(column); }

    /// 0 for NULL. Throws if it is a text.
    std::int64_t number(int column) const { return driver_->number(column); }

    bool is_null(int column) const { return driver_->is_null(column); }

  private:
    std::size_t next_parameter();

    std::unique_ptr<StatementDriver> driver_;
    std::size_t bound_ = 0;
    bool is_running_ = false;
};

/// StoreError unless it is UTF-8 without NUL.
void check_text(std::string_view text);

class Database {
  public:
    enum class Opening : std::uint8_t {
        Check,    ///< integrity check, then migrations
        Another,  ///< a further connection to what is open already: neither
    };

    /// "sqlite:FILE", "postgresql://...", or the name of a SQLite file. Opens or creates, checks
    /// integrity and brings the schema up to date. Refuses a schema newer than this program.
    explicit Database(std::string_view url, Opening opening = Opening::Check);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database() = default;

    /// A Statement is neither copied nor moved: it is built in place at the caller.
    Statement prepare(std::string_view sql) { return Statement(driver_->prepare(sql)); }

    /// A query without parameters whose rows may be any number: memory stays bounded. Only inside
    /// a transaction; gone through once.
    Statement scan(std::string_view sql) { return Statement(driver_->scan(sql)); }

    /// Several statements without parameters and rows.
    void execute(const char* sql) { driver_->execute(sql); }

    /// See Driver; Bulk uses it.
    void copy_rows(std::string_view into, std::string_view rows) { driver_->copy_rows(into, rows); }

    Dialect dialect() const { return driver_->dialect(); }

    /// For messages: without password.
    std::string name() const { return driver_->name(); }

    std::int64_t schema_version() { return driver_->schema_version(); }

    /// For migrations and backups only.
    void set_schema_version(std::int64_t version) { driver_->set_schema_version(version); }

    std::vector<Table> tables() { return driver_->tables(); }

    bool is_in_transaction() const { return is_in_transaction_; }

  private:
    friend class Transaction;

    std::unique_ptr<Driver> driver_;
    bool is_in_transaction_ = false;
};

/// Rolls back unless committed. One at a time on a Database, but for reading inside another: that
/// is part of it.
class Transaction {
  public:
    explicit Transaction(Database& database, Access access = Access::WriteAlone);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// Throws if nothing was committed, or, with a message that says so, if the connection was
    /// lost at the worst moment and it cannot be found out.
    void commit();

  private:
    Database& database_;
    bool is_joined_;  ///< the other one ends it
    bool is_open_ = true;
};

/// "sqlite:FILE" with FILE relative to `folder` made absolute; other urls as they are.
std::string resolve_url(std::string_view url, const std::string& folder);

}  // namespace isthmus::store
