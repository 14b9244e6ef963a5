// Certificates on the command line: what is asked of the daemon, and that no secret is shown or
// taken from arguments.
#include "cli/commands.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace isthmus::cli {
namespace {

class CertificateCommands : public testing::Test {
  protected:
    CertificateCommands() {
        folder = std::filesystem::temp_directory_path() / "isthmus-cert-XXXXXX";
        mkdtemp(folder.data());
        file = folder + "/own.pem";
        std::ofstream(file) << "-----BEGIN PRIVATE KEY-----\n";
        std::ofstream(folder + "/password") << "tr0ub4dor\nrest\n";
    }

    ~CertificateCommands() override { std::filesystem::remove_all(folder); }

    int call(std::vector<std::string> words) {
        std::vector<const char*> arguments{"isthmus", "--dry-run", "cert"};
        for (const std::string& word : words) {
            arguments.push_back(word.c_str());
        }
        const Offline offline{.serve = {}, .check_config = {}, .translate = {}, .version = "1"};
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int code = run(static_cast<int>(arguments.size()), arguments.data(), offline);
        out = testing::internal::GetCapturedStdout();
        err = testing::internal::GetCapturedStderr();
        return code;
    }

    std::string folder;
    std::string file;
    std::string out;
    std::string err;
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
        {{"served", "192.0.2.1:5269", "--name", "x.example"},
         R"(POST /api/v1/certificates:served {"address":"192.0.2.1:5269","name":"x.example"})"},
    };
    for (const auto& [words, wanted] : rows) {
        EXPECT_EQ(call(words), 0) << err;
        EXPECT_EQ(out, std::string(wanted) + "\n");
    }
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
        << err;
    EXPECT_EQ(out,
              R"(POST /api/v1/certificates:import {"content_base64":"***","more_base64":"***",)"
              R"("name":"web","password":"***","uses":["xmpp-s2s"]})"
              "\n");
    EXPECT_EQ(call({"import", file, "--password", "secret"}), 2);
    EXPECT_EQ(call({"import", folder + "/none"}), 2);
    EXPECT_NE(err.find("fix: "), std::string::npos);
    std::ofstream(folder + "/large") << std::string((std::size_t{1} << 20U) + 1, 'x');
    EXPECT_EQ(call({"import", folder + "/large"}), 2);
    EXPECT_EQ(call({"assign", "web"}), 2) << "which use?";
}

}  // namespace
}  // namespace isthmus::cli
