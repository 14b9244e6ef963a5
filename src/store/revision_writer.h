// One new revision, change by change: memory does not grow with their number.
#pragma once

#include "store/author.h"
#include "store/bulk.h"
#include "store/config_store.h"
#include "store/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::store {

class RevisionWriter {
  public:
    /// In the caller's transaction, which writes alone. `head.number` is the next one, `head.at` is
    /// not asked.
    RevisionWriter(Database& database, const Revision& head);

    /// Of a secret the history keeps only that it changed.
    void add(std::string_view kind,
             std::string_view id,
             const std::optional<std::string>& before,
             const std::optional<std::string>& after);

    void finish() { changes_.finish(); }

  private:
    std::int64_t number_;
    std::int64_t position_ = 0;
    Bulk changes_;
};

}  // namespace isthmus::store
