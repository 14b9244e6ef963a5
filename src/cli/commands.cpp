#include "cli/commands.h"

#include "cli/program.h"

namespace isthmus::cli {

int run(int count, const char* const* arguments, const Offline& offline) {
    Program program(offline);
    add_offline_commands(program);
    add_partner_commands(program);
    add_policy_commands(program);
    add_subscription_commands(program);
    add_contact_commands(program);
    add_admin_commands(program);
    return program.run(count, arguments);
}

}  // namespace isthmus::cli
