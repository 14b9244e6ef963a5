// What the configuration says, beyond keys and types: whether every value can be what it is meant
// to be, and what will not work although it can. The start would find the same, one after the
// other.
#pragma once

#include "app/config.h"
#include "app/config_findings.h"

namespace isthmus::app {

/// Addresses, names, references from one value to another. Looks at no other file.
void check_values(const Config& config, Findings& findings);

/// The files that are named: certificates, keys, secrets, the state directory; for the user whom
/// the process runs as. Nothing is made or changed.
void check_files(const Config& config, Findings& findings);

}  // namespace isthmus::app
