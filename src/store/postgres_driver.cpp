// PostgreSQL through libpq: prepared statements, everything in the schema "isthmus".
#include "store/postgres_connection.h"
#include "store/store_error.h"

#include <fmt/format.h>

#include <utility>

namespace isthmus::store {

namespace {

/// "?" becomes $1, $2 and so on, but not between quotes.
std::string with_numbered_parameters(std::string_view sql) {
    std::string made;
    made.reserve(sql.size() + 16);
    char quote = 0;
    int number = 0;
    for (const char c : sql) {
        if (quote == 0 && c == '?') {
            fmt::format_to(std::back_inserter(made), "${}", ++number);
            continue;
        }
        if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == quote) {
            quote = 0;
        }
        made += c;
    }
    return made;
}

class PostgresStatement final : public StatementDriver {
  public:
    PostgresStatement(PostgresConnection& connection, std::string_view sql)
        : connection_(connection), sql_(with_numbered_parameters(sql)) {
        const std::size_t count = connection_.count_parameters(sql_);
        values_.resize(count);
        pointers_.resize(count);
        lengths_.resize(count);
        formats_.resize(count);
        is_null_.resize(count);
    }

    std::size_t parameters() const override { return values_.size(); }

    void bind_text(std::size_t at, std::string_view text) override { bind(at, text, kTextFormat); }

    void bind_blob(std::size_t at, std::string_view octets) override {
        bind(at, octets, kBinaryFormat);
    }

    void bind_number(std::size_t at, std::int64_t number) override {
        bind(at, fmt::format_int(number).str(), kTextFormat);
    }

    void bind_null(std::size_t at) override {
        bind(at, {}, kTextFormat);
        is_null_[at] = true;
    }

    bool step() override {
        if (!result_) {
            for (std::size_t i = 0; i < values_.size(); ++i) {
                pointers_[i] = is_null_[i] ? nullptr : values_[i].c_str();
            }
            result_ = connection_.run(sql_, pointers_, lengths_, formats_);
            row_ = -1;
        }
        if (row_ + 1 >= result_.rows()) {
            return false;
        }
        ++row_;
        return true;
    }

    void reset() noexcept override {
        result_ = PostgresResult();
        row_ = -1;
    }

    std::string_view text(int column) const override { return result_.text(row_, column); }

    std::int64_t number(int column) const override { return result_.number(row_, column); }

    bool is_null(int column) const override { return result_.is_null(row_, column); }

  private:
    static constexpr int kTextFormat = 0;
    static constexpr int kBinaryFormat = 1;

    void bind(std::size_t at, std::string_view value, int format) {
        values_[at].assign(value);
        lengths_[at] = static_cast<int>(value.size());
        formats_[at] = format;
        is_null_[at] = false;
    }

    PostgresConnection& connection_;
    std::string sql_;
    std::vector<std::string> values_;
    std::vector<const char*> pointers_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
    std::vector<bool> is_null_;
    PostgresResult result_;
    int row_ = -1;
};

/// A cursor: so many rows at a time.
class PostgresScan final : public StatementDriver {
  public:
    PostgresScan(PostgresConnection& connection, std::string_view sql, std::uint64_t number)
        : connection_(connection), name_(fmt::format("scan{}", number)) {
        connection_.execute(fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", name_, sql).c_str());
    }

    PostgresScan(const PostgresScan&) = delete;
    PostgresScan& operator=(const PostgresScan&) = delete;
    PostgresScan(PostgresScan&&) = delete;
    PostgresScan& operator=(PostgresScan&&) = delete;

    // An open cursor keeps its tables from being dropped.
    ~PostgresScan() override {
        try {
            connection_.execute(fmt::format("CLOSE {}", name_).c_str());
        } catch (const StoreError&) {  // NOLINT(bugprone-empty-catch)
            // It ends with its transaction, which has failed.
        }
    }

    std::size_t parameters() const override { return 0; }

    void bind_text(std::size_t, std::string_view) override {}

    void bind_blob(std::size_t, std::string_view) override {}

    void bind_number(std::size_t, std::int64_t) override {}

    void bind_null(std::size_t) override {}

    bool step() override {
        if (result_ && row_ + 1 < result_.rows()) {
            ++row_;
            return true;
        }
        if (is_done_) {
            return false;
        }
        row_ = 0;
        result_ = connection_.query(fmt::format("FETCH {} FROM {}", kRows, name_).c_str());
        is_done_ = result_.rows() < kRows;
        return result_.rows() > 0;
    }

    void reset() noexcept override {
        result_ = PostgresResult();
        is_done_ = true;
    }

    std::string_view text(int column) const override { return result_.text(row_, column); }

    std::int64_t number(int column) const override { return result_.number(row_, column); }

    bool is_null(int column) const override { return result_.is_null(row_, column); }

  private:
    static constexpr int kRows = 5000;

    PostgresConnection& connection_;
    std::string name_;
    PostgresResult result_;
    int row_ = 0;
    bool is_done_ = false;
};

class PostgresDriver final : public Driver {
  public:
    explicit PostgresDriver(const std::string& url) : connection_(url) {}

    Dialect dialect() const override { return Dialect::Postgres; }

    std::string name() const override { return connection_.name(); }

    std::unique_ptr<StatementDriver> prepare(std::string_view sql) override {
        return std::make_unique<PostgresStatement>(connection_, sql);
    }

    std::unique_ptr<StatementDriver> scan(std::string_view sql) override {
        return std::make_unique<PostgresScan>(connection_, sql, ++scans_);
    }

    void copy_rows(std::string_view into, std::string_view rows) override {
        connection_.copy_rows(into, rows);
    }

    void execute(const char* sql) override { connection_.execute(sql); }

    void begin(Access access) override { connection_.begin(access); }

    void commit() override { connection_.commit(); }

    void rollback() noexcept override { connection_.rollback(); }

    // The server looks after its files (initdb --data-checksums); what it finds, the statement
    // that reads it reports.
    void check_integrity() override { connection_.ensure(); }

    std::int64_t schema_version() override {
        PostgresStatement exists(connection_,
                                 "SELECT to_regclass('isthmus.schema_version') IS NOT NULL");
        exists.step();
        if (exists.number(0) == 0) {
            return 0;
        }
        PostgresStatement read(connection_, "SELECT version FROM isthmus.schema_version");
        return read.step() ? read.number(0) : 0;
    }

    void set_schema_version(std::int64_t version) override {
        connection_.execute(
            "CREATE TABLE IF NOT EXISTS isthmus.schema_version (version BIGINT NOT NULL)");
        connection_.execute(fmt::format("DELETE FROM isthmus.schema_version; "
                                        "INSERT INTO isthmus.schema_version VALUES ({})",
                                        version)
                                .c_str());
    }

    std::vector<Table> tables() override {
        PostgresStatement read(
            connection_,
            "SELECT c.relname::text, a.attname::text, t.typname::text FROM pg_class AS c "
            "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "JOIN pg_type AS t ON t.oid = a.atttypid "
            "WHERE n.nspname = 'isthmus' AND c.relkind = 'r' AND c.relname <> 'schema_version' "
            "ORDER BY c.oid, a.attnum");
        std::vector<Table> made;
        while (read.step()) {
            if (made.empty() || made.back().name != read.text(0)) {
                made.push_back({std::string(read.text(0)), {}});
            }
            made.back().columns.push_back({std::string(read.text(1)), type_of(read.text(2))});
        }
        return made;
    }

  private:
    static ColumnType type_of(std::string_view name) {
        return name == "text"    ? ColumnType::Text
               : name == "bytea" ? ColumnType::Blob
                                 : ColumnType::Number;
    }

    PostgresConnection connection_;
    std::uint64_t scans_ = 0;  ///< for the names of cursors, which end with their transaction
};

}  // namespace

std::unique_ptr<Driver> open_postgres(const std::string& url) {
    return std::make_unique<PostgresDriver>(url);
}

}  // namespace isthmus::store
