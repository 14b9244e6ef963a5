// `isthmus migrate`, against a daemon that gives one answer.
#include <string>

#include "one_answer.h"

namespace isthmus::cli {
namespace {

using MigrateCommands = Commands;

std::string answer(const char* verdict, const char* ready, const std::string& findings) {
    return fmt::format(R"({{"verdict":"{}","ready":{},)"
                       R"("users":{{"entered":20,"not_moved":2,"may_talk_xmpp":18}},)"
                       R"("partners":{{"total":3,"served_here":1,"served_by_old_gateway":2}},)"
                       R"("findings":[{}]}})",
                       verdict,
                       ready,
                       findings);
}

constexpr const char* kUsers =
    R"({"id":"users-not-moved","before":"cut-over","sentence":"12 users are not moved yet.",)"
    R"("command":"isthmus user list --homed legacy","total":12,)"
    R"("objects":[{"name":"alice@contoso.example","note":"Alice"},{"name":"b@x","note":""}]})";
constexpr const char* kPartners =
    R"({"id":"partners-at-old-gateway","before":"switch-off","sentence":"1 partner is \u001b.",)"
    R"("command":"isthmus partner enable a.example","total":1,)"
    R"("objects":[{"name":"a.example","note":""}]})";

TEST_F(MigrateCommands, NotReadyIsExitCode3) {
    EXPECT_EQ(ask({"migrate", "readiness"},
                  200,
                  answer("not-ready", "false", std::string(kUsers) + "," + kPartners)),
              3);
    EXPECT_EQ(line, "GET /api/v1/migrations/readiness");
    EXPECT_EQ(out,
              "not ready: partners must stay with the old gateway\n"
              "users     20 entered, 2 not moved, 18 may talk XMPP\n"
              "partners  1 served here, 2 by the old gateway\n"
              "\nbefore any partner is enabled here:\n"
              "  12 users are not moved yet.\n"
              "    alice@contoso.example  Alice\n"
              "    b@x\n"
              "    and 10 more\n"
              "    next: isthmus user list --homed legacy\n"
              "\nbefore the old gateway is switched off:\n"
              "  1 partner is \\x1B.\n"
              "    a.example\n"
              "    next: isthmus partner enable a.example\n");
}

TEST_F(MigrateCommands, ReadyIsExitCode0) {
    EXPECT_EQ(ask({"migrate", "readiness"}, 200, answer("ready", "true", kPartners)), 0);
    EXPECT_TRUE(out.starts_with("ready: ")) << out;
    EXPECT_EQ(ask({"migrate", "readiness", "-o", "name"}, 200, answer("done", "true", "")), 0);
    EXPECT_EQ(out, "done\n");
    EXPECT_EQ(ask({"migrate", "readiness", "-o", "json"}, 200, answer("not-ready", "false", "")),
              3);
    EXPECT_TRUE(out.starts_with("{\"verdict\"")) << out;
}

TEST_F(MigrateCommands, AProblemIsNoVerdict) {
    EXPECT_EQ(ask({"migrate", "readiness"}, 403, R"({"code":"IST-API-007","detail":"no"})"), 4);
    EXPECT_NE(talk.find("IST-API-007: no"), std::string::npos);
}

}  // namespace
}  // namespace isthmus::cli
