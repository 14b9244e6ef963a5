#include "base/text.h"
#include "cli/fields.h"
#include "cli/list_path.h"
#include "cli/program.h"

#include <fmt/format.h>

namespace isthmus::cli {

namespace json = boost::json;

namespace {

const Columns kColumns = {{"id", "direction", "user", "contact", "state", "why"},
                          {"standing",
                           "partner",
                           "code",
                           "dialogs",
                           "expires_in",
                           "next_attempt_in",
                           "last_notify",
                           "last_presence",
                           "since"}};

/// "alice@contoso.example watches juliet@fabrikam.example: waiting", and why.
std::string headline(const json::object& one) {
    const bool sip_watches = text_of(one, "direction") == "sip_watches_xmpp";
    std::string made = fmt::format("{} watches {}: {}\n",
                                   text_of(one, sip_watches ? "user" : "contact"),
                                   text_of(one, sip_watches ? "contact" : "user"),
                                   text_of(one, "state"));
    if (const std::string why = text_of(one, "why"); !why.empty()) {
        made += fmt::format("{}\n", why);
    }
    return made;
}

/// "there is no subscription of alice@contoso.example with fabrikam.example", or a page that is
/// past the end.
std::string none(const Program& program) {
    std::string made = "there is no subscription";
    const std::string& user = program.given("--user");
    made += user.empty() ? "" : " of " + text::escape_for_log(user);
    for (const char* name : {"--contact", "--partner"}) {
        const std::string& value = program.given(name);
        made += value.empty() ? "" : " with " + text::escape_for_log(value);
    }
    if (!program.given("--offset").empty()) {
        made += " beyond the first " + text::escape_for_log(program.given("--offset"));
    }
    return made + "; addresses are compared whole, as in alice@contoso.example";
}

}  // namespace

void add_subscription_commands(Program& program) {
    CLI::App& group = program.group("subscription", "who watches whom across the gateway");
    CLI::App& list = program.command(group, "list", "both directions of all pairs", [&program] {
        return program.show(list_path(program,
                                      "subscriptions",
                                      {"--user", "--contact", "--partner", "--offset", "--limit"}),
                            {.columns = kColumns, .nothing = [&] { return none(program); }});
    });
    program.option(list, "--user", "of this SIP user");
    program.option(list, "--contact", "with this XMPP user");
    program.option(list, "--partner", "with this partner, by its primary domain");
    program.option(list, "--offset", "leave out so many");
    program.option(list, "--limit", "at most so many, up to 1000; 100 unless given");
    const auto path = [&program] { return "subscriptions/" + encode_segment(program.given("ID")); };
    const auto with_id = [&](const char* name, const char* help, Program::Action action) {
        program.word(
            program.command(group, name, help, std::move(action)), "ID", "as list shows it");
    };
    with_id("get", "one direction of a pair, and why it is as it is", [&program, path] {
        return program.show(path(), {.columns = kColumns, .headline = headline});
    });
    with_id("refresh", "ask both sides for the present state", [&program, path] {
        return program.change(
            "POST", path() + ":refresh", {}, "asked both sides", Program::Trial::None);
    });
    with_id("end", "end this direction for good and tell both sides", [&program, path] {
        return program.change("POST", path() + ":end", {}, "ended", Program::Trial::None);
    });
}

}  // namespace isthmus::cli
