// The commands about the process itself: those without a daemon, and status.
#include "cli/program.h"

#include <fmt/format.h>

#include <vector>

namespace isthmus::cli {

namespace {

const std::vector<ListColumns> kStatusLists = {
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
    program.command("status", "what the daemon is doing", [&program] {
        return program.show(
            "status", {.columns = {.table = {"server_name"}, .wide = {}, .lists = kStatusLists}});
    });
}

}  // namespace isthmus::cli
