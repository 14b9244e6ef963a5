// What a database must be able to do for store::Database: the seam between SQLite and PostgreSQL.
// The rules that make both behave alike are kept by Database and Statement (database.h); a driver
// speaks to its library and knows its dialect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

enum class Dialect : std::uint8_t { Sqlite, Postgres };

/// Who else may write while a transaction is open.
enum class Access : std::uint8_t {
    Read,         ///< reads one state of the database from its first to its last statement
    WriteAlone,   ///< no other WriteAlone at the same time, on no node
    WriteBeside,  ///< others may write other rows
};

enum class ColumnType : std::uint8_t { Number, Text, Blob };

struct Column {
    std::string name;
    ColumnType type = ColumnType::Text;

    bool operator==(const Column&) const = default;
};

struct Table {
    std::string name;
    std::vector<Column> columns;

    bool operator==(const Table&) const = default;
};

/// Parameters count from 0. text() and friends are called between a step() that was true and the
/// next; views live as long.
class StatementDriver {
  public:
    virtual ~StatementDriver() = default;
    virtual std::size_t parameters() const = 0;
    virtual void bind_text(std::size_t at, std::string_view text) = 0;
    virtual void bind_blob(std::size_t at, std::string_view octets) = 0;
    virtual void bind_number(std::size_t at, std::int64_t number) = 0;
    virtual void bind_null(std::size_t at) = 0;
    virtual bool step() = 0;
    /// Back to before the first row; bound values stay. After it step() starts anew.
    virtual void reset() noexcept = 0;
    virtual std::string_view text(int column) const = 0;
    virtual std::int64_t number(int column) const = 0;
    virtual bool is_null(int column) const = 0;
};

class Driver {
  public:
    virtual ~Driver() = default;
    virtual Dialect dialect() const = 0;
    /// For messages: without password.
    virtual std::string name() const = 0;
    virtual std::unique_ptr<StatementDriver> prepare(std::string_view sql) = 0;
    /// A query without parameters whose rows may be any number: memory stays bounded. Only inside
    /// a transaction; gone through once.
    virtual std::unique_ptr<StatementDriver> scan(std::string_view sql) = 0;
    /// PostgreSQL only: rows in the binary form of COPY, without its head and end, into
    /// "table (columns)".
    virtual void copy_rows(std::string_view into, std::string_view rows) = 0;
    /// Several statements without parameters and rows.
    virtual void execute(const char* sql) = 0;
    virtual void begin(Access access) = 0;
    /// Returns only when what was written survives a power cut.
    virtual void commit() = 0;
    virtual void rollback() noexcept = 0;
    /// Throws StoreError if the database is damaged. May take a second for each 200 MB.
    virtual void check_integrity() = 0;
    /// 0: there is no schema yet.
    virtual std::int64_t schema_version() = 0;
    virtual void set_schema_version(std::int64_t version) = 0;
    /// All tables that hold data of their own, in the order in which they were made, which is
    /// parents first.
    virtual std::vector<Table> tables() = 0;
};

std::unique_ptr<Driver> open_sqlite(const std::string& path);
/// `url` as libpq takes it (postgresql://user@host/database?options).
std::unique_ptr<Driver> open_postgres(const std::string& url);

}  // namespace isthmus::store
