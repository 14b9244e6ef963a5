// Who did what, and that nobody changed the record of it afterwards: each row carries SHA-256 over
// the hash of the row before it, all its own columns and the digest of what its revision changed; a
// head row says which one is the last. Control thread; blocking; throws StoreError.
//
// Whoever can write the database can also compute the whole chain anew: an exported head kept
// elsewhere is what such a forger cannot meet.
#pragma once

#include "store/author.h"
#include "store/database.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::store {

/// What is told to the log.
struct AuditEvent {
    Author author;
    std::string action;   ///< "sign-in", "create", "export"
    std::string object;   ///< "partner/fabrikam.example"; may be empty
    std::string outcome;  ///< "done", "refused", "failed"
    std::string detail;   ///< why; never a secret

    bool operator==(const AuditEvent&) const = default;
};

struct AuditRow {
    std::uint64_t seq = 0;  ///< 1, 2, 3 ... without gaps
    std::string at;         ///< UTC, RFC 3339
    AuditEvent event;
    std::optional<std::uint64_t> revision;  ///< what the row's commit made
    std::string changes;                    ///< digest of that revision, hex; else empty
    std::string hash;                       ///< hex

    bool operator==(const AuditRow&) const = default;
};

/// What is empty does not restrict.
struct AuditFilter {
    std::string admin;
    std::string action;
    std::string object;  ///< one that ends in "/" is the beginning of many
    std::string outcome;
    std::string since;         ///< UTC, RFC 3339, the first moment that counts
    std::string until;         ///< the first that does not
    std::uint64_t before = 0;  ///< only rows with a smaller seq; 0: from the newest
};

/// The first row at which the log and what was once written part.
struct AuditFault {
    std::uint64_t seq = 0;
    std::string why;  ///< a sentence

    bool operator==(const AuditFault&) const = default;
};

struct AuditHead {
    std::uint64_t seq = 0;
    std::string hash;

    bool operator==(const AuditHead&) const = default;
};

struct AuditVerdict {
    std::uint64_t rows = 0;  ///< how many were checked and found good
    AuditHead head;
    std::optional<AuditFault> fault;
};

class AuditLog {
  public:
    explicit AuditLog(Database& database) : database_(database) {}

    /// In a transaction of its own; returns the row's seq.
    std::uint64_t append(const AuditEvent& event);
    /// In the caller's transaction, which must be one that writes alone; `revision` is in the
    /// tables already.
    std::uint64_t append(const Transaction& transaction,
                         const AuditEvent& event,
                         std::optional<std::uint64_t> revision = std::nullopt);

    /// Newest first.
    std::vector<AuditRow> list(const AuditFilter& filter, std::size_t limit) const;
    /// All that `filter` lets through, oldest first, in one state; memory does not grow with the
    /// number of rows.
    void export_rows(const AuditFilter& filter,
                     const std::function<void(const AuditRow&)>& take) const;
    /// Reads everything, revisions as well: about a second for 500,000 changes.
    AuditVerdict verify() const;
    AuditHead head() const;

  private:
    Database& database_;
};

/// Hex SHA-256 over a revision's row and its changes; empty if there is no such revision.
std::string revision_digest(Database& database, std::uint64_t revision);

}  // namespace isthmus::store
