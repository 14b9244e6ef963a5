// What a directory says against what we have: who comes, changes, leaves. Pure planning; who runs
// it decides where.
#pragma once

#include "base/result.h"
#include "control/directory.h"
#include "control/names.h"
#include "policy/policy.h"
#include "store/config_store.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::control {

struct EntryFault {
    std::string dn;
    std::string sentence;
};

/// All that was read of the directory.
struct DirectoryAnswer {
    static constexpr std::size_t kMostFaults = 100;

    std::vector<DirectoryUser> users;
    std::size_t without_address = 0;  ///< entries that are no users of ours
    /// Entries that say nonsense. All their DNs are kept: whose entry cannot be read does not
    /// leave.
    std::vector<EntryFault> faults;
    std::vector<std::string> notices;
};

/// What it is compared with.
struct SyncGround {
    const policy::Policy& policy;  ///< its sites and pools
    const CanonicalNames& canonical;
    policy::Homed homed = policy::Homed::Here;  ///< of new users
    /// Every user of ours, in any order.
    std::function<void(const store::ConfigStore::TakeUser&)> each_user;
    /// Those of `uris`, which is sorted, whom an earlier synchronisation disabled, and nobody
    /// since. Asked once at most.
    std::function<std::vector<std::string>(const std::vector<std::string>& uris)> disabled_by_us;
    bool force = false;  ///< do it although many would leave
};

struct SyncCounts {
    std::size_t users = 0;  ///< valid ones in the directory
    std::size_t created = 0;
    std::size_t changed = 0;     ///< those below are not among them
    std::size_t taken_over = 0;  ///< that somebody had entered or imported
    std::size_t renamed = 0;     ///< the same person under another SIP address
    std::size_t disabled = 0;
    std::size_t enabled = 0;
    std::size_t removed = 0;
    std::size_t same = 0;
    std::size_t skipped = 0;          ///< faulty entries
    std::size_t without_address = 0;  ///< entries without SIP address
};

struct SyncPlan {
    std::vector<store::UserChange> changes;  ///< sorted by uri
    SyncCounts counts;
    std::vector<EntryFault> faults;    ///< the first DirectoryAnswer::kMostFaults
    std::vector<std::string> notices;  ///< what is right, but deserves a look
    std::optional<Error> refusal;      ///< set: it must not be carried out unless forced
};

/// Rules (docs/directory.md): only users whose source is the directory are removed or lose what the
/// directory says of them; a user of the same SIP address from elsewhere is taken over; policy and
/// homed are the administrator's; whom an administrator disabled stays disabled; what the directory
/// leaves empty of site and pool stays as it is here.
SyncPlan plan_sync(DirectoryAnswer answer, const SyncGround& ground);

}  // namespace isthmus::control
