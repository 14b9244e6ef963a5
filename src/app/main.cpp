// Arguments in, exit code out.
#include "admin/panel_files.h"
#include "app/daemon.h"
#include "app/translate_cases.h"
#include "app/version.h"
#include "cli/commands.h"

#include <cstdio>
#include <string>

int main(int count, char** arguments) {
    using namespace isthmus;
    const cli::Offline offline{
        .serve = [](const std::string& file) { return app::serve(file, admin::panel_data()); },
        .check_config = app::check_config,
        .translate = [](const std::string& file) { return app::run_translate_cases(file, stdout); },
        .version = std::string(app::kVersion)};
    return cli::run(count, arguments, offline);
}
