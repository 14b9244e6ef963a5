#include "cli/commands.h"

#include "cli/completion.h"
#include "cli/cs_command.h"
#include "cli/program.h"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli {

void add_commands(Program& program, const CommandLine& line) {
    add_offline_commands(program);
    add_config_commands(program);
    add_setup_command(program);
    add_partner_commands(program);
    add_policy_commands(program);
    add_subscription_commands(program);
    add_test_commands(program);
    add_contact_commands(program);
    add_traffic_commands(program);
    add_trace_commands(program);
    add_user_commands(program);
    add_user_source_commands(program);
    add_domain_commands(program);
    add_certificate_commands(program);
    add_migrate_commands(program);
    add_migrate_import_commands(program);
    add_admin_commands(program);
    add_audit_commands(program);
    add_backup_commands(program);
    add_completion_command(program);
    add_cs_command(program, line);
}

namespace {

/// The place of the command behind the flags that hold for all of them.
std::size_t first_word(const CLI::App& root, const std::vector<std::string>& words) {
    std::size_t at = 1;
    while (at < words.size() && words[at].starts_with('-')) {
        const CLI::Option* const flag = root.get_option_no_throw(words[at]);
        at += flag != nullptr && flag->get_type_size() > 0 ? 2 : 1;
    }
    return at;
}

}  // namespace

int run(int count, const char* const* arguments, const Offline& offline) {
    const CommandLine line(count, arguments);
    Program program(offline);
    add_commands(program, line);
    // The words are unfinished: they are not parsed.
    if (count > 2 && std::string_view(arguments[1]) == "__complete") {
        return print_candidates(
            complete(program.root(), program.server(), {arguments + 2, arguments + count}));
    }
    std::vector<const char*> own;
    own.reserve(line.own.size() + 1);
    for (const std::string& word : line.own) {
        own.push_back(word.c_str());
    }
    const std::size_t command = first_word(program.root(), line.own);
    if (command < own.size() && line.own[command] == "help") {
        own.erase(own.begin() + static_cast<std::ptrdiff_t>(command));
        own.push_back("--help");
    }
    return program.run(static_cast<int>(own.size()), own.data());
}

}  // namespace isthmus::cli
