#include "cli/commands.h"

#include "cli/cs_command.h"
#include "cli/program.h"

#include <vector>

namespace isthmus::cli {

int run(int count, const char* const* arguments, const Offline& offline) {
    const CommandLine line(count, arguments);
    Program program(offline);
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
    add_migrate_commands(program);
    add_admin_commands(program);
    add_cs_command(program, line);
    std::vector<const char*> own;
    for (const std::string& word : line.own) {
        own.push_back(word.c_str());
    }
    return program.run(static_cast<int>(own.size()), own.data());
}

}  // namespace isthmus::cli
