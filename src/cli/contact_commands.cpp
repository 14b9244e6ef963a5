#include "base/text.h"
#include "cli/program.h"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace isthmus::cli {

namespace {

const Columns kContactColumns = {
    {"contact", "sip_watches_xmpp", "xmpp_watches_sip", "state", "why"},
    {"user", "partner", "code", "subscription", "since"}};

}  // namespace

void add_contact_commands(Program& program) {
    CLI::App& contact = program.group("contact", "XMPP users on the contact lists of SIP users");
    const auto of_user =
        [&](const char* name, const char* help, Program::Action action) -> CLI::App& {
        return program.option(program.command(contact, name, help, std::move(action)),
                              "--user",
                              "the SIP user, alice@contoso.example",
                              true);
    };
    of_user("list", "his contacts and both halves of each pair", [&program] {
        return program.show("contacts?user=" + encode_segment(program.given("--user")),
                            {.columns = kContactColumns, .nothing = [&program] {
                                 return fmt::format(
                                     "{0} has no contacts in XMPP domains, or there is no such "
                                     "user; isthmus contact add --user {0} JID adds one",
                                     text::escape_for_log(program.given("--user")));
                             }});
    });
    program.word(of_user("add",
                         "as if he had added the contact: asks the XMPP user for her presence",
                         [&program] {
                             return program.change("POST",
                                                   "contacts",
                                                   {{"user", program.given("--user")},
                                                    {"contact", program.given("JID")}},
                                                   "added",
                                                   Program::Trial::None);
                         }),
                 "JID",
                 "the XMPP user");
    program.word(of_user("remove",
                         "as if he had removed the contact: ends his subscription",
                         [&program] {
                             return program.change("DELETE",
                                                   "contacts/" +
                                                       encode_segment(program.given("--user")) +
                                                       "/" + encode_segment(program.given("JID")),
                                                   {},
                                                   "removed",
                                                   Program::Trial::None);
                         }),
                 "JID",
                 "the XMPP user");
}

}  // namespace isthmus::cli
