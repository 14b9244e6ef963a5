// Every tests/scenarios/*.scn is one test of that name.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/play.h"

namespace isthmus::test {

namespace {

const std::filesystem::path kFolder = std::string(ISTHMUS_SOURCE_DIR) + "/tests/scenarios";

std::vector<std::string> scripts() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".scn") {
            names.push_back(entry.path().stem());
        }
    }
    std::ranges::sort(names);
    return names;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, Plays) {
    std::ifstream file(kFolder / (GetParam() + ".scn"));
    std::ostringstream script;
    script << file.rdbuf();
    Play play;
    try {
        play.run(script.str());
    } catch (const ScriptFailure& failure) {
        FAIL() << GetParam() << ".scn: " << failure.what();
    }
}

INSTANTIATE_TEST_SUITE_P(Files,
                         Scenario,
                         testing::ValuesIn(scripts()),
                         [](const testing::TestParamInfo<std::string>& script) {
                             std::string name = script.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(ScenarioLanguage, ARunnerThatCannotFailIsNoRunner) {
    for (const char* wrong : {"proxy receives\n    SIP/2.0 200 OK\n",
                              "fabrikam receives\n    <message/>\n",
                              "frobnicate\n",
                              "proxy sends\n    OPTIONS sip:192.0.2.1 SIP/2.0\n"
                              "    Via: SIP/2.0/TCP p;branch=z9hG4bK1\n    Max-Forwards: 70\n"
                              "    From: <sip:p@contoso.example>;tag=1\n    To: <sip:192.0.2.1>\n"
                              "    Call-ID: 1\n    CSeq: 1 OPTIONS\n    Content-Length: 0\n"}) {
        EXPECT_THROW(Play().run(wrong), ScriptFailure) << wrong;
    }
}

}  // namespace
}  // namespace isthmus::test
