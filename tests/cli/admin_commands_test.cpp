// Where the command line goes and what it refuses to take from its arguments.
#include "cli/api_client.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "one_answer.h"

namespace isthmus::cli {
namespace {

class AdminCommands : public Commands {
  protected:
    AdminCommands() {
        token = folder + "/token";
        std::ofstream(token) << "ist_abc\n";
    }

    std::string token;
};

TEST_F(AdminCommands, AddressesThatAreNone) {
    for (const char* bad : {"",
                            "http://a:1",
                            "unix:",
                            "https://",
                            "https://a:x",
                            "https://a:1/path",
                            "https://user@a:1",
                            "ftp://a"}) {
        EXPECT_THROW(ApiClient({.address = bad, .token_file = token}), std::invalid_argument)
            << bad;
    }
    for (const char* good : {"unix:/x",
                             "https://a",
                             "https://a/",
                             "https://a:8443",
                             "https://[::1]:8443",
                             "https://[::1]"}) {
        EXPECT_NO_THROW(ApiClient({.address = good, .token_file = token})) << good;
    }
}

TEST_F(AdminCommands, HttpsNeedsATokenAndAFingerprintIsOne) {
    EXPECT_THROW(ApiClient({.address = "https://a"}), std::invalid_argument);
    EXPECT_THROW(ApiClient({.address = "https://a", .token_file = folder + "/none"}),
                 std::invalid_argument);
    std::ofstream(token) << "two words\n";
    EXPECT_THROW(ApiClient({.address = "https://a", .token_file = token}), std::invalid_argument);
    std::ofstream(token) << "ist_abc\n";
    EXPECT_THROW(ApiClient({.address = "https://a", .token_file = token, .fingerprint = "abc"}),
                 std::invalid_argument);
    EXPECT_NO_THROW(ApiClient({.address = "https://a",
                               .token_file = token,
                               .fingerprint = std::string(62, 'A') + ":0f"}));
}

TEST_F(AdminCommands, NothingSecretInArguments) {
    EXPECT_EQ(call({"admin", "create", "alice", "--role", "viewer"}), 2);
    EXPECT_NE(talk.find("--password-stdin"), std::string::npos);
    EXPECT_EQ(call({"admin", "create", "alice", "--role", "viewer", "--password", "secret"}), 2);
    EXPECT_EQ(call({"gateway", "set", "--dialback-passphrase", "hunter2"}), 2);
    EXPECT_NE(talk.find("on stdin"), std::string::npos) << talk;
    EXPECT_EQ(talk.find("hunter2"), std::string::npos) << talk;
    EXPECT_EQ(call({"admin", "set", "alice"}), 2);
    EXPECT_EQ(call({"admin", "set", "alice", "--enabled", "maybe"}), 2);
}

TEST_F(AdminCommands, ADryRunIsTheDaemonsWord) {
    const std::string last = R"({"detail":"the last one","code":"IST-AUTH-014","status":409})";
    EXPECT_EQ(ask({"--dry-run", "admin", "delete", "alice"}, 409, last), 5);
    EXPECT_EQ(line, "DELETE /api/v1/admins/alice?dry_run=true");
    EXPECT_TRUE(talk.starts_with("IST-AUTH-014: the last one\n")) << talk;
    EXPECT_EQ(ask({"--dry-run", "admin", "delete", "bob"},
                  200,
                  R"({"name":"bob","tokens_left":["7"],"dry_run":true})"),
              0);
    EXPECT_EQ(out, "DELETE /api/v1/admins/bob \n");
    EXPECT_EQ(talk, "nothing was changed (--dry-run); it would be done\n");
    EXPECT_EQ(ask({"--dry-run", "admin", "token", "create", "--role", "viewer", "--expires", "1d"},
                  200,
                  R"({"id":"x","dry_run":true})"),
              0);
    EXPECT_EQ(out, "POST /api/v1/tokens {\"role\":\"viewer\",\"expires\":\"1d\"}\n");
    EXPECT_EQ(line, "POST /api/v1/tokens?dry_run=true");
    EXPECT_EQ(ask({"partner", "create", "a.example", "--dry-run", "-o", "json"},
                  200,
                  R"({"domain":"a.example","dry_run":true})"),
              0);
    EXPECT_EQ(out, "{\"domain\":\"a.example\",\"dry_run\":true}\n");
    EXPECT_EQ(ask({"partner", "delete", "a.example", "--dry-run", "--force", "--reason", "a b"},
                  200,
                  R"({"warnings":["look"],"revision":1,"in_force":true,"dry_run":true})"),
              0);
    EXPECT_EQ(line, "DELETE /api/v1/partners/a.example?force=true&reason=a%20b&dry_run=true");
    EXPECT_EQ(talk, "warning: look\nnothing was changed (--dry-run); it would be deleted\n");
    EXPECT_EQ(call({"--server", "unix:/nonexistent/x", "--dry-run", "site", "create", "Rome"}), 6);
    // What cannot be tried is not asked for.
    EXPECT_EQ(call({"--dry-run", "admin", "link"}), 0);
    EXPECT_EQ(out, "POST /api/v1/admins/-:link \n");
    EXPECT_TRUE(talk.starts_with("nobody was asked")) << talk;
}

}  // namespace
}  // namespace isthmus::cli
