// The process: start steps in order, signals, reload, drain, reverse stop.
#pragma once

#include "admin/panel_files.h"

#include <span>
#include <string>

namespace isthmus::app {

/// Runs until a signal ends it. The exit code of `isthmus serve`: 0 after an orderly stop, 1 if a
/// start step failed, 2 if the configuration is not valid. `panel` are the files of the control
/// panel.
int serve(const std::string& config_file, std::span<const admin::PanelFile> panel);

/// `isthmus config check`: prints the faults, exit code 0 or 2.
int check_config(const std::string& config_file);

}  // namespace isthmus::app
