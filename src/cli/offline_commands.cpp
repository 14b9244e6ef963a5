// The commands about the process itself: those without a daemon, and status, reload, history.
#include "cli/program.h"
#include "cli/watch.h"

#include <fmt/format.h>

#include <vector>

namespace isthmus::cli {

namespace {

const std::vector<ListColumns> kStatusLists = {
    {"gates", {"name", "light", "sentence"}, {"fix"}},
    {"next_steps", {"step", "is_done", "command"}, {}},
    {"last_failures", {"where", "name", "code", "step", "evidence"}, {"address", "fix"}},
    {"streams",
     {"remote_domain", "direction", "state", "auth", "tls", "queued", "last_error"},
     {"local_domain", "remote_address", "oldest_seconds"}},
    {"sip_peers",
     {"name", "target", "state", "state_seconds", "pending", "last_error"},
     {"transport"}},
    {"certificates", {"use", "name", "state", "not_after", "days_left"}, {}},
};

}  // namespace

void add_offline_commands(Program& program) {
    const Offline& offline = program.offline();
    program.option(
        program.command(
            "serve", "run the daemon", [&] { return offline.serve(program.given("--config")); }),
        "--config",
        "configuration file",
        true);
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
    program.command(config, "reload", "as SIGHUP: log level and certificates", [&program] {
        return program.change("POST", "config:reload", {}, "reloaded");
    });
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
                                             {"origin", "reason"}}});
                        }),
        "REV",
        "number of a revision");
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
    program.option(program.command("translate",
                                   "run translation cases (offline)",
                                   [&] { return offline.translate(program.given("--cases")); }),
                   "--cases",
                   "case file",
                   true);
    program.command("version", "print the version", [&offline] {
        fmt::print("isthmus {}\n", offline.version);
        return 0;
    });
    program.flag(program.command("status",
                                 "what the daemon is doing, and what is still to be done",
                                 [&program] {
                                     if (program.has("--watch")) {
                                         return watch_status(program);
                                     }
                                     return program.show("status",
                                                         {.columns = {.table = {"server_name"},
                                                                      .wide = {},
                                                                      .lists = kStatusLists}});
                                 }),
                 "--watch",
                 "go on: a line a second, and one for each change");
}

}  // namespace isthmus::cli
