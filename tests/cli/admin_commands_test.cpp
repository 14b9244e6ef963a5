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
    EXPECT_EQ(call({"admin", "set", "alice"}), 2);
    EXPECT_EQ(call({"admin", "set", "alice", "--enabled", "maybe"}), 2);
    EXPECT_EQ(
        call({"--dry-run", "admin", "token", "create", "--role", "viewer", "--expires", "1d"}), 0);
    EXPECT_EQ(out, "POST /api/v1/tokens {\"role\":\"viewer\",\"expires\":\"1d\"}\n");
    EXPECT_EQ(call({"--dry-run", "admin", "link"}), 0);
    EXPECT_EQ(out, "POST /api/v1/admins/-:link \n");
}

}  // namespace
}  // namespace isthmus::cli
