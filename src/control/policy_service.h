// The management use cases for policies, partners and switches: validate, store, put in force.
// Transport-free: the API and tests call the same functions. Control thread only.
#pragma once

#include "base/result.h"
#include "control/objects.h"
#include "policy/policy.h"
#include "store/policy_store.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace isthmus::control {

/// Hands a snapshot to the running gateway and returns when it is in force there. False: it did
/// not confirm in time (it will still come into force).
using Publish = std::function<bool(std::shared_ptr<const policy::Policy>)>;

/// What a committed change answers.
struct Committed {
    std::uint64_t revision = 0;
    bool is_in_force = false;
    boost::json::object object;  ///< as it is now; empty after a deletion
};

class PolicyService {
  public:
    /// Loads everything and publishes it. Throws StoreError, or std::runtime_error if what is
    /// stored does not make a policy.
    PolicyService(store::PolicyStore& store, CanonicalDomain canonical, Publish publish);

    const policy::Policy& current() const { return *current_; }

    Result<policy::Partner> partner(std::string_view domain) const;
    Result<Committed> create_partner(const boost::json::object& given, const store::Author& author);
    Result<Committed> set_partner(std::string_view domain,
                                  const boost::json::object& change,
                                  const store::Author& author);
    Result<Committed> delete_partner(std::string_view domain, const store::Author& author);

    Result<policy::AccessRule> rule(std::string_view id) const;
    /// Site and user policies come with the management issue: only "global" may be set here.
    Result<Committed> set_rule(std::string_view id,
                               const boost::json::object& change,
                               const store::Author& author);
    Result<Committed> set_access_edge(const boost::json::object& change,
                                      const store::Author& author);
    Result<Committed> set_gateway(const boost::json::object& change, const store::Author& author);

    std::vector<store::PolicyRevision> history(std::size_t limit) const { return store_.history(limit); }

  private:
    /// Builds what would be in force first: nothing is stored that does not validate.
    template <class Save>
    Result<Committed> commit(policy::Objects objects, boost::json::object now, Save save);

    Result<Committed> save_partner(policy::Objects objects,
                                   const policy::Partner& partner,
                                   const store::Author& author,
                                   store::Change change);

    store::PolicyStore& store_;
    CanonicalDomain canonical_;
    Publish publish_;
    std::shared_ptr<const policy::Policy> current_;
};

}  // namespace isthmus::control
