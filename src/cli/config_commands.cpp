// `isthmus config`: the boot file, which is checked here, shown by the daemon that has read it, and
// the history of what is not in it.
#include "cli/program.h"
#include "cli/toml.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <string>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

int show_schema(const Program& program) {
    const std::string text = program.offline().config_schema();
    const Format format = program.format() == Format::Yaml ? Format::Yaml : Format::Json;
    fmt::print("{}", render(json::parse(text), format, {}));
    return 0;
}

int show_config(const Program& program) {
    return program.request("GET",
                           program.has("--effective") ? "config?effective=true" : "config",
                           {},
                           [](const json::object& body) {
                               fmt::print("# {}\n{}",
                                          toml_comment(body.at("file").as_string()),
                                          to_toml(body.at("config").as_object()));
                           });
}

void add_history(Program& program, CLI::App& config) {
    program.option(
        program.command(config,
                        "history",
                        "the latest revisions, or what one changed",
                        [&program] {
                            const std::string& revision = program.given("REV");
                            return program.show(
                                revision.empty() ? "revisions"
                                                 : "revisions/" + encode_segment(revision),
                                {.columns = {{"revision", "at", "admin", "action", "object"},
                                             {"origin", "reason"}},
                                 .nothing = [] {
                                     return "nothing was changed yet; the first change is revision "
                                            "1";
                                 }});
                        }),
        "REV",
        "number of a revision");
    program.word(
        program.command(config,
                        "undo",
                        "what one revision changed as before, unless changed since",
                        [&program] {
                            return program.change(
                                "POST",
                                "revisions/" + encode_segment(program.given("REVISION")) + ":undo",
                                {},
                                "undone");
                        }),
        "REVISION",
        "its number");
    program.word(program.command(config,
                                 "rollback",
                                 "everything as it was after a revision, as a new one",
                                 [&program] {
                                     return program.change(
                                         "POST",
                                         "revisions/" + encode_segment(program.given("REVISION")) +
                                             ":rollback",
                                         {},
                                         "rolled back");
                                 }),
                 "REVISION",
                 "its number");
}

}  // namespace

void add_config_commands(Program& program) {
    const Offline& offline = program.offline();
    CLI::App& config = program.group("config", "the boot configuration and its history");
    program.option(program.command(config,
                                   "check",
                                   "check a file (offline)",
                                   [&] {
                                       const std::string& file = program.given("FILE");
                                       return offline.check_config(
                                           file.empty() ? "/etc/isthmus/isthmus.toml" : file);
                                   }),
                   "FILE",
                   "configuration file");
    program.flag(program.command(config,
                                 "show",
                                 "the file as the daemon read it when it started; no secrets",
                                 [&program] { return show_config(program); }),
                 "--effective",
                 "also what holds where the file is silent");
    program.command(config, "reload", "as SIGHUP: log level and certificates", [&program] {
        return program.change("POST", "config:reload", {}, "reloaded", Program::Trial::None);
    });
    add_history(program, config);
    program.command(config,
                    "schema",
                    "what the file may hold, as a JSON Schema for editors (offline)",
                    [&program] { return show_schema(program); });
}

}  // namespace isthmus::cli
