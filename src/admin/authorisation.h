// May this author do this? 401 for who is not signed in, 403 for who is but may not.
#pragma once

#include "base/result.h"
#include "control/author.h"

namespace isthmus::admin {

Result<void> check_right(const control::Author& author, control::Right right);

}  // namespace isthmus::admin
