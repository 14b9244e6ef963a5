// `isthmus user import` and `isthmus user sync`, against a daemon that gives one answer.
#include <fstream>
#include <string>

#include "one_answer.h"

namespace isthmus::cli {
namespace {

class UserSourceCommands : public Commands {
  protected:
    std::string file(const std::string& text) {
        const std::string path = folder + "/users.csv";
        std::ofstream(path) << text;
        return path;
    }
};

TEST_F(UserSourceCommands, AnImportSaysWhatItDid) {
    EXPECT_EQ(ask({"user", "import", file("uri\na@contoso.example\n")},
                  200,
                  R"({"created":1,"changed":2,"same":3,"revision":7,"in_force":true,)"
                  R"("dry_run":false})"),
              0);
    EXPECT_EQ(line, "POST /api/v1/users:import");
    EXPECT_EQ(talk, "1 created, 2 changed, 3 as they were, revision 7, in force\n");
    EXPECT_EQ(out, "");
    EXPECT_EQ(ask({"user", "import", file("uri\n"), "--dry-run"},
                  200,
                  R"({"created":1,"changed":0,"same":0,"revision":6,"in_force":true,)"
                  R"("dry_run":true})"),
              0);
    EXPECT_EQ(line, "POST /api/v1/users:import?dry_run=true");
    EXPECT_NE(talk.find("nothing has changed"), std::string::npos);
}

TEST_F(UserSourceCommands, FaultsHaveTheirLines) {
    EXPECT_EQ(
        ask({"user", "import", file("x")},
            400,
            R"({"code":"IST-API-001","detail":"2 lines are not valid; nothing was imported.",)"
            R"("faults":[{"line":3,"sentence":"uri: is \u001brequired."},)"
            R"({"line":9,"sentence":"b"}]})"),
        2);
    EXPECT_NE(talk.find("2 lines are not valid"), std::string::npos);
    EXPECT_NE(talk.find("\nline 3: uri: is \\x1Brequired.\nline 9: b\n"), std::string::npos)
        << talk;
}

TEST_F(UserSourceCommands, AFileThatCannotBeRead) {
    EXPECT_EQ(call({"user", "import", folder + "/none.csv"}), 2);
    EXPECT_NE(talk.find("none.csv: cannot be read"), std::string::npos) << talk;
    EXPECT_EQ(call({"user", "import", folder}), 2);
    EXPECT_NE(talk.find("directory"), std::string::npos) << talk;
}

constexpr const char* kReport =
    R"("at":"2026-01-01T00:00:00Z","users":12,"created":1,"changed":2,"taken_over":0,)"
    R"("renamed":1,"disabled":0,"enabled":0,"removed":1,"same":7,"skipped":1,)"
    R"("created_users":["n@x"],"changed_users":[],"removed_users":["gone@contoso.example"],)"
    R"("faults":[{"dn":"cn=x","sentence":"uri: no."}],"notices":["pool p is not known"])";

TEST_F(UserSourceCommands, ASynchronisation) {
    EXPECT_EQ(
        ask({"user", "sync"},
            200,
            std::string(R"({"outcome":"done","revision":3,"in_force":true,)") + kReport + "}"),
        0);
    EXPECT_EQ(line, "POST /api/v1/users:sync");
    EXPECT_EQ(out,
              "12 users in the directory: 1 created, 2 changed, 0 taken over, 1 renamed, "
              "0 disabled, 0 enabled, 1 removed, 7 as they were\n"
              "removed:\n  gone@contoso.example\n"
              "1 entry skipped:\n  cn=x: uri: no.\n"
              "note: pool p is not known\n");
    EXPECT_EQ(talk, "synchronised, revision 3, in force\n");
    ask({"user", "sync", "--dry-run", "--force"},
        200,
        std::string(R"({"outcome":"dry-run","dry_run":true,)") + kReport + "}");
    EXPECT_EQ(line, "POST /api/v1/users:sync?dry_run=true&force=true");
    EXPECT_NE(talk.find("nothing has changed"), std::string::npos);
}

TEST_F(UserSourceCommands, ARefusalShowsWhomItConcerns) {
    EXPECT_EQ(
        ask({"user", "sync"},
            409,
            std::string(R"({"code":"IST-API-024","detail":"Too many.","outcome":"refused",)") +
                kReport + "}"),
        5);
    EXPECT_NE(out.find("gone@contoso.example"), std::string::npos);
    EXPECT_NE(talk.find("IST-API-024"), std::string::npos);
    EXPECT_EQ(ask({"user", "sync"}, 404, R"({"code":"IST-API-026","detail":"None."})"), 1);
    EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace isthmus::cli
