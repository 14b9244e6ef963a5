// The schema of the database, version by version. A step that has been released is never edited.
#pragma once

#include <cstdint>

namespace isthmus::store {

/// What one version adds. `both` is written once: $TEXT, $NUMBER and $BLOB stand for the types,
/// $TABLE for what SQLite wants behind a table whose key is no rowid. The others run after it.
struct MigrationStep {
    const char* both = "";
    const char* sqlite = "";
    const char* postgres = "";
};

/// From `version` to the next one; below kNewestSchema.
const MigrationStep& migration_step(std::int64_t version);

}  // namespace isthmus::store
