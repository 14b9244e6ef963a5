// Who makes a change, as the revisions remember it.
#pragma once

#include "store/policy_store.h"

namespace isthmus::control {

using Author = store::Author;
using Revision = store::PolicyRevision;

}  // namespace isthmus::control
