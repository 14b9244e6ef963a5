// Certificates on the command line: what is asked of the daemon, and that no secret is shown or
// taken from arguments.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "one_answer.h"

namespace isthmus::cli {
namespace {

class CertificateCommands : public Commands {
  protected:
    CertificateCommands() {
        file = folder + "/own.pem";
        std::ofstream(file) << "-----BEGIN PRIVATE KEY-----\n";
        std::ofstream(folder + "/password") << "tr0ub4dor\nrest\n";
    }

    /// `isthmus --dry-run cert WORDS`, which the daemon finds good.
    int call(std::vector<std::string> words) {
        words.insert(words.begin(), {"--dry-run", "cert"});
        return ask(std::move(words), 200, "{}");
    }

    /// The same, refused before anybody is asked.
    int refused(std::vector<std::string> words) {
        words.insert(words.begin(), {"--dry-run", "cert"});
        return Commands::call(std::move(words));
    }

    std::string file;
};

TEST_F(CertificateCommands, AskTheDaemonForWhatIsDocumented) {
    const std::pair<std::vector<std::string>, const char*> rows[] = {
        {{"request", "web", "--key-type", "p-256", "--use", "sip,admin", "--names", "a.example, b"},
         R"(POST /api/v1/certificates:request {"key_type":"p-256","names":["a.example","b"],"name":"web","uses":["sip","admin"]})"},
        {{"assign", "web", "--use", "sip"},
         R"(PUT /api/v1/certificate-uses/sip {"certificate":"web"})"},
        {{"assign", "web", "--use", "sip", "--effective", "2030-07-01", "--beside"},
         R"(PUT /api/v1/certificate-uses/sip {"certificate":"web","effective":"2030-07-01","beside":true})"},
        {{"remove", "--use", "sip"}, "DELETE /api/v1/certificate-uses/sip "},
        {{"remove", "--use", "sip", "--previous"},
         "DELETE /api/v1/certificate-uses/sip?previous=true "},
        {{"delete", "a/b"}, "DELETE /api/v1/certificates/a%2Fb "},
        {{"watch", "acme", "--certificate-file", "/a", "--private-key-file", "/b"},
         R"(POST /api/v1/certificates:watch {"name":"acme","certificate_file":"/a","private_key_file":"/b"})"},
    };
    for (const auto& [words, wanted] : rows) {
        EXPECT_EQ(call(words), 0) << talk;
        EXPECT_EQ(out, std::string(wanted) + "\n");
        const std::string asked(wanted, std::string_view(wanted).find(' ', 8));
        const char* sign = asked.find('?') == std::string::npos ? "?" : "&";
        EXPECT_EQ(line, asked + sign + "dry_run=true");
    }
    EXPECT_EQ(refused({"served", "192.0.2.1:5269", "--name", "x.example"}), 0) << talk;
    EXPECT_EQ(out,
              "POST /api/v1/certificates:served "
              "{\"address\":\"192.0.2.1:5269\",\"name\":\"x.example\"}\n");
}

TEST_F(CertificateCommands, ShowNoSecretAndTakeNoneFromArguments) {
    EXPECT_EQ(call({"import",
                    file,
                    "--key",
                    file,
                    "--name",
                    "web",
                    "--password-file",
                    folder + "/password",
                    "--use",
                    "xmpp-s2s"}),
              0)
        << talk;
    EXPECT_EQ(out,
              R"(POST /api/v1/certificates:import {"content_base64":"***","more_base64":"***",)"
              R"("name":"web","password":"***","uses":["xmpp-s2s"]})"
              "\n");
    EXPECT_EQ(refused({"import", file, "--password", "secret"}), 2);
    EXPECT_EQ(refused({"import", folder + "/none"}), 2);
    EXPECT_NE(talk.find("fix: "), std::string::npos);
    std::ofstream(folder + "/large") << std::string((std::size_t{1} << 20U) + 1, 'x');
    EXPECT_EQ(refused({"import", folder + "/large"}), 2);
    EXPECT_EQ(refused({"assign", "web"}), 2) << "which use?";
}

}  // namespace
}  // namespace isthmus::cli
