// The connection to PostgreSQL: made when it is needed, made again after it was lost. Blocking.
//
// Lost connection: the call that notices throws StoreError; the next use outside a transaction
// connects again. Inside a transaction everything throws until it is rolled back.
#pragma once

#include "store/driver.h"
#include "store/postgres_result.h"

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace isthmus::store {

class PostgresConnection {
  public:
    /// Connects; throws StoreError if that is not possible or the server is not fit.
    explicit PostgresConnection(std::string url);

    /// "postgresql://host:port/database", without user and password.
    const std::string& name() const { return name_; }

    /// Outside a transaction: connects again if it must.
    void ensure();

    /// Statements without parameters; the answer of the last one.
    PostgresResult execute(const char* sql);
    /// One statement without parameters; the answer is in binary form.
    PostgresResult query(const char* sql);
    void copy_rows(std::string_view into, std::string_view rows);
    /// Prepares `sql` (with $1, $2), once a connection, and counts its parameters.
    std::size_t count_parameters(const std::string& sql);
    /// Runs it; the answer is in binary form.
    PostgresResult run(const std::string& sql,
                       const std::vector<const char*>& values,
                       const std::vector<int>& lengths,
                       const std::vector<int>& formats);

    void begin(Access access);
    void commit();
    void rollback() noexcept;

  private:
    struct Finish {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };

    struct Prepared {
        std::string name;
        std::size_t parameters = 0;
    };

    const Prepared& find_or_prepare(const std::string& sql);
    void connect();
    void set_up();
    bool is_lost() const;
    /// Returns what is good, throws the rest.
    PostgresResult expect(PGresult* raw, std::string_view what);
    [[noreturn]] void fail(const PostgresResult& result, std::string_view what) const;
    bool was_committed();

    std::string url_;
    std::string name_;
    std::unique_ptr<PGconn, Finish> connection_;
    std::unordered_map<std::string, Prepared> prepared_;
    std::string transaction_id_;  ///< of the open transaction, if it writes
    bool is_in_transaction_ = false;
};

}  // namespace isthmus::store
