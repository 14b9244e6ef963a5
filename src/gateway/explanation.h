// What an administrator reads about a refusal by policy: who, with whom, which gate, and the
// command that opens it. Peers never see it.
#pragma once

#include "policy/policy.h"

#include <string>
#include <string_view>

namespace isthmus::gateway {

/// A question to policy, and its answer that is not Open. Views as in them.
struct PolicyRefusal {
    policy::Decision decision;
    policy::Query query;
};

struct Explanation {
    std::string sentence;  ///< names the user, the other side and the gate
    std::string fix;       ///< a command that can be run as it stands
};

/// `query.user` may be empty, if a whole domain is refused.
Explanation explain(const PolicyRefusal& refusal);
/// The same in one text.
std::string explain_in_full(const PolicyRefusal& refusal);

/// "global", "site" or "tag": the scope of the policy that decided.
std::string_view scope_of(const policy::AccessRule& rule);

}  // namespace isthmus::gateway
