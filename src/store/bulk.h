// One statement for many rows: "INSERT INTO t VALUES (?, ?), (?, ?) ..." or "... IN (?, ?, ...)".
// On PostgreSQL each statement is a round trip, so that this makes a million rows possible; rows
// that are only added are copied there.
#pragma once

#include "store/database.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

class Bulk {
  public:
    /// Called for each row that a statement returns.
    using Take = std::function<void(const Statement& row)>;

    /// The statement is `head`, then `part` once for each row with commas between, then `tail`.
    Bulk(Database& database,
         std::string_view head,
         std::string_view part,
         std::string_view tail = {});

    /// New rows of a table; columns as "a, b, c". Numbers, texts and blobs only, as the columns
    /// are.
    static Bulk insert(Database& database, std::string_view table, std::string_view columns);

    void on_row(Take take) { take_ = std::move(take); }

    /// The parameters of the next row, in order; then end_row(), which may run a statement.
    Bulk& bind(std::string_view text) { return keep(Kind::Text, text); }

    Bulk& bind_blob(std::string_view octets) { return keep(Kind::Blob, octets); }

    Bulk& bind(std::int64_t number);
    Bulk& bind_null();
    void end_row();
    /// Runs what is left. What was not finished is not done.
    void finish();

  private:
    enum class Kind : std::uint8_t { Text, Blob, Number, Null };

    struct Value {
        Kind kind = Kind::Null;
        std::size_t size = 0;
        std::int64_t number = 0;  ///< or where the text begins in texts_
    };

    /// Few sizes, so that few statements are prepared.
    static constexpr std::array<std::size_t, 3> kSizes{256, 16, 1};

    /// So many at a time are copied, and not fewer than the second.
    static constexpr std::size_t kCopied = 4096;
    static constexpr std::size_t kCopiedAtLeast = 64;

    Bulk& keep(Kind kind, std::string_view octets);
    Statement& statement(std::size_t which);
    void copy();
    void run(std::size_t which);
    void bind_value(Statement& to, const Value& value) const;

    Database& database_;
    std::string head_;
    std::string part_;
    std::string tail_;
    Take take_;
    std::array<std::unique_ptr<Statement>, kSizes.size()> statements_;
    std::vector<Value> values_;
    std::string texts_;
    std::string copied_into_;  ///< "table (columns)" where COPY is to be had
    std::size_t rows_ = 0;
    std::size_t done_ = 0;  ///< values that were bound already
};

}  // namespace isthmus::store
