// The [directory] section of the configuration file.
#pragma once

#include "app/config.h"
#include "app/config_findings.h"
#include "app/config_reader.h"
#include "control/directory.h"

namespace isthmus::app {

void read_directory(TableReader table, control::DirectorySettings& to);
/// Everything but the files. Nothing to find if there is no section.
void check_directory(const Config& config, Findings& findings);

}  // namespace isthmus::app
