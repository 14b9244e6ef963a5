// The rows of the table of users: how a user becomes one, and how many are written at once.
#pragma once

#include "policy/user.h"
#include "store/bulk.h"
#include "store/database.h"

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::store {

struct UserChange;

/// The columns that read_user() wants, in its order.
constexpr std::string_view kUserColumns =
    "uri, display_name, enabled, site, pool, homed, policy, source, upn, logon, dn";

/// `first` is the number of the first of them.
policy::User read_user(const Statement& row, int first = 0);

/// What texts are compared by when users are searched: NFKC case folding (UAX #31 5.2.1).
/// StoreError if `text` is no UTF-8.
std::string fold(std::string_view text);

/// Writes what changed, inside the caller's transaction. StoreConflict when a stored user is not
/// the `before` of his change, StoreError for a change that is none or meets a uri twice.
void write_users(Database& database, const std::vector<UserChange>& changes);

}  // namespace isthmus::store
