// The schema as a list of steps, forward only, each in its own transaction.
#pragma once

#include <cstdint>

namespace isthmus::store {

class Database;

/// What this program works with.
constexpr std::int64_t kNewestSchema = 9;
/// The first schema that PostgreSQL knows, and that backups are made of.
constexpr std::int64_t kDocumentSchema = 3;

/// Applies the steps that are missing up to `to`. StoreError if the schema is newer than
/// kNewestSchema.
void migrate(Database& database, std::int64_t to);

/// The same inside the caller's transaction, for a schema of version `from`.
void apply_steps(Database& database, std::int64_t from, std::int64_t to);

}  // namespace isthmus::store
