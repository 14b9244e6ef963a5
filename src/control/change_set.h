// Several changes as one revision: each is checked on what those before it have made, and the first
// that is refused ends it before anything is stored. The plan may be made on any thread, for it may
// hold a million users; it is carried out on the control thread.
#pragma once

#include "base/result.h"
#include "control/edit.h"
#include "control/policy_service.h"
#include "control/user_import.h"

#include <boost/json/array.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::control {

/// One of them.
struct ObjectOrder {
    std::string name;  ///< a refusal begins with it: "partners/fabrikam.example"
    std::string if_match;
    /// PolicyService::create(), set() or set_single().
    std::function<Result<Committed>(PolicyService& service, const Edit& edit)> carry_out;
};

struct ChangeSet {
    static constexpr std::size_t kMostOrders = 10'000;

    std::string action = "change";    ///< of the revision; or "import"
    std::vector<ObjectOrder> orders;  ///< at most kMostOrders
    std::string users_csv;            ///< as plan_import() reads it, after the orders; empty: none
};

struct ChangeSetPlan {
    Draft draft;
    boost::json::array objects;  ///< as each order would leave its own
    ImportReport users;          ///< one that is faulty: nothing will be changed
    std::shared_ptr<const policy::Policy> made_on;
};

/// `rehearsal` is PolicyService::rehearse() of `made_on`, the snapshot in force then.
Result<ChangeSetPlan> plan_changes(
    const ChangeSet& set,
    PolicyService rehearsal,
    const Edit& edit,
    const std::function<void(const store::ConfigStore::TakeUser&)>& each_user,
    const std::atomic<bool>* is_asked_to_end = nullptr);

/// Conflict with IST-API-005 if anything was changed since it was planned. Not if it is faulty.
Result<Committed> carry_out(PolicyService& service, ChangeSetPlan plan, const Edit& edit);

}  // namespace isthmus::control
