// The commands about the process itself: those without a daemon, and status.
#include "cli/program.h"
#include "cli/watch.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
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

/// The certificate that has no name of its own.
void name_certificates(boost::json::object& status) {
    boost::json::value* certificates = status.if_contains("certificates");
    if (certificates == nullptr || !certificates->is_array()) {
        return;
    }
    for (boost::json::value& one : certificates->get_array()) {
        boost::json::value* name = one.is_object() ? one.get_object().if_contains("name") : nullptr;
        if (name != nullptr && *name == "configuration-file") {
            *name = "from the configuration file";
        }
    }
}

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
    program.flag(program.command("status",
                                 "what the daemon is doing, and what is still to be done",
                                 [&program] {
                                     if (program.has("--watch")) {
                                         return watch_status(program);
                                     }
                                     return program.show("status",
                                                         {.columns = {.table = {"server_name"},
                                                                      .wide = {},
                                                                      .lists = kStatusLists},
                                                          .reword = name_certificates});
                                 }),
                 "--watch",
                 "go on: a line a second, and one for each change");
}

}  // namespace isthmus::cli
