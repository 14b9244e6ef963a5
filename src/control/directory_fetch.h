// A whole directory, read and understood; nothing of it is compared yet. Blocks: for a thread of
// its own.
#pragma once

#include "base/result.h"
#include "control/directory.h"
#include "control/directory_sync.h"
#include "control/ldap_client.h"

namespace isthmus::control {

Result<DirectoryAnswer> fetch_directory(const DirectorySettings& settings,
                                        Interruption& interruption);

}  // namespace isthmus::control
