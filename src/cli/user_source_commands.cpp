// Where users come from in numbers: a CSV file, the directory.
#include "base/text.h"
#include "cli/fields.h"
#include "cli/input_file.h"
#include "cli/program.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

constexpr std::uintmax_t kLargestFile = std::uintmax_t{256} << 20U;  ///< as the daemon takes it
constexpr std::size_t kMostShown = 20;

std::string text_in(const json::value& from, std::string_view name) {
    const json::value* value = from.is_object() ? from.get_object().if_contains(name) : nullptr;
    return value != nullptr && value->is_string() ? text::escape_for_log(value->get_string(), 400)
                                                  : std::string();
}

const json::array& list_of(const json::object& from, std::string_view name) {
    static const json::array kNone;
    const json::value* value = from.if_contains(name);
    return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

/// What was stored, or that nothing was.
std::string ending(const json::object& body) {
    if (const json::value* dry = body.if_contains("dry_run"); dry != nullptr && dry->is_bool()) {
        if (dry->get_bool()) {
            return "; a dry run: nothing has changed";
        }
    }
    const json::value* in_force = body.if_contains("in_force");
    return fmt::format(", revision {}{}",
                       count_of(body, "revision"),
                       in_force != nullptr && in_force->is_bool() && in_force->get_bool()
                           ? ", in force"
                           : ", stored; the gateway has not confirmed it yet");
}

bool prints_data(const Program& program) {
    return program.format() == Format::Json || program.format() == Format::Yaml;
}

int import_file(const Program& program) {
    const std::string csv = read_input(
        program.given("FILE"),
        kLargestFile,
        "name a CSV file, or - for standard input; a large one may be split: an import keeps whom "
        "the file does not name");
    const Answer answer = program.call_patiently(
        "POST",
        program.switches().dry_run ? "users:import?dry_run=true" : "users:import",
        csv,
        "text/csv");
    if (prints_data(program)) {
        fmt::print("{}", render(answer.body, program.format(), {}));
    }
    if (answer.status >= 300) {
        const int code = program.failed(answer);
        if (answer.body.is_object() && !prints_data(program)) {
            const json::array& faults = list_of(answer.body.get_object(), "faults");
            for (const json::value& fault : faults) {
                fmt::print(stderr,
                           "line {}: {}\n",
                           count_of(fault.as_object(), "line"),
                           text_in(fault, "sentence"));
            }
        }
        return code;
    }
    if (!prints_data(program) && !program.switches().quiet) {
        const json::object& body = answer.body.as_object();
        fmt::print(stderr,
                   "{} created, {} changed, {} as they were{}\n",
                   count_of(body, "created"),
                   count_of(body, "changed"),
                   count_of(body, "same"),
                   ending(body));
    }
    return 0;
}

std::string list_of_names(const json::object& body, std::string_view name, std::int64_t total) {
    std::string out;
    std::size_t shown = 0;
    for (const json::value& one : list_of(body, name)) {
        if (shown++ == kMostShown) {
            break;
        }
        out += fmt::format("  {}\n", text::escape_for_log(json::value_to<std::string>(one), 300));
    }
    return total > static_cast<std::int64_t>(kMostShown)
               ? out + fmt::format("  and {} more\n", total - static_cast<std::int64_t>(kMostShown))
               : out;
}

/// Those removed by name, for they are what one looks at before it happens.
std::string sync_text(const json::object& body) {
    std::string out = fmt::format("{} users in the directory:", count_of(body, "users"));
    constexpr std::pair<const char*, const char*> kCounts[] = {{"created", "created"},
                                                               {"changed", "changed"},
                                                               {"taken_over", "taken over"},
                                                               {"renamed", "renamed"},
                                                               {"disabled", "disabled"},
                                                               {"enabled", "enabled"},
                                                               {"removed", "removed"},
                                                               {"same", "as they were"}};
    const char* separator = " ";
    for (const auto& [name, word] : kCounts) {
        out += fmt::format("{}{} {}", separator, count_of(body, name), word);
        separator = ", ";
    }
    out += '\n';
    if (const std::int64_t removed = count_of(body, "removed"); removed > 0) {
        out += fmt::format("removed:\n{}", list_of_names(body, "removed_users", removed));
    }
    if (const std::int64_t without = count_of(body, "without_address"); without > 0) {
        out += fmt::format("{} {} no SIP address in any of the attributes that are asked for\n",
                           without,
                           without == 1 ? "entry has" : "entries have");
    }
    if (const std::int64_t skipped = count_of(body, "skipped"); skipped > 0) {
        out += fmt::format("{} {} skipped:\n", skipped, skipped == 1 ? "entry" : "entries");
        std::size_t shown = 0;
        for (const json::value& fault : list_of(body, "faults")) {
            if (shown++ < kMostShown) {
                out += fmt::format("  {}: {}\n", text_in(fault, "dn"), text_in(fault, "sentence"));
            }
        }
    }
    for (const json::value& notice : list_of(body, "notices")) {
        out += fmt::format("note: {}\n",
                           text::escape_for_log(json::value_to<std::string>(notice), 400));
    }
    return out;
}

int sync_users(const Program& program) {
    std::string target = "users:sync";
    char separator = '?';
    for (const auto& [is_set, query] : {std::pair(program.switches().dry_run, "dry_run=true"),
                                        std::pair(program.switches().force, "force=true")}) {
        if (is_set) {
            target += separator;
            target += query;
            separator = '&';
        }
    }
    if (const std::string& reason = program.switches().reason; !reason.empty()) {
        target += fmt::format("{}reason={}", separator, encode_segment(reason));
    }
    const Answer answer = program.call_patiently("POST", target, {});
    const bool has_report =
        answer.body.is_object() && answer.body.get_object().contains("created_users");
    if (prints_data(program)) {
        fmt::print("{}", render(answer.body, program.format(), {}));
    } else if (has_report && text_in(answer.body, "outcome") != "failed") {
        fmt::print("{}", sync_text(answer.body.get_object()));
    }
    if (answer.status >= 300) {
        return program.failed(answer);
    }
    if (!program.switches().quiet && has_report) {
        fmt::print(stderr, "synchronised{}\n", ending(answer.body.get_object()));
    }
    return 0;
}

}  // namespace

void add_user_source_commands(Program& program) {
    CLI::App& user = program.group("user", "our users");
    program.word(program.command(user,
                                 "import",
                                 "users from a CSV file, all or none: isthmus user import "
                                 "users.csv --dry-run",
                                 [&program] { return import_file(program); }),
                 "FILE",
                 "the file, - for standard input; its first line names the columns: uri, "
                 "display_name, enabled, site, pool, homed, policy, upn, logon, dn");
    program.command(
        user,
        "sync",
        "users as the directory has them, now: isthmus user sync --dry-run; with --force "
        "even if it removes or disables many",
        [&program] { return sync_users(program); });
}

}  // namespace isthmus::cli
