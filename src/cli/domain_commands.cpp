// SIP domains that are allowed or blocked. The block list holds for XMPP as well.
#include "cli/program.h"

#include <string>

namespace isthmus::cli {

void add_domain_commands(Program& program) {
    CLI::App& group = program.group("sip-domain", "allowed and blocked SIP domains");
    program.command(group, "list", "all of them", [&program] {
        return program.show(
            "sip-domains",
            {.columns =
                 {{"domain", "kind", "proxy_fqdn", "comment"},
                  {"hits", "added_by", "added_at", "verification_level", "mark_for_monitoring"}},
             .nothing = [] {
                 return "no SIP domain is allowed or blocked; XMPP domains are partners: isthmus "
                        "partner list; isthmus partner block DOMAIN blocks one";
             }});
    });
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(
            program.command(group, name, help, std::move(action)), "DOMAIN", "the domain");
    };
    const Property comment{"comment", Property::Type::Text, "free text"};
    const auto create = [&program](const char* kind, const char* done) {
        boost::json::object body = program.body();
        body["kind"] = kind;
        body["domain"] = program.given("DOMAIN");
        return program.change("POST", "sip-domains", body, done);
    };
    program.properties(named("allow",
                             "kept for migration and scripts",
                             [create] { return create("allowed", "allowed"); }),
                       {comment,
                        {"proxy_fqdn", Property::Type::Text, "host name of its Access Edge"},
                        {"mark_for_monitoring", Property::Type::Flag, "kept for scripts"},
                        {"verification_level",
                         Property::Type::Text,
                         "UseSourceVerification, AlwaysVerifiable or AlwaysUnverifiable"}});
    program.properties(named("block",
                             "block it for SIP and XMPP; *.DOMAIN for all below it",
                             [create] { return create("blocked", "blocked"); }),
                       {comment});
    named("delete", "neither allowed nor blocked", [&program] {
        return program.change(
            "DELETE", "sip-domains/" + encode_segment(program.given("DOMAIN")), {}, "deleted");
    });
}

}  // namespace isthmus::cli
