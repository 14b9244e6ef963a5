// The boot file: every key of the documentation, and faults that name line, column and remedy.
#include "app/config.h"

#include <gtest/gtest.h>

namespace isthmus::app {
namespace {

constexpr const char* kWhole = R"(
[server]
name = "gateway.contoso.example"
state_dir = "/srv/isthmus"
[database]
url = "sqlite:isthmus.db"
[sip]
listen = ["udp:127.0.0.1:0", "tls:[::]:5061"]
domains = ["contoso.example"]
[[sip.peer]]
name = "frontend"
kind = "simple"
target = "tls:sip.contoso.example:5061"
domains = ["contoso.example"]
certificate_names = ["sip.contoso.example"]
addresses = ["192.0.2.0/24"]
[home]
enabled = false
[xmpp]
listen = ["[::]:5269"]
direct_tls_listen = []
domains = ["chat.contoso.example"]
domain_map = { "chat.contoso.example" = "contoso.example" }
[xmpp.component]
server = ""
domain = ""
secret_file = ""
[dns]
servers = ["127.0.0.1@5353"]
[dns.static]
"_xmpp-server._tcp.fabrikam.example" = ["0 0 5269 xmpp.fabrikam.example"]
"xmpp.fabrikam.example" = ["127.0.0.1"]
[tls]
trust = "none"
extra_ca_files = ["/ca.pem"]
min_version = "1.3"
[admin]
listen = []
unix_socket = "admin.sock"
names = ["admin.contoso.example"]
[admin.oidc]
issuer = "https://login.contoso.example"
client_id = "isthmus"
client_secret_file = "/etc/isthmus/oidc.secret"
redirect_url = "https://admin.contoso.example/api/v1/oidc/callback"
scope = "openid"
name_claim = "email"
role_claim = "realm_access.roles"
[admin.oidc.roles]
"xmpp-operators" = "admin"
[metrics]
listen = "127.0.0.1:0"
[log]
format = "text"
level = "debug"
[limits]
max_sip_bytes = 65536
max_stanza_bytes = 262144
max_message_chars = 8000
[cluster]
url = ""
)";

TEST(Config, ReadsEveryDocumentedKey) {
    const auto config = parse_config(kWhole, "test.toml");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->sip_peers.at(0).addresses.at(0), "192.0.2.0/24");
    EXPECT_EQ(config->dns_static.at("xmpp.fabrikam.example").at(0), "127.0.0.1");
    EXPECT_EQ(config->xmpp_domain_map.at("chat.contoso.example"), "contoso.example");
    EXPECT_EQ(config->oidc.roles.at("xmpp-operators"), "admin");
    EXPECT_EQ(config->in_state_dir("admin.sock"), "/srv/isthmus/admin.sock");
    EXPECT_EQ(config->in_state_dir("/run/x.sock"), "/run/x.sock");
}

TEST(Config, SmallestFileIsValid) {
    EXPECT_TRUE(parse_config("[server]\nname = \"g.example\"\n", "t"));
}

TEST(Config, UnknownKeyNamesPlaceAndNearest) {
    const auto config = parse_config("[server]\nname = \"g\"\n[sip]\nlisen = []\n", "t.toml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, "IST-CFG-001");
    EXPECT_EQ(config.error().detail,
              "t.toml:4:9: unknown key 'lisen' in [sip]; the nearest is 'listen'");
}

TEST(Config, EveryFaultIsReportedAtOnce) {
    const auto config = parse_config(
        "[server]\nname = 7\n[limits]\nmax_stanza_bytes = 100\n[log]\nlevel = \"loud\"\n", "t");
    ASSERT_FALSE(config);
    const std::string& detail = config.error().detail;
    EXPECT_NE(detail.find("name must be a string"), std::string::npos);
    EXPECT_NE(detail.find("max_stanza_bytes must be a whole number from 10000"), std::string::npos);
    EXPECT_NE(detail.find("level must be one of trace"), std::string::npos);
}

TEST(Config, AnIdentityProviderThatProvesNothingIsRefused) {
    const auto config = parse_config(
        "[server]\nname = \"g\"\n[admin.oidc]\nissuer = \"http://idp\"\nredirect_url = "
        "\"http://g\"\n"
        "[admin.oidc.roles]\nops = \"root\"\n",
        "t");
    ASSERT_FALSE(config);
    const std::string& detail = config.error().detail;
    EXPECT_NE(detail.find("needs issuer, an https:// URL, and client_id"), std::string::npos);
    EXPECT_NE(detail.find("redirect_url must be an https:// URL"), std::string::npos);
    EXPECT_NE(detail.find("'ops': the role must be one of admin"), std::string::npos);
}

TEST(Config, BadTomlHasItsPlace) {
    const auto config = parse_config("[server\n", "t");
    ASSERT_FALSE(config);
    EXPECT_TRUE(config.error().detail.starts_with("t:1:"));
}

}  // namespace
}  // namespace isthmus::app
