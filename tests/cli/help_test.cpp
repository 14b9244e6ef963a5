// Every command explains itself: examples that can be typed, an entry of the man page, completion.
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/cs_command.h"
#include "cli/examples.h"
#include "cli/program.h"
#include "cli/usage.h"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace isthmus::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// The program with all its commands; nobody runs them.
struct Whole {
    Whole() : program(offline) { add_commands(program, line); }

    static constexpr const char* kNobody[] = {"isthmus"};
    Offline offline{.serve = {}, .check_config = {}, .translate = {}, .version = "1"};
    CommandLine line{1, kNobody};
    Program program;
};

void each_command(const CLI::App& app, const std::function<void(const CLI::App&)>& visit) {
    visit(app);
    for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; })) {
        each_command(*one, visit);
    }
}

/// As a shell cuts it, up to a redirection.
std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    bool is_quoted = false;
    for (const char c : text + " ") {
        if (c == '\'') {
            is_quoted = !is_quoted;
        } else if (c == ' ' && !is_quoted) {
            if (word == "<" || word == ">") {
                break;
            }
            if (!word.empty()) {
                words.push_back(word);
            }
            word.clear();
        } else {
            word.push_back(c);
        }
    }
    return words;
}

std::string man_page() {
    std::ifstream file(std::string(ISTHMUS_SOURCE_DIR) + "/docs/man/isthmus.1");
    std::ostringstream page;
    page << file.rdbuf();
    std::string plain;
    const std::string text = page.str();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            plain.push_back(text[i]);
        } else if (++i < text.size() && text[i] == 'f') {
            ++i;
        } else {
            plain.push_back(text[i]);
        }
    }
    return plain;
}

/// The commands that have an entry: ".B partner get", or shorter ".B partner get, set DOMAIN".
std::set<std::string> entries_of(const std::string& page) {
    std::set<std::string> found;
    std::istringstream lines(page);
    for (std::string each; std::getline(lines, each);) {
        if (!each.starts_with(".B ")) {
            continue;
        }
        std::string group;
        std::istringstream parts(each.substr(3));
        for (std::string part; std::getline(parts, part, ',');) {
            std::istringstream words(part);
            std::string so_far;
            for (std::string word; words >> word && so_far.size() < 40;) {
                so_far += (so_far.empty() ? "" : " ") + word;
                found.insert(so_far);
                if (!group.empty()) {
                    found.insert(group + " " + so_far);
                }
                if (so_far == word && group.empty()) {
                    group = word;
                }
            }
        }
    }
    return found;
}

std::vector<std::string> texts(const std::vector<Candidate>& candidates) {
    std::vector<std::string> made;
    for (const Candidate& one : candidates) {
        made.push_back(one.text);
    }
    return made;
}

std::vector<std::string> completed(const std::vector<std::string>& words) {
    const Whole whole;
    return texts(complete(whole.program.root(), {.address = "unix:/nonexistent/socket"}, words));
}

TEST(Help, EveryCommandHasExamplesThatCanBeTyped) {
    Whole whole;
    testing::internal::CaptureStderr();
    EXPECT_EQ(whole.program.parse(2, std::vector{"isthmus", "no-such-command"}.data()), 2);
    EXPECT_NE(testing::internal::GetCapturedStderr(), "");
    each_command(whole.program.root(), [](const CLI::App& app) {
        SCOPED_TRACE(path_of(app));
        const std::string help = app.help();
        EXPECT_THAT(help, testing::HasSubstr("Examples:\n  isthmus"));
        EXPECT_FALSE(app.get_parent() != nullptr && app.get_description().empty());
        for (const std::string& example : examples_of(app)) {
            const auto words = words_of(example);
            ASSERT_GT(words.size(), 1U) << example;
            EXPECT_NE(help.find(example), std::string::npos) << example;
            std::vector<const char*> arguments;
            for (const std::string& word : words) {
                arguments.push_back(word.c_str());
            }
            const CommandLine line(static_cast<int>(words.size()), arguments.data());
            std::vector<const char*> own;
            for (const std::string& word : line.own) {
                own.push_back(word.c_str());
            }
            Whole fresh;
            EXPECT_EQ(fresh.program.parse(static_cast<int>(own.size()), own.data()), std::nullopt)
                << example;
        }
    });
}

TEST(Help, TheManPageHasEveryCommandAndFlag) {
    const Whole whole;
    const std::string page = man_page();
    const auto entries = entries_of(page);
    each_command(whole.program.root(), [&](const CLI::App& app) {
        SCOPED_TRACE(path_of(app));
        if (commands_of(app).empty()) {
            EXPECT_THAT(entries, Contains(path_of(app).substr(std::string("isthmus ").size())))
                << "docs/man/isthmus.1: an entry is missing";
        }
        for (const CLI::Option* option : app.get_options()) {
            for (const std::string& name : option->get_lnames()) {
                EXPECT_NE(page.find("--" + name), std::string::npos)
                    << "docs/man/isthmus.1: --" << name << " is missing";
            }
        }
    });
}

TEST(Help, TheManPageNamesNoCommandThatIsNone) {
    const Whole whole;
    std::istringstream lines(man_page());
    for (std::string each; std::getline(lines, each);) {
        if (!each.starts_with(".B ") || each.starts_with(".B --") ||
            each.starts_with(".B isthmus")) {
            continue;
        }
        std::istringstream words(each.substr(3));
        std::string word;
        words >> word;
        word = word.substr(0, word.find(','));
        EXPECT_THAT(commands_of(whole.program.root()), Contains(word)) << each;
    }
}

TEST(Completion, CommandsAndFlags) {
    EXPECT_THAT(completed({"part"}), ElementsAre("partner"));
    EXPECT_THAT(completed({""}), Contains("policy"));
    EXPECT_THAT(completed({"partner", "en"}), ElementsAre("enable"));
    EXPECT_THAT(completed({"-o", "json", "partner", "en"}), ElementsAre("enable"));
    EXPECT_THAT(completed({"partner", "create", "x.example", "--tls"}),
                ElementsAre("--tls-negotiation"));
    EXPECT_THAT(completed({"partner", "create", "--dry"}), ElementsAre("--dry-run"));
    EXPECT_THAT(completed({"nonsense", ""}), IsEmpty());
    EXPECT_THAT(completed({}), IsEmpty());
}

TEST(Completion, Values) {
    EXPECT_THAT(completed({"-o", ""}), ElementsAre("table", "wide", "json", "yaml", "name"));
    EXPECT_THAT(completed({"-o", "j"}), ElementsAre("json"));
    EXPECT_THAT(completed({"--output=y"}), ElementsAre("--output=yaml"));
    EXPECT_THAT(completed({"partner", "set", "x", "--tls-negotiation", "n"}),
                ElementsAre("NotSupported"));
    EXPECT_THAT(completed({"gateway", "set", "--enabled", ""}), ElementsAre("true", "false"));
    EXPECT_THAT(completed({"admin", "create", "x", "--role", "user"}), ElementsAre("user-admin"));
    EXPECT_THAT(completed({"completion", "z"}), ElementsAre("zsh"));
    EXPECT_THAT(completed({"serve", "--config", ""}), ElementsAre(":files"));
    EXPECT_THAT(completed({"user", "import", "/tmp/"}), ElementsAre(":files"));
    // Nobody answers there: no names, and no fault.
    EXPECT_THAT(completed({"partner", "get", ""}), IsEmpty());
}

TEST(Completion, Cmdlets) {
    EXPECT_THAT(completed({"cs", "new-csxmpp"}), ElementsAre("New-CsXmppAllowedPartner"));
    EXPECT_THAT(completed({"-q", "cs", "New-CsXmppAllowedPartner", "-Tls"}),
                ElementsAre("-TlsNegotiation"));
    EXPECT_THAT(completed({"cs", "New-CsXmppAllowedPartner", "-TlsNegotiation", "o"}),
                ElementsAre("Optional"));
    EXPECT_THAT(completed({"cs", "New-CsXmppAllowedPartner", "x", "-EnableKeepAlive", ""}),
                ElementsAre("true", "false"));
    EXPECT_THAT(completed({"cs", "No-Such", "-"}), IsEmpty());
}

TEST(Completion, Scripts) {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        EXPECT_THAT(std::string(completion_script(shell)), testing::HasSubstr("__complete"));
    }
    EXPECT_EQ(completion_script("csh"), "");
}

}  // namespace
}  // namespace isthmus::cli
