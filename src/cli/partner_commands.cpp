#include "base/text.h"
#include "cli/partner_note.h"
#include "cli/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace isthmus::cli {

namespace {

const std::vector<Property> kPartner = {
    {"additional_domains",
     Property::Type::List,
     "more domains of this partner, separated by commas"},
    {"description", Property::Type::Text, "free text"},
    {"partner_type", Property::Type::Text, "Federated, PublicVerified or PublicUnverified"},
    {"tls_negotiation", Property::Type::Text, "Required, Optional or NotSupported"},
    {"sasl_negotiation", Property::Type::Text, "Required, Optional or NotSupported"},
    {"support_dialback_negotiation", Property::Type::Flag, "accept and use server dialback"},
    {"enable_keep_alive", Property::Type::Flag, "expect keep-alives"},
    {"connection_limit", Property::Type::Number, "simultaneous connections"},
    {"proxy_fqdn", Property::Type::Text, "connect to HOST or HOST:PORT instead of asking DNS"},
    {"pinned_certificate",
     Property::Type::List,
     "SHA-256 of the only certificates that are accepted from it, separated by commas"},
    {"allow_private_addresses",
     Property::Type::Flag,
     "whether its DNS may lead to private addresses; Federated partners' may anyway"},
    {"allow_posh",
     Property::Type::Flag,
     "whether its web site may name the certificate of its server (POSH, RFC 7711)"},
    {"enabled", Property::Type::Flag, "whether the partner may be used"},
};
const Columns kPartnerColumns = {{"domain",
                                  "partner_type",
                                  "tls_negotiation",
                                  "sasl_negotiation",
                                  "support_dialback_negotiation",
                                  "enabled",
                                  "description"},
                                 {"additional_domains",
                                  "proxy_fqdn",
                                  "connection_limit",
                                  "enable_keep_alive",
                                  "last_message_at"}};

/// Who leaves the type to us gets what the original's shell gave him: the strictest.
int create_partner(const Program& program) {
    boost::json::object body = program.body();
    body["domain"] = program.given("NAME");
    const int code = program.change("POST", "partners", body, "created");
    const bool is_for_people =
        program.format() == Format::Table || program.format() == Format::Wide;
    if (code == 0 && is_for_people && !program.switches().quiet && !body.contains("partner_type")) {
        const std::string domain = text::escape_for_log(program.given("NAME"), 255);
        fmt::print(
            stderr,
            "note: {}\n",
            note_of_type(fmt::format("isthmus partner set {} --partner-type Federated", domain)));
    }
    return code;
}

}  // namespace

std::string note_of_type(std::string_view command) {
    return fmt::format(
        "without a type a partner is PublicUnverified: its users reach only those of ours who "
        "added them as a contact or wrote to them within a day. If you trust whom it lets in: {}",
        command);
}

void add_partner_commands(Program& program) {
    const View view{.columns = kPartnerColumns, .nothing = [] {
                        return "there is no partner; isthmus partner create DOMAIN --partner-type "
                               "Federated --sasl-negotiation Optional makes one";
                    }};
    const auto path = [&program] { return "partners/" + encode_segment(program.given("NAME")); };
    CLI::App& partner = program.group("partner", "XMPP federated partners");
    const auto named =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.word(
            program.command(partner, name, help, std::move(action)), "NAME", "its domain");
    };
    program.command(partner, "list", "all partners", [&program, view] {
        return program.show("partners", view);
    });
    named("get", "one partner", [&program, path, view] { return program.show(path(), view); });
    program.properties(
        named("create", "allow a domain", [&program] { return create_partner(program); }),
        kPartner);
    program.properties(named("set",
                             "change a partner",
                             [&program, path] {
                                 return program.change("PATCH", path(), program.body(), "changed");
                             }),
                       kPartner);
    named("delete", "no longer allow a domain", [&program, path] {
        return program.change("DELETE", path(), {}, "deleted");
    });
    named("enable", "use it again", [&program, path] {
        return program.change("POST", path() + ":enable", {}, "enabled");
    });
    named("disable", "keep it, but do not use it", [&program, path] {
        return program.change("POST", path() + ":disable", {}, "disabled");
    });
    named("retry", "connect now what waits for it", [&program, path] {
        return program.request("POST", path() + ":retry", {}, [](const boost::json::object& done) {
            if (done.at("links") == 0) {
                fmt::print(stderr, "nothing waits: no message was ever sent there\n");
            } else {
                fmt::print(stderr, "connecting\n");
            }
        });
    });
    CLI::App& test =
        named("test",
              "try all steps of a connection, with the settings given here if it is not saved yet",
              [&program] { return test_partner(program); });
    program.flag(test, "--reverse", "also wait until the partner connects to us (20 s)");
    program.pair(test, "--send-im", "FROM TO: send a test message from a SIP to an XMPP user");
    program.properties(test, kPartner);
    named("block", "block a domain, *.DOMAIN or *; beats every allow", [&program] {
        return program.change("POST", "blocks", {{"domain", program.given("NAME")}}, "blocked");
    });
    named("unblock", "take it from the block list", [&program] {
        return program.change(
            "DELETE", "blocks/" + encode_segment(program.given("NAME")), {}, "unblocked");
    });
}

}  // namespace isthmus::cli
