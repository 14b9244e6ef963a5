// Why may these two talk, or not: the gates of the decision in their order, each with its verdict,
// the object that says so, and the command that changes it. For administrators; peers never see it.
#pragma once

#include "policy/policy.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct GateVerdict {
    policy::Gate gate = policy::Gate::Open;
    bool is_open = true;
    bool was_asked = true;  ///< false: an earlier gate had decided
    std::string object;     ///< "policy/Tag:Sales", "partner/fabrikam.example"
    std::string sentence;
    std::string fix;  ///< a command; empty where nothing is to be done
};

struct Explanation {
    policy::Decision decision;  ///< what traffic gets
    std::vector<GateVerdict> gates;
};

/// `user` and `domain` as policy::Query wants them; `is_contact` whether the user added that XMPP
/// user, if it is known.
Explanation explain(const policy::Policy& policy,
                    const policy::Query& query,
                    std::optional<bool> is_contact);

boost::json::object to_json(const Explanation& explanation);

}  // namespace isthmus::control
