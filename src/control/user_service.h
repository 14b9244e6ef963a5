// Our users as the administrator keeps them, and which policy each was given. Transport-free.
// Control thread only.
#pragma once

#include "base/result.h"
#include "control/edit.h"
#include "control/policy_service.h"
#include "policy/user.h"
#include "store/config_store.h"

#include <boost/json/object.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

/// What must hold of a user before he is stored: site, pool and policy exist.
Result<void> check_user(const policy::Policy& policy, const policy::User& user);

class UserService {
  public:
    static constexpr std::size_t kMaxLimit = 1000;

    explicit UserService(PolicyService& policies) : policies_(policies) {}

    /// Syntax with IST-API-001 if the limit is over kMaxLimit.
    Result<store::UserPage> list(const store::UserFilter& filter) const;
    /// By SIP address, UPN, DOMAIN\logon or distinguished name, or the display name if only one
    /// user bears it.
    Result<policy::User> get(std::string_view identity) const;
    /// With the policy in force for him and why: "effective_policy", "effective_scope".
    boost::json::object describe(const policy::User& user) const;

    Result<Committed> create(const boost::json::object& given, const Edit& edit);
    Result<Committed> set(std::string_view identity,
                          const boost::json::object& change,
                          const Edit& edit);
    Result<Committed> erase(std::string_view identity, const Edit& edit);

    /// Gives all of them a user policy, in one revision; an empty `policy` takes it away. A SIP
    /// address that nobody entered yet is entered; any other identity must be known and name one
    /// user. "*" in an identity stands for any text: over the SIP address and the display name.
    Result<Committed> grant(std::span<const std::string> identities,
                            std::string_view policy,
                            const Edit& edit);

    /// What an import or a directory brings: created, changed or deleted in one revision, all or
    /// nothing. The users are valid on the ground of `checked_on` (check_user()); Conflict with
    /// IST-API-005 if they no longer are.
    Result<Committed> replace(std::vector<store::UserChange> changes,
                              std::string action,
                              std::string object,
                              const Edit& edit,
                              const std::shared_ptr<const policy::Policy>& checked_on);

    PolicyService& policies() const { return policies_; }

  private:
    Error no_such(std::string_view identity) const;
    Result<std::vector<policy::User>> match(std::string_view identity) const;
    Result<Committed> commit_one(const char* action, store::UserChange change, const Edit& edit);

    PolicyService& policies_;
};

}  // namespace isthmus::control
