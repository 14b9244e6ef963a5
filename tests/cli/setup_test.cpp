// `isthmus setup`: the file that follows from the answers, and what it refuses to do.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "one_answer.h"

namespace isthmus::cli {
namespace {

class Setup : public Commands {
  protected:
    int setup(std::vector<std::string> words) {
        words.insert(words.begin(), {"setup", file});
        words.emplace_back("--no-input");
        return call(std::move(words));
    }

    std::string written() const {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }

    std::string file = folder + "/isthmus.toml";
};

TEST_F(Setup, WritesWhatTheAnswersMean) {
    EXPECT_EQ(setup({"--name",
                     "gw.contoso.example",
                     "--domains",
                     "contoso.example, litware.example",
                     "--sip-system",
                     "tls:sip.contoso.example:5061",
                     "--certificate",
                     "/c.pem",
                     "--key",
                     "/k.pem"}),
              0)
        << talk;
    const std::string text = written();
    EXPECT_NE(text.find("[server]\nname = \"gw.contoso.example\"\n"), std::string::npos) << text;
    EXPECT_NE(text.find("[sip]\ndomains = [\"contoso.example\", \"litware.example\"]\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("[[sip.peer]]\nname = \"frontend\"\ntarget = "
                        "\"tls:sip.contoso.example:5061\"\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("private_key_file = \"/k.pem\"\n"), std::string::npos) << text;
    EXPECT_NE(out.find("_xmpp-server._tcp.litware.example. IN SRV 0 0 5269 gw.contoso.example."),
              std::string::npos)
        << out;
    EXPECT_EQ(out.find("cert request"), std::string::npos) << "it has one";
}

TEST_F(Setup, ASystemWithoutTlsIsListenedForWithoutTls) {
    EXPECT_EQ(setup({"--name",
                     "gw.contoso.example",
                     "--sip-system",
                     "udp:sip.contoso.example:5060",
                     "--sip-addresses",
                     "192.0.2.10"}),
              0)
        << talk;
    const std::string text = written();
    EXPECT_NE(text.find("domains = [\"contoso.example\"]\nlisten = [\"udp:[::]:5060\"]\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("addresses = [\"192.0.2.10\"]\n"), std::string::npos) << text;
    EXPECT_NE(out.find("UDP 5060"), std::string::npos) << out;
    EXPECT_NE(out.find("cert request"), std::string::npos) << out;
}

TEST_F(Setup, NeverWritesOverAFile) {
    std::ofstream(file) << "mine";
    EXPECT_EQ(setup({"--name", "gw.contoso.example"}), 2);
    EXPECT_EQ(written(), "mine");
    EXPECT_NE(talk.find("--force"), std::string::npos) << talk;
    EXPECT_EQ(setup({"--name", "gw.contoso.example", "--force"}), 0) << talk;
    EXPECT_NE(written(), "mine");
}

TEST_F(Setup, WhatIsMissingIsNamed) {
    EXPECT_EQ(setup({"--name", "gateway"}), 2) << "no domain follows from it";
    EXPECT_NE(talk.find("--domains"), std::string::npos) << talk;
    EXPECT_EQ(setup({"--name", "gw.contoso.example", "--certificate", "/c.pem"}), 2);
    EXPECT_NE(talk.find("--key"), std::string::npos) << talk;
    EXPECT_EQ(written(), "");
    EXPECT_EQ(
        call({"setup", folder + "/none/x.toml", "--name", "gw.contoso.example", "--no-input"}), 2);
}

TEST_F(Setup, ADryRunPrintsTheFile) {
    EXPECT_EQ(setup({"--name", "gw.contoso.example", "--dry-run"}), 0) << talk;
    EXPECT_NE(out.find("name = \"gw.contoso.example\""), std::string::npos) << out;
    EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace isthmus::cli
