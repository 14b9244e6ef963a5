// External access policies, and the switches that there is one of.
#include "cli/program.h"

namespace isthmus::cli {

namespace {

const std::vector<Property> kPolicy = {
    {"description", Property::Type::Text, "free text"},
    {"enable_federation_access", Property::Type::Flag, "communications with federated users"},
    {"enable_xmpp_access", Property::Type::Flag, "communications with XMPP federated users"},
    {"enable_public_cloud_access", Property::Type::Flag, "kept for migration, no effect"},
    {"enable_public_cloud_audio_video_access",
     Property::Type::Flag,
     "kept for migration, no effect"},
    {"enable_outside_access", Property::Type::Flag, "kept for migration, no effect"},
};
const std::vector<Property> kAccessEdge = {
    {"allow_federated_users", Property::Type::Flag, "master switch of all federation"},
    {"allow_outside_users", Property::Type::Flag, "kept for migration, no effect"},
    {"allow_anonymous_users", Property::Type::Flag, "kept for migration, no effect"},
};
const std::vector<Property> kGateway = {
    {"enabled", Property::Type::Flag, "master switch of XMPP federation"},
    {"connection_limit", Property::Type::Number, "connections of all partners together"},
    {"partner_connection_limit", Property::Type::Number, "connections of one partner"},
    {"dialback_passphrase",
     Property::Type::Text,
     "secret of the dialback keys; '-' reads it from stdin"},
    {"enable_logging_all_message_bodies", Property::Type::Flag, "log message bodies"},
    {"keep_alive_interval", Property::Type::Number, "seconds"},
    {"stream_establishment_timeout", Property::Type::Number, "seconds"},
    {"stream_inactivity_timeout", Property::Type::Number, "seconds"},
    {"subscription_refresh_interval", Property::Type::Number, "seconds"},
    {"presence_restore_rate",
     Property::Type::Number,
     "subscriptions re-established a second at start"},
};
const Columns kPolicyColumns = {
    {"identity", "enable_federation_access", "enable_xmpp_access", "description"},
    {"enable_public_cloud_access", "enable_outside_access"}};

void add_single(Program& program,
                const char* name,
                const char* help,
                const std::vector<Property>& known) {
    CLI::App& made = program.group(name, help);
    program.command(made, "get", "show it", [&program, name] { return program.show(name, {}); });
    program.properties(
        program.command(
            made,
            "set",
            "change it",
            [&program, name] { return program.change("PATCH", name, program.body(), "changed"); }),
        known);
}

}  // namespace

void add_policy_commands(Program& program) {
    const View view{.columns = kPolicyColumns};
    const auto path = [&program] { return "policies/" + encode_segment(program.given("NAME")); };
    CLI::App& policy = program.group("policy", "external access policies");
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(
            program.command(policy, name, help, std::move(action)), "NAME", "its identity");
    };
    program.command(policy, "list", "all policies", [&program, view] {
        return program.show("policies", view);
    });
    named("get", "one policy", [&program, path, view] { return program.show(path(), view); });
    program.properties(named("set",
                             "change a policy",
                             [&program, path] {
                                 return program.change("PATCH", path(), program.body(), "changed");
                             }),
                       kPolicy);
    add_single(program, "access-edge", "the organisation's master switch", kAccessEdge);
    add_single(program, "gateway", "XMPP gateway configuration", kGateway);
}

}  // namespace isthmus::cli
