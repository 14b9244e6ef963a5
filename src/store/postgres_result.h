// One answer of PostgreSQL, in binary form, and what went wrong if it is an error.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::store {

class PostgresResult {
  public:
    PostgresResult() = default;

    explicit PostgresResult(PGresult* result) : result_(result) {}

    explicit operator bool() const { return result_ != nullptr; }

    PGresult* get() const { return result_.get(); }

    bool is_good() const {
        const ExecStatusType status = PQresultStatus(result_.get());
        return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    }

    int rows() const { return PQntuples(result_.get()); }

    bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

    /// Of a text or bytea column; StoreError if it is neither.
    std::string_view text(int row, int column) const;
    /// Of an integer or boolean column; StoreError if it is neither.
    std::int64_t number(int row, int column) const;

    /// SQLSTATE, five characters; empty when there is none (a lost connection).
    std::string_view state() const;
    /// Without DETAIL, where the server repeats values of rows.
    std::string message() const;

  private:
    struct Clear {
        void operator()(PGresult* result) const { PQclear(result); }
    };

    std::string_view raw(int row, int column) const {
        return {PQgetvalue(result_.get(), row, column),
                static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
    }

    std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace isthmus::store
