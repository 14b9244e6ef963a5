// What another gateway was told, from the files that its shell has written: looked at, planned,
// applied, taken back.
#include "base/text.h"
#include "cli/input_file.h"
#include "cli/migration_plan.h"
#include "cli/program.h"
#include "cli/report.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

constexpr std::uintmax_t kLargestPlan = std::uintmax_t{256} << 20U;
constexpr std::size_t kShownDifferences = 6;

bool is_for_people(const Program& program) {
    return program.format() == Format::Table || program.format() == Format::Wide;
}

struct Files {
    LyncExport found;
    json::array read;
};

/// Throws NotUsable if one of them cannot be read: half an export would be a wrong plan.
Files read_files(const Program& program) {
    Files files;
    LyncReader reader;
    for (const std::string& path : program.words_given("FILE")) {
        const ClixmlLimits limits;
        const auto file = read_clixml(
            read_input(path, limits.max_octets, "name a file that Export-Clixml has written"),
            limits);
        if (!file) {
            throw NotUsable(
                {fmt::format("{}: {}", text::escape_for_log(path, 200), file.error().public_text),
                 file.error().detail,
                 "write it with Export-Clixml, as in docs/migration.md; nothing in it "
                 "is run"});
        }
        const std::size_t known = reader.take(*file);
        files.read.push_back(
            {{"file", path}, {"objects", file->pipeline.size()}, {"known", known}});
    }
    files.found = reader.finish();
    return files;
}

std::string brief(const json::value& value) {
    const std::string text =
        value.is_string() ? json::value_to<std::string>(value) : json::serialize(value);
    return text::escape_for_log(text, 80);
}

void print_notes(const json::array& notes, const char* indent) {
    for (const json::value& note : notes) {
        fmt::print("{}{}\n", indent, text::escape_for_log(note.as_string(), 400));
    }
}

void print_ignored(const json::array& names) {
    if (names.empty()) {
        return;
    }
    std::string line;
    for (const json::value& name : names) {
        line += (line.empty() ? "" : ", ") + text::escape_for_log(name.as_string(), 60);
    }
    fmt::print("without a meaning here: {}\n", line);
}

int inspect(const Program& program) {
    const Files files = read_files(program);
    json::array objects;
    for (const LyncObject& object : files.found.objects) {
        json::array notes(object.notes.begin(), object.notes.end());
        objects.push_back({{"kind", name_of(object.kind)},
                           {"id", object.id},
                           {"refused", object.is_refused},
                           {"properties", object.body},
                           {"notes", std::move(notes)}});
    }
    const json::object all = {
        {"files", files.read},
        {"objects", objects},
        {"users",
         {{"read", files.found.users.size()},
          {"disabled", files.found.disabled_users},
          {"without_address", files.found.users_without_address}}},
        {"ignored_properties", json::array(files.found.ignored.begin(), files.found.ignored.end())},
        {"notes", json::array(files.found.notes.begin(), files.found.notes.end())}};
    if (!is_for_people(program)) {
        fmt::print("{}", render(all, program.format(), {.table = {"kind", "id"}}));
        return 0;
    }
    for (const json::value& file : files.read) {
        fmt::print("{}: {} objects, {} of them known\n",
                   brief(file.at("file")),
                   brief(file.at("objects")),
                   brief(file.at("known")));
    }
    for (const json::value& object : objects) {
        fmt::print("{:<8} {}{}\n",
                   brief(object.at("kind")),
                   brief(object.at("id")),
                   object.at("refused").as_bool() ? "  cannot be taken" : "");
        print_notes(object.at("notes").as_array(), "         ");
    }
    fmt::print("users    {}; left out: {} not enabled, {} without an address\n",
               files.found.users.size(),
               files.found.disabled_users,
               files.found.users_without_address);
    print_ignored(all.at("ignored_properties").as_array());
    print_notes(all.at("notes").as_array(), "");
    return 0;
}

void print_change(const json::object& change) {
    fmt::print("{:<8} {:<8} {}\n",
               brief(change.at("state")),
               brief(change.at("kind")),
               brief(change.at("id")));
    if (const json::value* differences = change.if_contains("differences")) {
        std::size_t told = 0;
        for (const json::value& one : differences->as_array()) {
            if (told++ == kShownDifferences) {
                fmt::print("                  ...\n");
                break;
            }
            fmt::print("                  {}: {} -> {}\n",
                       brief(one.at("property")),
                       brief(one.at("before")),
                       brief(one.at("after")));
        }
    }
    print_notes(change.at("notes").as_array(), "                  ");
}

void print_plan(const json::object& plan) {
    for (const json::value& change : plan.at("changes").as_array()) {
        print_change(change.as_object());
    }
    const json::object& users = plan.at("users").as_object();
    const auto count = [&](const char* name) {
        const json::value* found = users.if_contains(name);
        return found == nullptr ? std::string("0") : json::serialize(*found);
    };
    fmt::print(
        "users    {} new, {} changed, {} same; left out: {} not enabled, {} without an "
        "address\n",
        count("created"),
        count("changed"),
        count("same"),
        count("disabled"),
        count("without_address"));
    print_notes(users.at("notes").as_array(), "         ");
    print_ignored(plan.at("ignored_properties").as_array());
    print_notes(plan.at("notes").as_array(), "");
    const json::object& counts = plan.at("counts").as_object();
    fmt::print("objects  {} new, {} changed, {} same, {} refused\n",
               brief(counts.at("new")),
               brief(counts.at("changed")),
               brief(counts.at("same")),
               brief(counts.at("refused")));
}

AskApi asking(const Program& program) {
    return [&program](const ApiQuestion& question) {
        return question.is_large || question.type == std::string_view("text/csv")
                   ? program.call_patiently(
                         question.method, question.target, question.body, question.type)
                   : program.call(
                         question.method, question.target, question.body, question.if_match);
    };
}

int plan(const Program& program) {
    const Files files = read_files(program);
    const MigrationOptions options{.are_partners_enabled = program.has("--enabled"),
                                   .are_users_moved = program.has("--moved")};
    json::object made;
    try {
        made = make_plan(files.found, options, asking(program));
    } catch (const Refusal& refusal) {
        return program.failed(refusal.answer);
    }
    made["files"] = files.read;
    if (is_for_people(program)) {
        print_plan(made);
        fmt::print(stderr,
                   "nothing has changed; to do it: the same with -o json >plan.json, then "
                   "isthmus migrate apply plan.json\n");
    } else {
        fmt::print("{}", render(made, program.format(), {}));
    }
    return 0;
}

json::value read_plan(const Program& program) {
    const char* fix = "make one with isthmus migrate plan FILE... -o json >plan.json";
    boost::system::error_code failed;
    json::value plan = json::parse(read_input(program.given("PLAN"), kLargestPlan, fix), failed);
    if (failed) {
        throw NotUsable({"that is no plan of a migration", failed.message(), fix});
    }
    return plan;
}

int apply(const Program& program) {
    const bool is_trial = program.switches().dry_run;
    const Migrated done =
        apply_plan(read_plan(program), program.switches().reason, is_trial, asking(program));
    if (done.refused) {
        if (!program.switches().quiet) {
            fmt::print(stderr, "nothing was changed\n");
        }
        return program.failed(*done.refused);
    }
    if (!is_for_people(program)) {
        const json::object told = {{"id", done.id()},
                                   {"revision", done.revision},
                                   {"objects", done.objects},
                                   {"users", done.users}};
        fmt::print("{}", render(told, program.format(), {.table = {"id"}}));
    } else if (is_trial) {
        fmt::print("{} objects and {} users would be written; nothing was changed (--dry-run)\n",
                   done.objects,
                   done.users);
    } else if (!program.switches().quiet) {
        fmt::print(stderr, "{} objects and {} users written\n", done.objects, done.users);
        if (done.revision != 0) {
            fmt::print(stderr, "to take it back: isthmus migrate undo {}\n", done.id());
        }
    }
    return 0;
}

int undo(const Program& program) {
    const Answer answer = undo_migration(program.given("ID"), asking(program));
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    if (!is_for_people(program)) {
        fmt::print("{}", render(answer.body, program.format(), {}));
    } else if (!program.switches().quiet) {
        report(answer.body, "undone");
    }
    return 0;
}

}  // namespace

void add_migrate_import_commands(Program& program) {
    CLI::App& migrate = program.group("migrate", "the move from another XMPP gateway");
    program.words(program.command(migrate,
                                  "inspect",
                                  "what files of Export-Clixml hold, without a daemon (offline)",
                                  [&program] { return inspect(program); }),
                  "FILE",
                  "files that Export-Clixml has written");
    CLI::App& planned =
        program.words(program.command(migrate,
                                      "plan",
                                      "what they would change here; changes nothing",
                                      [&program] { return plan(program); }),
                      "FILE",
                      "files that Export-Clixml has written");
    program.flag(planned, "--enabled", "new partners are served here at once, not at a cut-over");
    program.flag(planned, "--moved", "the users' accounts are on the new system already");
    program.word(program.command(migrate,
                                 "apply",
                                 "carry out a plan; says how to undo it",
                                 [&program] { return apply(program); }),
                 "PLAN",
                 "file that migrate plan -o json has written");
    program.word(program.command(migrate,
                                 "undo",
                                 "what it changed as before, unless that was changed since",
                                 [&program] { return undo(program); }),
                 "ID",
                 "as migrate apply has said, 12");
}

}  // namespace isthmus::cli
