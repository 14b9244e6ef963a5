// Subscriptions and contacts on the command line, against a daemon that gives one answer.
#include <string>

#include "one_answer.h"

namespace isthmus::cli {
namespace {

using PresenceCommands = Commands;

constexpr const char* kOne =
    R"({"id":"7","direction":"xmpp_watches_sip","user":"alice@contoso.example",)"
    R"("contact":"juliet@fabrikam.example","state":"asking","why":"Alice \u001bis away.",)"
    R"("since":"2026-09-21T14:13:20Z"})";

TEST_F(PresenceCommands, AListSaysWhoWhatAndWhy) {
    const std::string page = std::string(R"({"items":[)") + kOne + R"(],"total":30})";
    EXPECT_EQ(
        ask({"subscription", "list", "--user", "alice@contoso.example", "--limit", "1"}, 200, page),
        0);
    EXPECT_EQ(line, "GET /api/v1/subscriptions?user=alice%40contoso.example&limit=1");
    EXPECT_EQ(out,
              "ID  DIRECTION         USER                   CONTACT                  STATE   WHY\n"
              "7   xmpp_watches_sip  alice@contoso.example  juliet@fabrikam.example  asking  "
              "Alice \\x1Bis away.\n");
    EXPECT_NE(talk.find("1 of 30"), std::string::npos);
    EXPECT_EQ(ask({"subscription", "list", "-o", "name"}, 200, page), 0);
    EXPECT_EQ(line, "GET /api/v1/subscriptions");
    EXPECT_EQ(out, "7\n");
}

TEST_F(PresenceCommands, GetBeginsWithASentence) {
    EXPECT_EQ(ask({"subscription", "get", "7"}, 200, kOne), 0);
    EXPECT_EQ(line, "GET /api/v1/subscriptions/7");
    EXPECT_TRUE(
        out.starts_with("juliet@fabrikam.example watches alice@contoso.example: asking\n"
                        "Alice \\x1Bis away.\n\n"))
        << out;
    EXPECT_NE(out.find("since      2026-09-21T14:13:20Z\n"), std::string::npos) << out;
    EXPECT_EQ(ask({"subscription", "get", "7", "-o", "json"}, 200, kOne), 0);
    EXPECT_TRUE(out.starts_with("{"));
}

TEST_F(PresenceCommands, ContactsAreAddedAndRemoved) {
    EXPECT_EQ(ask({"contact", "add", "--user", "alice@contoso.example", "juliet@fabrikam.example"},
                  201,
                  "{}"),
              0);
    EXPECT_EQ(line, "POST /api/v1/contacts");
    EXPECT_EQ(talk, "added\n");
    EXPECT_EQ(ask({"contact", "list", "--user", "a@b.example"},
                  200,
                  R"({"items":[{"contact":"c","sip_watches_xmpp":"pending"}]})"),
              0);
    EXPECT_EQ(line, "GET /api/v1/contacts?user=a%40b.example");
    EXPECT_TRUE(out.starts_with("CONTACT  SIP WATCHES XMPP  XMPP WATCHES SIP  STATE  WHY\n"))
        << out;
}

TEST_F(PresenceCommands, ExitCodesSayWhatWentWrong) {
    for (const auto& [status, code] : std::vector<std::pair<int, int>>{
             {400, 2}, {403, 4}, {404, 1}, {409, 5}, {500, 1}, {503, 1}}) {
        EXPECT_EQ(ask({"subscription", "end", "7"}, status, R"({"detail":"why","code":"IST-X"})"),
                  code)
            << status;
        EXPECT_TRUE(talk.starts_with("IST-X: why\n")) << talk;
        EXPECT_EQ(out, "");
    }
    EXPECT_EQ(call({"contact", "list"}), 2);
    EXPECT_EQ(call({"contact", "add", "--user", "alice@contoso.example"}), 2);
    EXPECT_EQ(call({"subscription", "get"}), 2);
    EXPECT_EQ(call({"--server", "unix:/nonexistent/x", "contact", "list", "--user", "a@b"}), 6);
}

TEST_F(PresenceCommands, AnErrorSaysWhatWhyAndWhatToDo) {
    EXPECT_EQ(ask({"subscription", "end", "7"},
                  404,
                  R"({"detail":"what","code":"IST-X","evidence":"reason","fix":"remedy"})"),
              1);
    EXPECT_EQ(talk, "IST-X: what\n  why: reason\n  fix: remedy\n");
    EXPECT_EQ(ask({"subscription", "end", "7"}, 503, R"({"detail":"busy"})"), 1);
    EXPECT_EQ(talk,
              "busy\n  why: the daemon answered HTTP 503\n  fix: isthmus status and the log "
              "(journalctl -u isthmus) say more\n");
    EXPECT_EQ(call({"--server", "unix:/nonexistent/x", "status"}), 6);
    EXPECT_TRUE(talk.starts_with("no daemon answers at /nonexistent/x\n  why: No such file"))
        << talk;
    EXPECT_NE(talk.find("  fix: start it (systemctl start isthmus)"), std::string::npos) << talk;
    EXPECT_EQ(call({"--server", "https://gw:8443", "status"}), 2);
    EXPECT_TRUE(talk.starts_with("https:// needs a token\n  why: ")) << talk;
    EXPECT_EQ(call({"--server", "gw:8443", "status"}), 2);
    EXPECT_NE(talk.find("unix:PATH or https://HOST:PORT"), std::string::npos) << talk;
}

TEST_F(PresenceCommands, AnEmptyListSaysSo) {
    EXPECT_EQ(ask({"subscription", "list", "--user", "nobody@contoso.example"},
                  200,
                  R"({"items":[],"total":0})"),
              0);
    EXPECT_EQ(out, "");
    EXPECT_TRUE(talk.starts_with("there is no subscription of nobody@contoso.example; ")) << talk;
    EXPECT_EQ(ask({"contact", "list", "--user", "nobody@contoso.example"}, 200, R"({"items":[]})"),
              0);
    EXPECT_EQ(out, "");
    EXPECT_TRUE(talk.starts_with("nobody@contoso.example has no contacts in XMPP domains")) << talk;
    EXPECT_EQ(ask({"partner", "list"}, 200, R"({"items":[]})"), 0);
    EXPECT_TRUE(talk.starts_with("there is no partner; isthmus partner create DOMAIN ")) << talk;
    EXPECT_EQ(ask({"token", "list"}, 200, R"({"items":[]})"), 0);
    EXPECT_TRUE(talk.starts_with("there is no token; isthmus token create --role ")) << talk;
    EXPECT_EQ(ask({"partner", "list", "-o", "json"}, 200, R"({"items":[]})"), 0);
    EXPECT_EQ(out, "{\"items\":[]}\n");
    EXPECT_EQ(talk, "");
}

TEST_F(PresenceCommands, APartnerWithoutATypeIsExplained) {
    const auto make = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"partner", "create", "fabrikam.example"};
        words.insert(words.end(), more.begin(), more.end());
        EXPECT_EQ(ask(words, 201, R"({"revision":7,"in_force":true})"), 0);
        return talk;
    };
    const std::string told = make({});
    EXPECT_TRUE(
        told.starts_with("created, revision 7, in force\nnote: without a type a partner is "
                         "PublicUnverified: "))
        << told;
    EXPECT_TRUE(told.ends_with("isthmus partner set fabrikam.example --partner-type Federated\n"))
        << told;
    EXPECT_EQ(make({"--partner-type", "PublicUnverified"}), "created, revision 7, in force\n");
    EXPECT_EQ(make({"--quiet"}), "");
    EXPECT_EQ(make({"-o", "json"}), "");
}

TEST_F(PresenceCommands, WhatIsMisspeltGetsTheNearest) {
    struct Case {
        std::vector<std::string> words;
        const char* talk;
    };

    const Case cases[] = {
        {{"partnr", "list"},
         "isthmus: unknown command 'partnr'\n  why: the nearest is 'partner'\n  fix: isthmus "
         "--help lists the commands\n"},
        {{"partner", "lst"},
         "isthmus partner: unknown command 'lst'\n  why: the nearest is 'list'\n  fix: isthmus "
         "partner --help lists the commands\n"},
        {{"subscription", "list", "--usr", "a@b"},
         "isthmus subscription list: unknown flag '--usr'\n  why: the nearest is '--user'\n  fix: "
         "isthmus subscription list --help lists its flags\n"},
        {{"--sever", "unix:/x", "status"},
         "isthmus: unknown flag '--sever'\n  why: the nearest is '--server'\n  fix: isthmus --help "
         "lists its flags\n"},
        {{"partner", "create", "a.example", "--partner-typ=Federated"},
         "isthmus partner create: unknown flag '--partner-typ'\n  why: the nearest is "
         "'--partner-type'\n  fix: isthmus partner create --help lists its flags\n"},
        {{"partner", "show", "a.example"},
         "isthmus partner: unknown command 'show'\n  why: here it is called 'get'\n  fix: isthmus "
         "partner --help lists the commands\n"},
        {{"audit", "frobnicate"},
         "isthmus audit: unknown command 'frobnicate'\n  why: there are list, verify, export\n  "
         "fix: isthmus audit --help lists the commands\n"},
        {{"audit", "list", "--frobnicate"},
         "isthmus audit list: unknown flag '--frobnicate'\n  why: it has no flag of that name\n  "
         "fix: isthmus audit list --help lists its flags\n"},
        {{"partner", "get", "a.example", "b.example"},
         "isthmus partner get: one word too many, 'b.example'\n  why: it takes 1\n  fix: isthmus "
         "partner get --help shows which\n"},
        {{"contact", "list"},
         "isthmus contact list: --user is required\n  why: the command cannot do without it\n  "
         "fix: isthmus contact list --help shows what "
         "it takes\n"},
        {{"partner", "set", "a.example", "--enabled", "yes"},
         "isthmus partner set: --enabled: write true or false\n  why: that is not what it takes "
         "there\n  fix: isthmus partner set --help "
         "shows what it takes\n"},
        {{"status", "-o", "jsn"},
         "-o jsn: no such format\n  why: the nearest is 'json'\n  fix: choose table, wide, json, "
         "yaml or name\n"},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(call(each.words), 2);
        EXPECT_EQ(talk, each.talk);
        EXPECT_EQ(out, "");
    }
    EXPECT_EQ(call({}), 2);
    EXPECT_TRUE(talk.starts_with("isthmus: a command is missing\n  why: there are serve, "))
        << talk;
    EXPECT_EQ(call({"partner"}), 2);
    EXPECT_TRUE(talk.starts_with("isthmus partner: a command is missing\n")) << talk;
}

TEST_F(PresenceCommands, TheVersionInBothSpellings) {
    EXPECT_EQ(call({"version"}), 0);
    EXPECT_EQ(out, "isthmus 1\n");
    EXPECT_EQ(call({"--version"}), 0);
    EXPECT_EQ(out, "isthmus 1\n");
    EXPECT_EQ(talk, "");
}

TEST_F(PresenceCommands, StatusShowsPeersAndStreamsByTheirColumns) {
    EXPECT_EQ(
        ask({"status"},
            200,
            R"({"server_name":"g","streams":[],"sip_peers":[{"name":"frontend",)"
            R"("target":"tls:a:5061","state":"not answering","state_seconds":12.3,"pending":4,)"
            R"("last_error":"IST-SIP-002, 3 s ago: x","last_error_code":"IST-SIP-002"}]})"),
        0);
    EXPECT_NE(
        out.find("SIP PEERS\nNAME      TARGET      STATE          STATE SECONDS  PENDING  LAST "
                 "ERROR\nfrontend  tls:a:5061  not answering  12.3           4        "
                 "IST-SIP-002, 3 s ago: x\n"),
        std::string::npos)
        << out;
}

TEST_F(PresenceCommands, WhatCannotBeTriedIsNotAskedFor) {
    EXPECT_EQ(call({"subscription", "refresh", "7", "--dry-run"}), 0);
    EXPECT_EQ(out, "POST /api/v1/subscriptions/7:refresh \n");
    EXPECT_EQ(call({"--dry-run", "subscription", "end", "7/8"}), 0);
    EXPECT_EQ(out, "POST /api/v1/subscriptions/7%2F8:end \n");
    EXPECT_EQ(call({"--dry-run", "contact", "remove", "--user", "a@b.example", "c@d.example"}), 0);
    EXPECT_EQ(out, "DELETE /api/v1/contacts/a%40b.example/c%40d.example \n");
    EXPECT_EQ(call({"--dry-run", "contact", "add", "--user", "a@b.example", "c@d.example"}), 0);
    EXPECT_EQ(out,
              "POST /api/v1/contacts {\"user\":\"a@b.example\",\"contact\":\"c@d.example\"}\n");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"stream", "close", "1"},
                                               {"dialog", "end", "1"},
                                               {"trace", "stop", "1"},
                                               {"config", "reload"},
                                               {"admin", "unlock", "bob"},
                                               {"admin", "reset-totp", "bob"},
                                               {"admin", "token", "revoke", "1"},
                                               {"token", "revoke", "1"},
                                               {"admin", "session", "end", "1"}}) {
        std::vector<std::string> all{"--server", "unix:/nonexistent/x", "--dry-run"};
        all.insert(all.end(), words.begin(), words.end());
        EXPECT_EQ(call(all), 0) << words[0] << ' ' << words[1];
        EXPECT_EQ(talk, "nobody was asked: the daemon cannot try this without doing it\n");
    }
}

}  // namespace
}  // namespace isthmus::cli
