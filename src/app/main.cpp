// Arguments in, exit code out.
#include "admin/panel_files.h"
#include "app/config.h"
#include "app/daemon.h"
#include "app/translate_cases.h"
#include "app/version.h"
#include "cli/commands.h"

#include <boost/json/serialize.hpp>

#include <cstdio>
#include <string>

int main(int count, char** arguments) {
    using namespace isthmus;
    const cli::Offline offline{
        .serve = [](const std::string& file) { return app::serve(file, admin::panel_data()); },
        .check_config = app::check_config,
        .translate = [](const std::string& file) { return app::run_translate_cases(file, stdout); },
        .version = std::string(app::kVersion),
        .config_schema = [] { return boost::json::serialize(app::schema_of(app::known_keys())); }};
    return cli::run(count, arguments, offline);
}
