// The canonical forms of what administrators type as names; given by app/, which knows both
// protocols.
#pragma once

#include "base/result.h"

#include <functional>
#include <string>
#include <string_view>

namespace isthmus::control {

/// What an administrator types as a name, in the form that is compared (docs/house.md, decision 9).
using Canonical = std::function<Result<std::string>(std::string_view)>;

struct CanonicalNames {
    Canonical domain;   ///< of XMPP
    Canonical user;     ///< of SIP: "sip:Alice@contoso.example" to "alice@contoso.example"
    Canonical contact;  ///< a bare JID
};

}  // namespace isthmus::control
