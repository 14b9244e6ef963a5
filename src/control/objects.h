// The management objects as JSON, with the property names of the API: the one place that knows
// them. Used by the API for bodies, by the services for revisions.
#pragma once

#include "base/result.h"
#include "policy/policy.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace isthmus::control {

/// Prepared, compared form of an XMPP domain (docs/house.md, decision 9); given by app/, which
/// knows the xmpp room.
using CanonicalDomain = std::function<Result<std::string>(std::string_view)>;

boost::json::object to_json(const policy::Partner& partner);
boost::json::object to_json(const policy::AccessRule& rule);
boost::json::object to_json(const policy::AccessEdge& edge);
/// Without the passphrase: secrets never leave.
boost::json::object to_json(const policy::GatewaySettings& settings);

/// Changes the named properties, all or none. Syntax with IST-API-001 on an unknown property (the
/// nearest is named), a wrong type or a value out of range.
Result<void> apply(policy::Partner& to,
                   const boost::json::object& change,
                   const CanonicalDomain& canonical);
Result<void> apply(policy::AccessRule& to, const boost::json::object& change);
Result<void> apply(policy::AccessEdge& to, const boost::json::object& change);
Result<void> apply(policy::GatewaySettings& to, const boost::json::object& change);

/// "global", "site:NAME", "tag:NAME" or NAME to the stored identity "Global", "Site:NAME",
/// "Tag:NAME".
std::string policy_identity(std::string_view id);

}  // namespace isthmus::control
