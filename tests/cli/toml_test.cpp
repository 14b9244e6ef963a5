// Objects as TOML, as `isthmus config show` prints them.
#include "cli/toml.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace isthmus::cli {
namespace {

std::string toml(const char* text) {
    return to_toml(boost::json::parse(text).as_object());
}

TEST(Toml, TablesListsAndValues) {
    EXPECT_EQ(toml(R"({"server": {"name": "g.example", "port": 5, "on": true, "none": null},
                       "sip": {"listen": ["a", "b"], "empty": [], "nothing": {},
                               "peer": [{"name": "one"}, {"name": "two"}]},
                       "xmpp": {"component": {"domain": ""}}})"),
              R"(
[server]
name = "g.example"
port = 5
on = true

[sip]
listen = ["a", "b"]
empty = []
nothing = {}

[[sip.peer]]
name = "one"

[[sip.peer]]
name = "two"

[xmpp]

[xmpp.component]
domain = ""
)");
}

TEST(Toml, NothingBreaksOutOfItsString) {
    EXPECT_EQ(toml(R"({"a": "x\" \\ \n\u001b[2J\u007f\u009b"})"),
              "a = \"x\\\" \\\\ \\u000A\\u001B[2J\\u007F\\u009B\"\n");
    EXPECT_EQ(toml(R"({"dns": {"static": {"_x._tcp.a.example": ["b"]}}})"),
              "\n[dns]\n\n[dns.static]\n\"_x._tcp.a.example\" = [\"b\"]\n");
    EXPECT_EQ(toml_comment("a\nname = 1").find('\n'), std::string::npos);
}

}  // namespace
}  // namespace isthmus::cli
