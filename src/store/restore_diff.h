// What a restoration changes: the database as it was is kept beside, in temporary tables, compared
// with what it has become, and in part put back.
#pragma once

#include "store/backup.h"
#include "store/revision_writer.h"

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

/// All inside one transaction, which is rolled back or ends after drop().
class KeptState {
  public:
    /// Copies what is compared or put back.
    explicit KeptState(Database& database);

    bool has_history() const { return has_history_; }

    bool had_admin() const { return had_admin_; }

    /// Rows of the audit log.
    std::uint64_t audit_rows() const { return audit_rows_; }

    /// The history and the audit log of before in place of those that are there now.
    void put_history_back();
    /// The subscriptions of before in place of their equals; others that are there now stay.
    void put_subscriptions_back();
    /// Objects and users, each change into `revision` unless that is null; then the rest, which
    /// revisions do not know.
    std::vector<Difference> compare(RevisionWriter* revision);
    void drop();

  private:
    void keep(std::string_view table, std::string_view key = {});
    void put_back(std::string_view table);
    void compare_objects(RevisionWriter* revision, std::vector<Difference>& to);
    void compare_users(RevisionWriter* revision, std::vector<Difference>& to);
    void compare_recovery_codes(std::vector<Difference>& to);
    void compare_home_documents(std::vector<Difference>& to);
    void compare_names(std::string_view kind,
                       std::string_view table,
                       std::string_view key,
                       std::string_view columns,
                       std::vector<Difference>& to);

    Database& database_;
    std::vector<Table> kept_;
    bool has_history_ = false;
    bool had_admin_ = false;
    std::uint64_t audit_rows_ = 0;
};

/// An enabled account of the role admin.
bool has_admin(Database& database);

}  // namespace isthmus::store
