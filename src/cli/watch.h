// `isthmus status --watch`: a line a second, and one for each change.
#pragma once

#include "cli/program.h"

namespace isthmus::cli {

/// Until the daemon stops or the user does; the exit code.
int watch_status(const Program& program);

}  // namespace isthmus::cli
