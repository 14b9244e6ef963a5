// What the services of administrators, tokens and sign-in share. Control thread only.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "control/audit.h"
#include "control/author.h"
#include "control/guess_guard.h"
#include "control/offload.h"
#include "control/password.h"
#include "control/sessions.h"
#include "store/admin_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace isthmus::control {

struct AdminContext {
    store::AdminStore& store;
    Random& random;
    std::function<std::int64_t()> wall;       ///< seconds since 1970
    std::function<std::int64_t()> monotonic;  ///< seconds
    Offload offload;
    Audit audit;
    HashCost cost = {};

    Sessions sessions{random, monotonic};
    /// Five wrong passwords cost an account 30 seconds, then 60, ... up to 15 minutes.
    GuessGuard accounts{{.free_failures = 4,
                         .first_lock = 30,
                         .most_lock = 900,
                         .forget_after = 3600,
                         .most_keys = 10000}};
    /// The same for names that are no account: nobody learns which are. Apart from the others, so
    /// that made-up names never push a real one out.
    GuessGuard strangers{{.free_failures = 4,
                          .first_lock = 30,
                          .most_lock = 900,
                          .forget_after = 3600,
                          .most_keys = 10000}};
    GuessGuard addresses{{.free_failures = 19,
                          .first_lock = 60,
                          .most_lock = 3600,
                          .forget_after = 3600,
                          .most_keys = 10000}};

    /// Addresses that send tokens which are none: told once in a while, but not locked, because a
    /// forgotten script must not keep out who sits behind the same address.
    GuessGuard bad_tokens{{.free_failures = 0,
                           .first_lock = 600,
                           .most_lock = 3600,
                           .forget_after = 3600,
                           .most_keys = 10000}};

    void note(const Author& author,
              std::string action,
              std::string object,
              std::string outcome,
              std::string detail = {}) const {
        audit({author.admin,
               author.origin,
               std::move(action),
               std::move(object),
               std::move(outcome),
               std::move(detail)});
    }
};

/// As it is stored and compared: lower case, 1 to 64 of a-z 0-9 . _ @ - , not first a sign.
Result<std::string> account_name(std::string_view given);

Error no_account(std::string_view name);
/// For a StoreError: nothing was accepted.
Error not_stored(const std::exception& error);
Error is_busy();
/// The worker could not make a hash: out of memory.
Error no_hash();

}  // namespace isthmus::control
