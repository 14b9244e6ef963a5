// Users from a CSV file: all of them or none, in one revision. Control thread only but for the
// plan.
#pragma once

#include "base/result.h"
#include "control/edit.h"
#include "control/names.h"
#include "control/user_service.h"
#include "policy/policy.h"
#include "store/config_store.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct ImportFault {
    std::size_t line = 0;  ///< of the file, from 1
    std::string sentence;  ///< field, value and rule
};

struct ImportReport {
    static constexpr std::size_t kMostFaults = 100;

    std::size_t created = 0;
    std::size_t changed = 0;
    std::size_t same = 0;
    std::size_t faulty = 0;           ///< lines; any of them means that nothing was imported
    std::vector<ImportFault> faults;  ///< the first of them
    Committed committed;              ///< if there was no fault
};

/// Read and compared; nothing is stored yet.
struct ImportPlan {
    ImportReport report;  ///< but for what was committed
    std::vector<store::UserChange> changes;
    std::shared_ptr<const policy::Policy> checked_on;
};

/// What the plan is made on.
struct ImportGround {
    std::shared_ptr<const policy::Policy> policy;
    const CanonicalNames& canonical;
    /// Every user of ours, in any order.
    std::function<void(const store::ConfigStore::TakeUser&)> each_user;
    const std::atomic<bool>* is_asked_to_end = nullptr;  ///< then the plan is worth nothing
};

/// The first line names the columns: the properties of a user, or the names that Get-CsUser exports
/// (SipAddress, DisplayName, Enabled, ExternalAccessPolicy, RegistrarPool, UserPrincipalName,
/// SamAccountName, DistinguishedName). Users that the file does not name stay; a column that is not
/// there keeps what it was. Syntax with IST-API-001 if the file as a whole cannot be read.
/// Any thread.
Result<ImportPlan> plan_import(std::string_view csv, const ImportGround& ground);

/// Stores what was planned, if no line is faulty.
Result<ImportReport> carry_out(UserService& users, ImportPlan plan, const Edit& edit);

/// Both, at once.
Result<ImportReport> import_users(UserService& users, std::string_view csv, const Edit& edit);

}  // namespace isthmus::control
