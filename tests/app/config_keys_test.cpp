// What the reader of the boot file knows of its keys: shown to administrators, described to
// editors.
#include "app/config_keys.h"

#include "app/config.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>

namespace isthmus::app {
namespace {

namespace json = boost::json;

constexpr const char* kFile = R"(
[server]
name = "gateway.contoso.example"
[database]
url = "postgresql://isthmus:geheim@db.example/isthmus?password=geheim&sslmode=require"
[[sip.peer]]
name = "one"
target = "tls:one.example:5061"
[[sip.peer]]
name = "two"
target = "tls:two.example:5061"
domains = ["two.example"]
[dns.static]
"a.example" = ["192.0.2.1"]
)";

json::object shown(bool is_effective) {
    return parse_config(kFile, "isthmus.toml").value().shown(is_effective);
}

TEST(ConfigKeys, WhatTheFileSaysAndNoMore) {
    const json::object made = shown(false);
    EXPECT_EQ(made.at("file"), "isthmus.toml");
    const json::object& config = made.at("config").as_object();
    EXPECT_EQ(config.size(), 4U) << json::serialize(config);
    EXPECT_EQ(config.at("server").at("name"), "gateway.contoso.example");
    EXPECT_EQ(config.at("sip").at("peer").as_array().size(), 2U);
    EXPECT_EQ(config.at("sip").at("peer").at(1).at("domains"), json::array{"two.example"});
    EXPECT_EQ(config.at("dns").at("static").at("a.example"), json::array{"192.0.2.1"});
}

TEST(ConfigKeys, NoSecret) {
    const std::string text = json::serialize(shown(true));
    EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
    EXPECT_EQ(without_password("postgresql://a:b@h/n"), "postgresql://a:***@h/n");
    EXPECT_EQ(without_password("postgresql://a:b@c@h"), "postgresql://a:***@h");
    EXPECT_EQ(without_password("postgresql://h:5432/n?passfile=/f"),
              "postgresql://h:5432/n?passfile=/f");
    EXPECT_EQ(without_password("postgresql:///n?host=h&password=b&user=a"),
              "postgresql:///n?host=h&password=***&user=a");
    EXPECT_EQ(without_password("sqlite:a:b@c"), "sqlite:a:b@c");
    EXPECT_EQ(without_password("ldaps://h/a:b@c"), "ldaps://h/a:b@c");
}

TEST(ConfigKeys, WhatHoldsWhereTheFileIsSilent) {
    const json::object config = shown(true).at("config").as_object();
    EXPECT_EQ(config.at("admin").at("listen"), json::array{"127.0.0.1:8443"});
    EXPECT_EQ(config.at("limits").at("max_sip_bytes"), 65536);
    EXPECT_EQ(config.at("sip").at("peer").at(0).at("kind"), "simple");
    EXPECT_FALSE(config.at("directory").as_object().contains("start_tls")) << "it depends";
}

TEST(ConfigKeys, TheSchemaHasEveryKeyWithItsMeaning) {
    const ConfigKeys keys = known_keys();
    EXPECT_GT(keys.size(), 70U);
    const json::object schema = schema_of(keys);
    const auto property = [&](const char* table, const char* key) {
        return schema.at("properties").at(table).at("properties").at(key).as_object();
    };
    EXPECT_EQ(schema.at("required"), json::array{"server"});
    EXPECT_EQ(property("limits", "max_sip_bytes").at("minimum"), 1300);
    EXPECT_EQ(property("tls", "min_version").at("enum"), (json::array{"1.2", "1.3"}));
    EXPECT_EQ(property("server", "state_dir").at("default"), "/var/lib/isthmus");
    EXPECT_FALSE(property("server", "name").contains("default"));
    const json::object peer = property("sip", "peer").at("items").as_object();
    EXPECT_EQ(peer.at("required"), (json::array{"name", "target"}));
    EXPECT_EQ(peer.at("additionalProperties"), false);
    EXPECT_TRUE(peer.at("properties").at("password_file").as_object().contains("description"));
    EXPECT_TRUE(property("dns", "static").contains("description"));
    EXPECT_TRUE(property("directory", "attributes").contains("properties"));
}

/// docs/configuration.md describes it; the tables whose rows are others' names stand for all keys.
TEST(ConfigKeys, EveryKeyIsDocumented) {
    for (const ConfigKey& one : known_keys()) {
        const json::object schema = schema_of({one});
        const std::string text = json::serialize(schema);
        EXPECT_TRUE(one.table == "directory.attributes" ||
                    text.find("\"description\"") != std::string::npos)
            << "[" << one.table << "] " << one.key << " is missing in docs/configuration.md";
    }
}

}  // namespace
}  // namespace isthmus::app
