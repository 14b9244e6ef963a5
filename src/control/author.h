// Who makes a change: as the revisions remember it, and in which role.
#pragma once

#include "control/rights.h"
#include "store/author.h"

namespace isthmus::control {

struct Author : store::Author {
    Role role = Role::None;
};

}  // namespace isthmus::control
