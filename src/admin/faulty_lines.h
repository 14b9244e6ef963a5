// The answer to a file of users that has faults.
#pragma once

#include "admin/http.h"
#include "control/user_import.h"

namespace isthmus::admin {

/// 400 with "faults": the first of them, each with its line.
HttpResponse faulty_lines(const control::ImportReport& report);

}  // namespace isthmus::admin
