// Who makes a change: as the revisions remember it, and in which role.
#pragma once

#include "control/rights.h"
#include "store/policy_store.h"

namespace isthmus::control {

struct Author : store::Author {
    Role role = Role::None;
};

using Revision = store::Revision;

}  // namespace isthmus::control
