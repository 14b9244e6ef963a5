// What has to be set up at both ends of a SIP peer.
#include "control/sip_peer_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::control {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

LocalFacts gateway_facts() {
    LocalFacts facts;
    facts.server_name = "gateway.contoso.example";
    facts.sip_listeners = {"udp:[::]:5060", "tls:[::]:5063"};
    facts.peers = {{.name = "frontend",
                    .kind = "lync",
                    .target = "tls:pool.contoso.example:5061",
                    .domains = {"contoso.example"},
                    .certificate_names = {},
                    .addresses = {}}};
    return facts;
}

std::shared_ptr<const policy::Policy> partners() {
    policy::Objects objects;
    objects.partners.push_back(
        {.domain = "fabrikam.example", .additional_domains = {"b.fabrikam.example"}});
    policy::Partner disabled{.domain = "litware.example"};
    disabled.enabled = false;
    objects.partners.push_back(disabled);
    return policy::Policy::build(std::move(objects)).value();
}

TEST(SipPeerSetup, TheThreeWaysOfLync) {
    const auto setup = set_up_peer({.name = "frontend"}, gateway_facts(), *partners());
    ASSERT_TRUE(setup);
    EXPECT_TRUE(setup->is_configured);
    EXPECT_THAT(setup->configuration,
                ElementsAre("[[sip.peer]]",
                            "name = \"frontend\"",
                            "kind = \"lync\"",
                            "target = \"tls:pool.contoso.example:5061\"",
                            "domains = [\"contoso.example\"]"));
    ASSERT_THAT(setup->instructions, SizeIs(3));
    EXPECT_THAT(setup->instructions[0].lines,
                Contains("New-CsTrustedApplicationPool -Identity gateway.contoso.example "
                         "-Registrar pool.contoso.example -Site SITE -RequiresReplication $false "
                         "-ThrottleAsServer $true -TreatAsAuthenticated $true -OutboundOnly "
                         "$false"));
    EXPECT_THAT(setup->instructions[0].lines,
                Contains("$route = New-CsStaticRoute -TLSRoute -Destination "
                         "\"gateway.contoso.example\" -Port 5063 -MatchUri \"b.fabrikam.example\" "
                         "-UseDefaultCertificate $true"));
    EXPECT_THAT(setup->instructions[0].lines, testing::Not(Contains(HasSubstr("litware"))));
    EXPECT_THAT(setup->instructions[1].lines,
                Contains("New-CsAllowedDomain -Identity \"fabrikam.example\" -ProxyFqdn "
                         "\"gateway.contoso.example\" -VerificationLevel AlwaysVerifiable "
                         "-Comment \"Isthmus\""));
    EXPECT_THAT(setup->instructions[2].lines,
                Contains("New-CsHostingProvider -Identity \"Isthmus\" -ProxyFqdn "
                         "\"gateway.contoso.example\" -Enabled $true -EnabledSharedAddressSpace "
                         "$false -HostsOCSUsers $false -VerificationLevel AlwaysVerifiable"));
}

TEST(SipPeerSetup, APeerThatIsNotThereYet) {
    const auto setup = set_up_peer({.name = "new", .kind = "lync"}, gateway_facts(), *partners());
    ASSERT_TRUE(setup);
    EXPECT_FALSE(setup->is_configured);
    EXPECT_THAT(setup->configuration, Contains("target = \"tls:FRONT-END-POOL:5061\""));
    EXPECT_THAT(setup->configuration, Contains("domains = [\"SIP-DOMAIN\"]"));
    const auto changed = set_up_peer({.name = "frontend", .target = "tls:other.example:5061"},
                                     gateway_facts(),
                                     *policy::Policy::build({}).value());
    ASSERT_TRUE(changed);
    EXPECT_FALSE(changed->is_configured);
    EXPECT_THAT(changed->instructions[1].lines, Contains(HasSubstr("\"PARTNER-DOMAIN\"")));
}

TEST(SipPeerSetup, WhatIsTooMuchToPrintIsSaid) {
    policy::Objects objects;
    for (int i = 0; i < 600; ++i) {
        objects.partners.push_back({.domain = "p" + std::to_string(i) + ".example"});
    }
    const auto policy = policy::Policy::build(std::move(objects)).value();
    for (const char* kind : {"lync", "simple"}) {
        const auto setup = set_up_peer({.name = "new", .kind = kind}, gateway_facts(), *policy);
        ASSERT_TRUE(setup);
        EXPECT_THAT(setup->instructions[0].lines, Contains(HasSubstr("# 100 more domains")));
    }
}

// The commands of each way, in the order in which an administrator types them: each does what the
// vendor's reference says that it is for, and nothing else of the site is changed.
TEST(SipPeerSetup, EachWayHasItsCommandsInOrder) {
    const auto setup = set_up_peer({.name = "frontend"}, gateway_facts(), *partners());
    ASSERT_TRUE(setup);
    const auto commands = [&](std::size_t way) {
        std::vector<std::string> made;
        for (const std::string& line : setup->instructions[way].lines) {
            if (!line.starts_with('#')) {
                const std::string command = line.starts_with("$route = ") ? line.substr(9) : line;
                made.push_back(command.substr(0, command.find(' ')));
            }
        }
        return made;
    };
    EXPECT_THAT(commands(0),
                ElementsAre("New-CsTrustedApplicationPool",
                            "New-CsTrustedApplication",
                            "New-CsStaticRoute",
                            "Set-CsStaticRoutingConfiguration",
                            "New-CsStaticRoute",
                            "Set-CsStaticRoutingConfiguration",
                            "Enable-CsTopology"));
    EXPECT_THAT(commands(1),
                ElementsAre("Set-CsAccessEdgeConfiguration",
                            "Set-CsExternalAccessPolicy",
                            "New-CsAllowedDomain",
                            "New-CsAllowedDomain",
                            "Test-CsFederatedPartner"));
    EXPECT_THAT(commands(2),
                ElementsAre("Set-CsAccessEdgeConfiguration",
                            "Set-CsExternalAccessPolicy",
                            "New-CsHostingProvider"));
    for (const Instruction& way : setup->instructions) {
        // A peer that TLS cannot reach, by a name that only the administrator knows, and no more.
        EXPECT_THAT(way.lines, testing::Not(Contains(HasSubstr("write its target as tls"))));
        EXPECT_THAT(way.lines, testing::Not(Contains(HasSubstr("Remove-"))));
    }
    const auto by_tcp = set_up_peer({.name = "frontend", .target = "tcp:pool.contoso.example:5060"},
                                    gateway_facts(),
                                    *partners());
    EXPECT_THAT(by_tcp->instructions[0].lines, Contains(HasSubstr("write its target as tls")));
}

TEST(SipPeerSetup, ListsOfTheTable) {
    const auto setup = set_up_peer({.name = "frontend",
                                    .certificate_names = {"a.example"},
                                    .addresses = {"192.0.2.1", "2001:db8::/32"}},
                                   gateway_facts(),
                                   *partners());
    ASSERT_TRUE(setup);
    EXPECT_FALSE(setup->is_configured);
    EXPECT_THAT(setup->configuration, Contains("certificate_names = [\"a.example\"]"));
    EXPECT_THAT(setup->configuration, Contains("addresses = [\"192.0.2.1\", \"2001:db8::/32\"]"));
}

TEST(SipPeerSetup, WhatMakesNoSenseIsNamed) {
    for (const auto& [order, field] :
         {std::pair{SipPeerOrder{}, "name"},
          std::pair{SipPeerOrder{.name = "a\"; Remove-Item"}, "name"},
          std::pair{SipPeerOrder{.name = "a", .kind = "exchange"}, "kind"},
          std::pair{SipPeerOrder{.name = "a", .target = "pool"}, "target"},
          std::pair{SipPeerOrder{.name = "a", .target = "tls:a b"}, "target"},
          std::pair{SipPeerOrder{.name = "a", .domains = {"x\"y"}}, "domains"},
          std::pair{SipPeerOrder{.name = "a", .certificate_names = {"*"}}, "certificate_names"},
          std::pair{SipPeerOrder{.name = "a", .addresses = {"10.0.0.0/x"}}, "addresses"}}) {
        const auto setup = set_up_peer(order, gateway_facts(), *partners());
        ASSERT_FALSE(setup) << field;
        EXPECT_EQ(setup.error().code, "IST-API-001");
        EXPECT_THAT(setup.error().public_text, testing::StartsWith(field));
    }
}

}  // namespace
}  // namespace isthmus::control
