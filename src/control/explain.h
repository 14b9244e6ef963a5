// Why may these two talk, or not: the gates of the decision in their order, each with its verdict,
// the object that says so, and the command that changes it. For administrators; peers never see it.
#pragma once

#include "control/own_domains.h"
#include "policy/policy.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::control {

struct GateVerdict {
    policy::Gate gate = policy::Gate::Open;  ///< Open: none of policy's, the domain of our user
    std::string_view name;                   ///< "served-domain", else policy::gate_name()
    std::string_view code;                   ///< of a refusal
    bool is_open = true;
    bool was_asked = true;  ///< false: an earlier gate had decided, and nothing is said of this one
    std::string object;     ///< "policy/Tag:Sales", "partner/fabrikam.example"
    std::string sentence;
    std::string fix;  ///< a command; empty where nothing is to be done
};

/// What is known of the two besides the policy in force.
struct AboutTheTwo {
    std::optional<bool> is_contact = {};  ///< whether the user added that XMPP user, if it is known
    std::string_view remote_user = {};    ///< local part of the XMPP user; empty: the whole domain
    bool is_entered = true;               ///< whether our user has an entry
    std::string near_user = {};  ///< address of one who has, and whom a misspelt one may have meant
};

struct Explanation {
    std::vector<GateVerdict> gates;

    /// What traffic gets: the gate that refuses it; null if they may talk.
    const GateVerdict* closed() const;
};

/// The names as policy::Query wants them; without a domain of our user, nothing is said of it.
/// Where a name may be misspelt, the fix asks again with the one that is near, and the sentence
/// says what to do if it is not.
Explanation explain(const policy::Policy& policy,
                    const OwnDomains& own,
                    const policy::Query& query,
                    const AboutTheTwo& two = {});
/// The domain of a partner that a misspelt one may have meant; empty if none is near.
std::string nearest_partner_domain(const policy::PartnerTable& partners, std::string_view domain);

boost::json::object to_json(const Explanation& explanation);

}  // namespace isthmus::control
