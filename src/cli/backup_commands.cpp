// Backups: the file is the caller's, wherever the daemon runs.
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/fields.h"
#include "cli/program.h"
#include "cli/secret_input.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <system_error>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostPassphrase = 4096;

NotUsable unusable(const std::string& file, const std::system_error& error) {
    return NotUsable({fmt::format("{}: it cannot be used", text::escape_for_log(file)),
                      error.code().message(),
                      "name a file that you may read, or a new one where you may write"});
}

/// Of --passphrase-file the first line; else stdin.
std::string read_passphrase(const Program& program, bool is_new) {
    const std::string& file = program.given("--passphrase-file");
    if (file.empty()) {
        return is_new ? read_secret("passphrase of the backup")
                      : read_secret_once("passphrase of the backup");
    }
    try {
        const std::string text = File(file, O_RDONLY).read_all(kMostPassphrase);
        std::string line = text.substr(0, text.find('\n'));
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        if (line.empty()) {
            throw NotUsable({"--passphrase-file: its first line is empty",
                             "",
                             "write the passphrase there, on a line of its own"});
        }
        return line;
    } catch (const std::system_error& error) {
        throw unusable(file, error);
    }
}

/// "of 2026-.., revision 7: 3 partners .."
void print_contents(const json::object& contents) {
    fmt::print("of {} ({}), revision {}, schema {}\n",
               value_of(contents, "at"),
               value_of(contents, "source"),
               value_of(contents, "revision"),
               value_of(contents, "schema_version"));
    const json::value* rows = contents.if_contains("rows");
    if (rows != nullptr && rows->is_object()) {
        for (const auto& [name, count] : rows->get_object()) {
            fmt::print("  {:<20} {}\n", text::escape_for_log(name), json::serialize(count));
        }
    }
}

void print_restoration(const json::object& made) {
    const bool is_trial = value_of(made, "dry_run") == "true";
    if (const json::value* backup = made.if_contains("backup"); backup != nullptr) {
        fmt::print("backup of {}, revision {}\n",
                   value_of(backup->as_object(), "at"),
                   value_of(backup->as_object(), "revision"));
    }
    const json::array& changes = made.at("changes").as_array();
    for (const json::value& one : changes) {
        const json::object& change = one.as_object();
        fmt::print("{:<16} {} created, {} changed, {} deleted\n",
                   value_of(change, "kind"),
                   value_of(change, "created"),
                   value_of(change, "changed"),
                   value_of(change, "deleted"));
        for (const json::value& name : change.at("names").as_array()) {
            fmt::print("  {}\n", text::escape_for_log(name.as_string()));
        }
    }
    if (changes.empty()) {
        fmt::print("everything is as in the backup\n");
    }
    if (value_of(made, "history_taken") == "true") {
        fmt::print("history and audit log: the backup's\n");
    }
    if (is_trial) {
        fmt::print("nothing was changed (--dry-run)\n");
        return;
    }
    if (value_of(made, "revision") == value_of(made, "replaced_revision")) {
        fmt::print(stderr, "nothing was changed, revision {} stays\n", value_of(made, "revision"));
        return;
    }
    fmt::print(stderr,
               "restored, revision {} in place of {}{}\n",
               value_of(made, "revision"),
               value_of(made, "replaced_revision"),
               value_of(made, "in_force") == "true"
                   ? ", in force"
                   : ", stored; the gateway has not confirmed it yet");
}

int create(const Program& program) {
    const std::string& file = program.given("FILE");
    if (program.switches().dry_run) {
        fmt::print("POST /api/v1/backups, into {}\n", text::escape_for_log(file));
        return 0;
    }
    const bool is_stdout = file == "-";
    if (!is_stdout && std::filesystem::exists(file)) {
        throw NotUsable({fmt::format("{}: there is such a file", text::escape_for_log(file)),
                         "a backup never replaces another",
                         "name a new one"});
    }
    const std::string passphrase = read_passphrase(program, true);
    try {
        std::optional<UnfinishedFile> unfinished;
        std::optional<File> opened;
        Transfer transfer{.sink = [&](std::string_view octets) {
            if (opened) {
                opened->write(octets);
            } else {
                std::fwrite(octets.data(), 1, octets.size(), stdout);
            }
        }};
        if (!is_stdout) {
            unfinished.emplace(file);
            opened.emplace(unfinished->path(), O_WRONLY | O_CREAT | O_EXCL);
        }
        const Answer answer = program.move(
            "POST", "backups", json::serialize(json::object{{"passphrase", passphrase}}), transfer);
        if (answer.status >= 300) {
            return program.failed(answer);
        }
        if (is_stdout) {
            return std::fflush(stdout) == 0 ? 0 : 1;
        }
        opened->sync();
        opened.reset();
        if (!unfinished->keep_as_new()) {
            throw NotUsable({fmt::format("{}: there is such a file", text::escape_for_log(file)),
                             "it was made meanwhile",
                             "name a new one"});
        }
        if (!program.switches().quiet) {
            boost::system::error_code ignored;
            program.print(json::parse(answer.backup, ignored), print_contents);
        }
        return 0;
    } catch (const std::system_error& error) {
        throw unusable(file, error);
    }
}

/// Sends the file; the answer, when there is one.
Answer send(const Program& program, const std::string& target, const std::string& file) {
    try {
        const File opened(file, O_RDONLY);
        const auto size = std::filesystem::file_size(file);
        Transfer transfer{
            .source = [&](char* to, std::size_t most) { return opened.read(to, most); },
            .size = size};
        transfer.fields.emplace_back("Isthmus-Passphrase",
                                     digest::base64_encode(read_passphrase(program, false)));
        return program.move("POST", target, {}, transfer);
    } catch (const std::system_error& error) {
        throw unusable(file, error);
    }
}

int verify_backup(const Program& program) {
    const std::string& file = program.given("FILE");
    const Answer answer = send(program, "backups:verify", file);
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    program.print(answer.body, [&](const json::object& contents) {
        fmt::print("{}: good\n", text::escape_for_log(file));
        print_contents(contents);
    });
    return 0;
}

/// Only who sits at a terminal is asked.
bool is_wanted(const Program& program) {
    const Program::Switches& switches = program.switches();
    if (switches.dry_run || switches.yes || switches.no_input || isatty(STDIN_FILENO) == 0) {
        return true;
    }
    fmt::print(stderr,
               "Policies, partners, users, administrators and tokens become what the backup holds; "
               "--dry-run shows the difference. Go on? [y/N] ");
    std::string line;
    std::getline(std::cin, line);
    return line == "y" || line == "yes";
}

int restore(const Program& program) {
    if (!is_wanted(program)) {
        fmt::print(stderr, "nothing was changed\n");
        return 1;
    }
    const Program::Switches& switches = program.switches();
    std::string target = switches.dry_run ? "backups:restore?dry_run=true" : "backups:restore";
    if (!switches.reason.empty()) {
        target += (switches.dry_run ? "&reason=" : "?reason=") + encode_segment(switches.reason);
    }
    const Answer answer = send(program, target, program.given("FILE"));
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    program.print(answer.body, print_restoration);
    return 0;
}

}  // namespace

void add_backup_commands(Program& program) {
    CLI::App& backup =
        program.group("backup", "everything in one file, encrypted under a passphrase");
    const auto command =
        [&](const char* name, const char* help, const char* file, Program::Action action) {
            CLI::App& made =
                program.word(program.command(backup, name, help, std::move(action)), "FILE", file);
            program.option(made,
                           "--passphrase-file",
                           "its first line is the passphrase; else it is read from stdin, or asked "
                           "for at a terminal");
        };
    command(
        "create", "a new backup, while the gateway runs", "a new file; - is stdout", [&program] {
            return create(program);
        });
    command("verify", "whether a backup is whole, and what is in it", "the backup", [&program] {
        return verify_backup(program);
    });
    command("restore",
            "make the gateway what a backup holds, in one revision; --dry-run shows what changes",
            "the backup",
            [&program] { return restore(program); });
}

}  // namespace isthmus::cli
