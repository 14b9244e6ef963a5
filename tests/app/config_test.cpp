// The boot file: every key of the documentation, and faults that name line, column and remedy.
#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

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
notify_interval_seconds = 1
dialog_check_seconds = 0
max_pairs = 1000
subscribe_rate = 7
subscribe_burst = 9
[cluster]
url = ""
)";

TEST(Config, ReadsEveryDocumentedKey) {
    const auto config = parse_config(kWhole, "test.toml");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->sip_peers.at(0).addresses.at(0), "192.0.2.0/24");
    EXPECT_EQ(config->dns_static.at("xmpp.fabrikam.example").at(0), "127.0.0.1");
    EXPECT_EQ(config->xmpp_domain_map.at("chat.contoso.example"), "contoso.example");
    EXPECT_EQ(config->notify_interval_seconds, 1U);
    EXPECT_EQ(config->dialog_check_seconds, 0U);
    EXPECT_EQ(config->max_pairs, 1000U);
    EXPECT_EQ(config->subscribe_rate, 7U);
    EXPECT_EQ(config->subscribe_burst, 9U);
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
              "t.toml:4:1: unknown key 'lisen' in [sip]; the nearest is 'listen'");
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

using testing::HasSubstr;

/// The faults of a file that has a name and these lines.
std::string faults_of(const std::string& text) {
    const auto config = parse_config("[server]\nname = \"g.example\"\n" + text, "t");
    return config ? "" : config.error().detail;
}

TEST(Config, AValueThatCannotBeIsAFaultAtItsPlace) {
    struct Case {
        const char* text;
        const char* fault;
    };

    const Case cases[] = {
        {"[sip]\nlisten = [\"tcp:[::]:5060\", \"127.0.0.1:5060\"]\n",
         "t:4:28: [sip] listen: '127.0.0.1:5060' must begin with udp:, tcp: or tls:, as in "
         "\"tls:[::]:5061\""},
        {"[sip]\nlisten = [\"tsl:[::]:5061\"]\n", "(the nearest is tls:)"},
        {"[sip]\nlisten = [\"tls:[::]\"]\n", "t:4:11: [sip] listen: '[::]' has no port"},
        {"[sip]\nlisten = [\"tls:localhost:5061\"]\n", "'localhost' is no IP address"},
        {"[sip]\nlisten = [\"tls:[::]:70000\"]\n", "'70000' is no number up to 65535"},
        {"[sip]\nlisten = [\"tls:::1:5061\"]\n", "in brackets"},
        {"[sip]\nlisten = [\"udp:[::]:5060\", \"udp:[::]:5060\"]\n",
         "t:4:28: [sip] listen: 'udp:[::]:5060' is listed twice"},
        {"[sip]\ndomains = [\"a.example\", \"A.example\"]\n",
         "t:4:25: [sip] domains: 'A.example' is listed twice"},
        {"[sip]\ndomains = [\"two words\"]\n", "'two words' is not a domain name"},
        {"[[sip.peer]]\ntarget = \"tcp:a.example\"\n", "t:3:1: [[sip.peer]] name: it is required"},
        {"[[sip.peer]]\nname = \"a\"\n", "t:3:1: [[sip.peer]] target: it is required"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"sip.a.example:5061\"\n",
         "t:5:10: [[sip.peer]] target: 'sip.a.example:5061' must begin with udp:, tcp: or tls:"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"tls:a.example:0\"\n", "at port 0"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"tls:0.0.0.0:5061\"\n", "no address that leads"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"tls:\"\n", "names no host"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"tls:a.example\"\n"
         "[[sip.peer]]\nname = \"a\"\ntarget = \"tls:b.example\"\n",
         "t:7:8: [[sip.peer]] name: there is another peer 'a'"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"tls:a.example\"\naddresses = [\"10.0.0.0/40\"]\n",
         "t:6:14: [[sip.peer]] addresses: '10.0.0.0/40' is no address or block"},
        {"[[sip.peer]]\nname = \"a\"\ntarget = \"tls:a.example\"\nusername = \"u\"\n",
         "t:6:12: [[sip.peer]] username: password_file is missing"},
        {"[database]\nurl = \"mysql://db/isthmus\"\n",
         "t:4:7: [database] url: it must begin with sqlite: or postgresql://, as in "
         "\"sqlite:isthmus.db\"; found 'mysql'"},
        {"[xmpp]\nlisten = [\"5269\"]\n", "t:4:11: [xmpp] listen: '5269' has no port"},
        {"[xmpp]\ndomains = [\"x.example\"]\ndomain_map = { \"x.example\" = \"s.example\" }\n",
         "[xmpp.domain_map] x.example: 's.example' is not in [sip] domains"},
        {"[xmpp.component]\nserver = \"127.0.0.1:5347\"\ndomain = \"x.example\"\n",
         "secret_file is missing"},
        {"[xmpp.component]\ndomain = \"x.example\"\n", "server is missing"},
        {"[dns]\nservers = [\"dns.example\"]\n",
         "t:4:12: [dns] servers: 'dns.example' is no name server; write ADDRESS or ADDRESS@PORT"},
        {"[dns.static]\n\"x.example\" = [\"127.0.0.1\", \"nonsense\"]\n",
         "t:4:29: [dns.static] x.example: 'nonsense' is no address"},
        {"[dns.static]\n\"_xmpp-server._tcp.x.example\" = [\"5269 x.example\"]\n",
         "is no service record \"PRIORITY WEIGHT PORT HOST\""},
        {"[dns.static]\n\"_xmpp-server._tcp.x.example\" = [\"127.0.0.1\"]\n",
         "is no service record"},
        {"[dns.static]\n\"x y\" = [\"127.0.0.1\"]\n", "the name is neither a host"},
        {"[tls]\ncertificate_file = \"g.pem\"\n",
         "t:4:20: [tls] certificate_file: private_key_file is missing"},
        {"[admin]\nunix_socket = \"\"\n", "[admin] unix_socket: it must name a file"},
        {"[metrics]\nlisten = \"localhost:9469\"\n",
         "t:4:10: [metrics] listen: 'localhost' is no IP address"},
    };
    for (const Case& each : cases) {
        EXPECT_THAT(faults_of(each.text), HasSubstr(each.fault)) << each.text;
    }
    EXPECT_THAT(faults_of("[admin]\nunix_socket = \"" + std::string(120, 'x') + "\"\n"),
                HasSubstr("is longer than the 107 octets"));
}

TEST(Config, FaultsComeInTheOrderOfTheFile) {
    const std::string faults = faults_of(
        "[dns]\nservers = [\"x\"]\n[sip]\nlisen = []\ndomains = [\"a b\"]\nlisten = [\"x\"]\n");
    std::size_t last = 0;
    for (const char* part : {"t:4:12:", "t:6:1:", "t:7:12:", "t:8:11:"}) {
        const std::size_t at = faults.find(part);
        ASSERT_NE(at, std::string::npos) << part << " in " << faults;
        EXPECT_GE(at, last);
        last = at;
    }
    EXPECT_EQ(std::ranges::count(faults, '\n'), 3);
}

/// "CODE text" of each warning.
std::string warnings_of(const std::string& text) {
    const auto config = parse_config("[server]\nname = \"g.example\"\n" + text, "t");
    EXPECT_TRUE(config) << config.error().detail;
    std::string made;
    for (const ConfigWarning& warning : config ? config->warnings : decltype(config->warnings){}) {
        made += std::string(warning.code) + " " + warning.text + "\n";
    }
    return made;
}

TEST(Config, WhatWillNotWorkIsAWarning) {
    const std::string without =
        warnings_of("[sip]\nlisten = [\"udp:[::]:5060\", \"tls:[::]:5061\"]\n");
    EXPECT_THAT(without, HasSubstr("IST-CERT-003 t:4:28: [sip] listen: 'tls:[::]:5061'"));
    EXPECT_THAT(without, HasSubstr("IST-CERT-003 t: [xmpp] listen: partners that require TLS"));
    EXPECT_EQ(warnings_of("[sip]\nlisten = [\"tls:[::]:5061\"]\n[tls]\ncertificate_file = \"a\"\n"
                          "private_key_file = \"b\"\n"),
              "");
    const std::string quiet = "[sip]\nlisten = [\"udp:[::]:5060\"]\n%s[xmpp]\nlisten = []\n";
    const auto with = [&](const std::string& lines) {
        std::string text = quiet;
        return warnings_of(text.replace(text.find("%s"), 2, lines));
    };
    EXPECT_EQ(with(""), "");
    EXPECT_THAT(with("domains = [\"a.example\"]\n"),
                HasSubstr("IST-CFG-002 t:5:12: [sip] domains: no SIP peer reaches the users of "
                          "'a.example'"));
    const std::string peer = "[[sip.peer]]\nname = \"p\"\n";
    EXPECT_THAT(with(peer + "target = \"tcp:a.example\"\n"),
                HasSubstr("what 'p' sends will be refused"));
    EXPECT_EQ(with(peer + "target = \"tcp:192.0.2.7\"\n"), "");
    EXPECT_THAT(with(peer + "target = \"tls:a.example\"\ndomains = [\"a.example\"]\n"),
                HasSubstr("'a.example' is not a domain of ours"));
}

TEST(Config, RelativeFilesAreThoseOfItsFolder) {
    const auto config = parse_config(
        "[server]\nname = \"g\"\nstate_dir = \"state\"\n[tls]\ncertificate_file = \"g.pem\"\n"
        "private_key_file = \"/k/g.key\"\nextra_ca_files = [\"ca.pem\"]\n",
        "/etc/isthmus/isthmus.toml",
        "/etc/isthmus");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->tls_certificate_file, "/etc/isthmus/g.pem");
    EXPECT_EQ(config->tls_private_key_file, "/k/g.key");
    EXPECT_EQ(config->tls_extra_ca_files.at(0), "/etc/isthmus/ca.pem");
    EXPECT_EQ(config->in_state_dir("admin.sock"), "/etc/isthmus/state/admin.sock");
}

TEST(Config, LimitsOfPresenceHaveRanges) {
    for (const char* line : {"max_pairs = 0",
                             "max_pairs = 10000001",
                             "subscribe_rate = 0",
                             "subscribe_burst = 0",
                             "dialog_check_seconds = 3601",
                             "subscribe_rate = \"fast\""}) {
        const auto config =
            parse_config(std::string("[server]\nname = \"g\"\n[limits]\n") + line + "\n", "t.toml");
        ASSERT_FALSE(config) << line;
        EXPECT_NE(config.error().detail.find("t.toml:4:"), std::string::npos) << line;
    }
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
