// A change of most users at once is much cheaper when the indexes of their table are made anew
// behind it: sorted instead of row by row.
#pragma once

#include "store/database.h"

#include <string>
#include <vector>

namespace isthmus::store {

/// Inside the caller's transaction. Without restore() the transaction must be rolled back.
class UserIndexes {
  public:
    explicit UserIndexes(Database& database) : database_(database) {}

    /// Drops all but the key; the table can be written, and searched slowly.
    void drop();
    void restore();

  private:
    void remember(std::string_view kind, std::string_view catalogue);

    Database& database_;
    std::vector<std::string> creations_;
};

}  // namespace isthmus::store
