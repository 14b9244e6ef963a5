// External access policies, and the switches that there is one of.
#include "base/text.h"
#include "cli/program.h"
#include "cli/secret_input.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <string>

namespace isthmus::cli {

namespace {

constexpr const char* kKept = "kept for migration, no effect";

const std::vector<Property> kPolicy = {
    {"description", Property::Type::Text, "free text"},
    {"enable_federation_access", Property::Type::Flag, "communications with federated users"},
    {"enable_xmpp_access", Property::Type::Flag, "communications with XMPP federated users"},
    {"enable_public_cloud_access", Property::Type::Flag, kKept},
    {"enable_public_cloud_audio_video_access", Property::Type::Flag, kKept},
    {"enable_outside_access", Property::Type::Flag, kKept},
};
const std::vector<Property> kAccessEdge = {
    {"allow_federated_users", Property::Type::Flag, "master switch of all federation"},
    {"allow_outside_users", Property::Type::Flag, kKept},
    {"allow_anonymous_users", Property::Type::Flag, kKept},
    {"be_clearing_house", Property::Type::Flag, kKept},
    {"enable_partner_discovery", Property::Type::Flag, kKept},
    {"discovered_partner_verification_level",
     Property::Type::Text,
     "UseSourceVerification, AlwaysVerifiable or AlwaysUnverifiable; no effect"},
    {"enable_archiving_disclaimer", Property::Type::Flag, kKept},
    {"enable_user_replicator", Property::Type::Flag, kKept},
    {"keep_crls_up_to_date_for_peers", Property::Type::Flag, kKept},
    {"mark_source_verifiable_on_outgoing_messages", Property::Type::Flag, kKept},
    {"outgoing_tls_count_for_federated_partners", Property::Type::Number, kKept},
    {"dns_srv_cache_record_count", Property::Type::Number, kKept},
    {"discovered_partner_standard_rate", Property::Type::Number, kKept},
    {"enable_discovered_partner_contacts_limit", Property::Type::Flag, kKept},
    {"max_contacts_per_discovered_partner", Property::Type::Number, kKept},
    {"discovered_partner_report_period_minutes", Property::Type::Number, kKept},
    {"max_accepted_certificates_stored", Property::Type::Number, kKept},
    {"max_rejected_certificates_stored", Property::Type::Number, kKept},
    {"certificates_deleted_percentage", Property::Type::Number, kKept},
    {"skype_search_url", Property::Type::Text, kKept},
    {"routing_method", Property::Type::Text, "UseDnsSrvRouting or UseDefaultRouting; no effect"},
    {"default_route_fqdn", Property::Type::Text, "required with UseDefaultRouting; no effect"},
    {"verification_level",
     Property::Type::Text,
     "as --discovered-partner-verification-level; no effect"},
    {"is_public_provider", Property::Type::Flag, kKept},
};
const std::vector<Property> kGateway = {
    {"enabled", Property::Type::Flag, "master switch of XMPP federation"},
    {"connection_limit", Property::Type::Number, "connections of all partners together"},
    {"partner_connection_limit", Property::Type::Number, "connections of one partner"},
    {"dialback_passphrase",
     Property::Type::Secret,
     "secret of the dialback keys, on stdin; at a terminal it is asked for"},
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
    {"enable_public_cloud_access", "enable_outside_access", "modified_at", "modified_by"}};

void add_single(Program& program,
                const char* name,
                const char* help,
                const std::vector<Property>& known) {
    CLI::App& made = program.group(name, help);
    program.command(made, "get", "show it", [&program, name] { return program.show(name, {}); });
    program.properties(program.command(made,
                                       "set",
                                       "change it",
                                       [&program, name] {
                                           boost::json::object body = program.body();
                                           if (boost::json::value* secret =
                                                   body.if_contains("dialback_passphrase")) {
                                               *secret = read_secret("dialback passphrase");
                                           }
                                           return program.change("PATCH", name, body, "changed");
                                       }),
                       known);
}

/// The gates one under the other, and what opens the one that decided.
std::string explanation(const boost::json::object& told) {
    const auto text = [](const boost::json::object& object, const char* name) {
        return text::escape_for_log(object.at(name).as_string(), 1000);
    };
    std::string made = fmt::format("{}: {}\n", text(told, "verdict"), text(told, "sentence"));
    if (!told.at("fix").as_string().empty()) {
        made += fmt::format("  fix: {}\n", text(told, "fix"));
    }
    for (const boost::json::value& gate : told.at("gates").as_array()) {
        const boost::json::object& one = gate.as_object();
        made += fmt::format("  {:<14}{:<8}{}\n",
                            text(one, "gate"),
                            one.at("asked").as_bool() ? text(one, "verdict") : "n/a",
                            text(one, "sentence"));
    }
    return made;
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
    program.properties(named("create",
                             "a site policy (site:NAME) or a user policy",
                             [&program] {
                                 boost::json::object body = program.body();
                                 body["identity"] = program.given("NAME");
                                 return program.change("POST", "policies", body, "created");
                             }),
                       kPolicy);
    named("delete", "delete it; Global is reset", [&program, path] {
        return program.change("DELETE", path(), {}, "deleted");
    });
    program.option(named("grant",
                         "give a user policy to users",
                         [&program, path] {
                             return program.change(
                                 "POST",
                                 path() + ":grant",
                                 {{"users", boost::json::array{program.given("--user")}}},
                                 "granted");
                         }),
                   "--user",
                   "SIP address, UPN, DOMAIN\\name, DN, display name, or a text with *",
                   true);
    program.option(
        program.command(policy,
                        "revoke",
                        "back to the policy of the site, else Global",
                        [&program] {
                            return program.change(
                                "DELETE",
                                "users/" + encode_segment(program.given("--user")) + "/policy",
                                {},
                                "revoked");
                        }),
        "--user",
        "who",
        true);
    CLI::App& explain = program.command(policy, "explain", "why two may talk, or not", [&program] {
        return program.show("explain?user=" + encode_segment(program.given("--user")) +
                                "&to=" + encode_segment(program.given("--to")),
                            {.columns = {}, .headline = explanation, .is_headline_all = true});
    });
    program.option(explain, "--user", "a SIP user", true);
    program.option(explain, "--to", "an XMPP user or domain", true);
    add_single(program, "access-edge", "the organisation's master switch", kAccessEdge);
    add_single(program, "gateway", "XMPP gateway configuration", kGateway);
}

}  // namespace isthmus::cli
