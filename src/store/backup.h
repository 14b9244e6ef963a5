// Everything in one file: made while the gateway runs, independent of the database that it came
// from, so that a backup of SQLite restored into PostgreSQL is the way from one to the other.
// All of it is under a passphrase (sealed_stream.h), for there are secrets in it.
//
// Inside: a description, then table by table its columns and rows. Memory does not grow with them.
// Blocking: many users take seconds, so run it on a thread and a Database of its own.
#pragma once

#include "store/author.h"
#include "store/database.h"
#include "store/sealed_stream.h"

#include <cstdint>
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

struct Restoration {
    BackupContents backup;
    std::uint64_t replaced_revision = 0;
    std::vector<BackupTable> replaced;  ///< what was, or in a dry run is, in the database
};

/// One state of the database; others go on writing. `file` must not exist; it appears when it is
/// complete and on the disk, readable for its owner only. StoreError otherwise, and no file.
BackupContents create_backup(Database& database,
                             const std::string& file,
                             std::string_view passphrase);
/// The same to wherever `sink` brings it.
BackupContents create_backup(Database& database, const Sink& sink, std::string_view passphrase);

/// Reads all of it. StoreError with a plain sentence when the passphrase is wrong or anything in it
/// is not as it was written.
BackupContents verify_backup(const std::string& file, std::string_view passphrase);
BackupContents verify_backup(const Source& source, std::string_view passphrase);

/// Replaces the whole contents of `target` by the backup's, in one transaction: all or nothing. An
/// older schema is brought up to date; a newer one refused. The audit log, which is the backup's
/// too, gets a row about it by `author`. With `dry_run` nothing is changed, and everything read and
/// checked. Nothing may be reading on `target`.
Restoration restore_backup(Database& target,
                           const std::string& file,
                           std::string_view passphrase,
                           const Author& author,
                           bool dry_run);
Restoration restore_backup(Database& target,
                           const Source& source,
                           std::string_view passphrase,
                           const Author& author,
                           bool dry_run);

}  // namespace isthmus::store
