// The command lines of Microsoft's pages, verbatim (tests/data/cmdlets).
#include "cli/cs_harness.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace isthmus::cli::cs {
namespace {

namespace json = boost::json;

const std::filesystem::path kData =
    std::filesystem::path(ISTHMUS_SOURCE_DIR) / "tests" / "data" / "cmdlets";

struct Step {
    std::string page;
    std::string line;
    std::vector<std::string> calls;
    std::vector<std::string> out;
    std::vector<std::string> says;
    bool is_silent = false;
    int exit_code = 0;
};

std::vector<Step> read_steps(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<Step> steps;
    std::string page;
    for (std::string line; std::getline(file, line);) {
        const std::size_t blank = line.find(' ');
        const std::string word = line.substr(0, blank);
        const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
        if (word == "page" || word == "ours") {
            page = word == "page" ? rest : "ours";
        } else if (word == "run") {
            steps.push_back({.page = page, .line = rest});
        } else if (word == "more") {
            steps.back().line += "\n" + rest;
        } else if (word == "call") {
            steps.back().calls.push_back(rest);
        } else if (word == "out") {
            steps.back().out.push_back(rest);
        } else if (word == "says") {
            steps.back().says.push_back(rest);
        } else if (word == "none") {
            steps.back().is_silent = true;
        } else if (word == "exit") {
            steps.back().exit_code = std::stoi(rest);
        } else if (!line.empty() && word != "#") {
            ADD_FAILURE() << path << ": " << line;
        }
    }
    return steps;
}

/// Without blanks at the ends and with one for several.
std::string squeezed(std::string_view line) {
    std::string out;
    for (const char c : line) {
        if (c != ' ' || (!out.empty() && out.back() != ' ')) {
            out.push_back(c);
        }
    }
    while (out.ends_with(' ')) {
        out.pop_back();
    }
    return out;
}

bool has_line(const std::string& text, const std::string& wanted) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (squeezed(line) == squeezed(wanted)) {
            return true;
        }
    }
    return false;
}

/// "METHOD TARGET {members}": of the body only those are compared.
void expect_call(const std::string& wanted, const std::string& made) {
    const std::size_t brace = wanted.find(" {");
    EXPECT_EQ(made.substr(0, made.find(" {")), wanted.substr(0, brace));
    if (brace == std::string::npos) {
        return;
    }
    ASSERT_NE(made.find(" {"), std::string::npos) << made;
    const json::value body = json::parse(made.substr(made.find(" {") + 1));
    const json::value members = json::parse(wanted.substr(brace + 1));
    for (const auto& member : members.as_object()) {
        const json::value* has = body.as_object().if_contains(member.key());
        EXPECT_TRUE(has != nullptr && *has == member.value()) << member.key() << " of " << made;
    }
}

void load_fixture(FakeApi& api) {
    std::ifstream file(kData / "fixture.json");
    std::ostringstream text;
    text << file.rdbuf();
    const json::value steps = json::parse(text.str());
    for (const json::value& one : steps.as_array()) {
        const json::object& step = one.as_object();
        const Answer answer = api.call({std::string(step.at("method").as_string()),
                                        std::string(step.at("target").as_string()),
                                        json::serialize(step.at("body")),
                                        {}});
        ASSERT_LT(answer.status, 300) << answer.text;
    }
}

class Documented : public testing::TestWithParam<const char*> {};

TEST_P(Documented, LinesDoWhatThePagesSay) {
    Harness harness;
    load_fixture(harness.api);
    for (const Step& step : read_steps(kData / GetParam())) {
        SCOPED_TRACE(step.page + ": " + step.line);
        EXPECT_EQ(harness.run(step.line), step.exit_code) << harness.talk;
        EXPECT_EQ(harness.api.changes.size(), step.calls.size())
            << (harness.api.changes.empty() ? "" : harness.api.changes.front());
        const std::size_t both = std::min(harness.api.changes.size(), step.calls.size());
        for (std::size_t i = 0; i < both; ++i) {
            expect_call(step.calls[i], harness.api.changes[i]);
        }
        for (const std::string& line : step.out) {
            EXPECT_TRUE(has_line(harness.out, line)) << line << "\nin\n" << harness.out;
        }
        for (const std::string& text : step.says) {
            EXPECT_NE(harness.talk.find(text), std::string::npos) << text << "\nin\n"
                                                                  << harness.talk;
        }
        if (step.is_silent) {
            EXPECT_EQ(harness.out, "");
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Pages,
    Documented,
    testing::Values("xmpp.txt", "policies.txt", "edge.txt", "users.txt", "certificates.txt"),
    [](const auto& given) {
        return std::string(given.param).substr(0, std::string(given.param).find('.'));
    });

TEST(DocumentedLines, AreMoreThanSixty) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kData)) {
        if (entry.path().extension() == ".txt") {
            for (const Step& step : read_steps(entry.path())) {
                count += step.page == "ours" ? 0 : 1;
            }
        }
    }
    EXPECT_GE(count, 60U);
}

}  // namespace
}  // namespace isthmus::cli::cs
