// Everything in one file: made while the gateway runs, independent of the database that it came
// from, so that a backup of SQLite restored into PostgreSQL is the way from one to the other.
// All of it is under a passphrase (sealed_stream.h), for there are secrets in it.
//
// Inside: a description, the keys of the secrets (key_box.h), then table by table its columns and
// rows. Memory does not grow with them. Blocking: many users take seconds.
#pragma once

#include "store/author.h"
#include "store/database.h"
#include "store/sealed_stream.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

struct BackupTable {
    std::string name;
    std::uint64_t rows = 0;

    bool operator==(const BackupTable&) const = default;
};

struct BackupContents {
    std::int64_t schema_version = 0;
    std::string at;              ///< UTC, RFC 3339
    std::string source;          ///< "sqlite" or "postgresql"
    std::uint64_t revision = 0;  ///< the newest one in it
    std::vector<BackupTable> tables;

    bool operator==(const BackupContents&) const = default;
};

/// What a restoration changes of one kind of things.
struct Difference {
    static constexpr std::size_t kMostNames = 20;

    std::string kind;  ///< "partner", "user", "admin", "token", "subscription" ...
    std::uint64_t created = 0;
    std::uint64_t changed = 0;
    std::uint64_t deleted = 0;
    /// "+name", "~name", "-name": the first of each, at most kMostNames together.
    std::vector<std::string> names;

    bool operator==(const Difference&) const = default;
};

struct Restoration {
    BackupContents backup;
    std::uint64_t replaced_revision = 0;
    std::uint64_t revision = 0;  ///< the one that it makes; the former one if nothing differs
    /// The database had no history of its own: it has the backup's now, log and all.
    bool has_taken_history = false;
    std::vector<Difference> differences;  ///< of those kinds that differ

    bool has_changed_nothing() const { return revision == replaced_revision; }
};

struct RestoreOptions {
    Author author;
    std::string reason;
    bool dry_run = false;
    /// The keys that were in the backup (KeyBox::learn); not called in a dry run.
    std::function<void(std::string_view keys)> learn = {};
    /// Called before the end, when `target` already is as it will be: what it throws undoes all.
    std::function<void()> check = {};
};

/// After a restoration nobody could sign in any more as administrator.
class LastAdminLost : public StoreError {
  public:
    using StoreError::StoreError;
};

/// One state of the database, to wherever `sink` brings it; others go on writing. `keys` is
/// KeyBox::text(). StoreError if it cannot be completed.
BackupContents create_backup(Database& database,
                             const Sink& sink,
                             std::string_view passphrase,
                             std::string_view keys,
                             SealCost cost = {});

/// Reads all of it. StoreError with a plain sentence when the passphrase is wrong or anything in it
/// is not as it was written.
BackupContents verify_backup(const Source& source, std::string_view passphrase);

/// `target` becomes what the backup holds, in one transaction and one new revision: all or nothing.
/// An older schema is brought up to date; a newer one refused (NewerFormat). History and audit log
/// stay what they are and go on, with every change in the new revision; only a database without any
/// revision takes the backup's. Subscriptions that there are stay; those of the backup come to
/// them. LastAdminLost if there was an enabled administrator of the role admin and none is left.
/// A dry run does all of it but the end. Nothing may be reading on `target`.
Restoration restore_backup(Database& target,
                           const Source& source,
                           std::string_view passphrase,
                           const RestoreOptions& options);

}  // namespace isthmus::store
