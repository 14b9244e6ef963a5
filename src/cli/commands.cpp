#include "cli/commands.h"

#include "cli/completion.h"
#include "cli/cs_command.h"
#include "cli/program.h"

#include <string_view>
#include <vector>

namespace isthmus::cli {

void add_commands(Program& program, const CommandLine& line) {
    add_offline_commands(program);
    add_partner_commands(program);
    add_policy_commands(program);
    add_subscription_commands(program);
    add_contact_commands(program);
    add_traffic_commands(program);
    add_trace_commands(program);
    add_user_commands(program);
    add_user_source_commands(program);
    add_domain_commands(program);
    add_certificate_commands(program);
    add_migrate_commands(program);
    add_admin_commands(program);
    add_completion_command(program);
    add_cs_command(program, line);
}

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
    for (const std::string& word : line.own) {
        own.push_back(word.c_str());
    }
    if (own.size() > 1 && std::string_view(own[1]) == "help") {
        own.erase(own.begin() + 1);
        own.push_back("--help");
    }
    return program.run(static_cast<int>(own.size()), own.data());
}

}  // namespace isthmus::cli
