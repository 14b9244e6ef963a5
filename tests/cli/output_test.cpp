// What administrators and scripts read.
#include "cli/output.h"

#include "cli/api_client.h"
#include "cli/commands.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace isthmus::cli {
namespace {

const Columns kColumns = {{"domain", "enabled"}, {"limit"}};

boost::json::value rows() {
    return boost::json::parse(
        R"({"items":[{"domain":"a.example","enabled":true,"limit":null},
                     {"domain":"bücher.example","enabled":false,"limit":7}]})");
}

TEST(Output, TableAlignsByCharacters) {
    EXPECT_EQ(render(rows(), Format::Wide, kColumns),
              "DOMAIN          ENABLED  LIMIT\n"
              "a.example       true     -\n"
              "bücher.example  false    7\n");
}

TEST(Output, NamesOnly) {
    EXPECT_EQ(render(rows(), Format::Name, kColumns), "a.example\nbücher.example\n");
}

TEST(Output, ControlCharactersAreShown) {
    const auto evil = boost::json::parse(R"({"domain":"a\u001b[31m\n"})");
    EXPECT_EQ(render(evil, Format::Table, kColumns), "domain  a\\x1B[31m\\x0A\n");
}

TEST(Output, PlainValuesStandBeforeWhatHasAHeading) {
    const auto value = boost::json::parse(R"({"failures":{"a_to_b":1},"dialogs":2,"state":"up"})");
    EXPECT_EQ(render(value, Format::Table, {}),
              "dialogs   2\nstate     up\n\nFAILURES\na_to_b  1\n");
}

TEST(Output, PoliciesAreNamedAsPeopleDo) {
    const auto value = boost::json::parse(
        R"({"items":[{"identity":"Tag:Sales","policy":"Tag:Sales","object":"policy/Tag:Sales"},
                     {"identity":"Global","policy":"","object":"policy/Global"},
                     {"identity":"Site:Rome","policy":"Site:Rome","object":"user/Tag:a@b.example"}]})");
    const Columns columns{{"identity", "policy", "object"}, {}};
    EXPECT_EQ(render(value, Format::Table, columns),
              "IDENTITY   POLICY     OBJECT\n"
              "Tag:Sales  Sales      policy/Sales\n"
              "Global     -          policy/global\n"
              "Site:Rome  site:Rome  user/Tag:a@b.example\n");
    EXPECT_EQ(render(boost::json::parse(R"({"effective_policy":"Global"})"), Format::Table, {}),
              "effective_policy  global\n");
    EXPECT_NE(render(value, Format::Json, columns).find("policy/Tag:Sales"), std::string::npos);
}

TEST(Output, Yaml) {
    const auto yaml = [](const char* json) {
        return render(boost::json::parse(json), Format::Yaml, {});
    };
    EXPECT_EQ(yaml(R"({"items":[{"a":1,"b":"x"},{"a":2}],"none":[]})"),
              "items:\n  - a: 1\n    b: x\n  - a: 2\nnone: []\n");
    EXPECT_EQ(yaml(R"([[1,[]],{},"",null])"), "- - 1\n  - []\n- {}\n- \"\"\n- null\n");
    // What a parser would take for something else is quoted.
    for (const char* text :
         {"true", "No",  "null", "1",        "1.5", "1e3",  "0x1f", "2026-11-26", "~",  "y",
          " x",   "x ",  "a: b", "a #b",     "- a", "*a",   "&a",   "!a",         "@a", "%a",
          "{a",   "'a'", "a\tb", "12:30:45", ".5",  "a  b", "=",    "?"}) {
        const boost::json::value value{{"a", text}};
        EXPECT_TRUE(render(value, Format::Yaml, {}).starts_with("a: \"")) << text;
    }
    EXPECT_EQ(yaml(R"({"a":"two\nlines\u0085\u2028\u007f\"\\"})"),
              "a: \"two\\nlines\\u0085\\u2028\\u007F\\\"\\\\\"\n");
    EXPECT_EQ(yaml(R"({"yes":5.0,"a b":1e20,"c":1.5,"d":-0.25})"),
              "\"yes\": 5.0\na b: 1.0e+20\nc: 1.5\nd: -0.25\n");
    EXPECT_EQ(yaml(R"("bücher.example")"), "\"bücher.example\"\n");
}

TEST(Commands, ExitCodes) {
    std::string served;
    const Offline offline{.serve =
                              [&](const std::string& file) {
                                  served = file;
                                  return 0;
                              },
                          .check_config = [](const std::string&) { return 2; },
                          .translate = [](const std::string&) { return 0; },
                          .version = "1"};
    const auto call = [&](std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "isthmus");
        return run(static_cast<int>(arguments.size()), arguments.data(), offline);
    };
    EXPECT_EQ(call({"serve", "--config", "f.toml"}), 0);
    EXPECT_EQ(served, "f.toml");
    EXPECT_EQ(call({"config", "check", "f.toml"}), 2);
    EXPECT_EQ(call({"partner", "frobnicate"}), 2);
    EXPECT_EQ(call({"partner", "create", "a.example", "--enabled", "perhaps"}), 2);
    EXPECT_EQ(call({"partner", "list", "-o", "xml"}), 2);
    EXPECT_EQ(call({"--server", "unix:/nonexistent/x.sock", "partner", "list"}), 6);
    EXPECT_EQ(call({"--server", "https://localhost:1", "partner", "list"}), 2);
    EXPECT_EQ(
        call({"--server", "unix:/nonexistent/x.sock", "--dry-run", "partner", "create", "a.b"}), 6)
        << "nobody can check it";
    EXPECT_EQ(call({"--dry-run", "stream", "close", "1"}), 0);
}

TEST(ApiClient, SegmentsAreEncoded) {
    EXPECT_EQ(encode_segment("a/b ü"), "a%2Fb%20%C3%BC");
}

}  // namespace
}  // namespace isthmus::cli
