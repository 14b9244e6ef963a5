// The ordered gates of the decision, with a bystander: a user and a partner that must not change.
#include "policy/policy.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::policy {
namespace {

AccessRule rule(std::string identity, bool federation, bool xmpp) {
    return {.identity = std::move(identity),
            .description = {},
            .enable_federation_access = federation,
            .enable_xmpp_access = xmpp};
}

Objects open_world() {
    Objects objects;
    objects.access_edge.allow_federated_users = true;
    objects.rules = {rule("Global", true, true), rule("Tag:None", true, false)};
    objects.partners = {{.domain = "fabrikam.example", .additional_domains = {"research.example"}},
                        {.domain = "off.example", .enabled = false}};
    objects.grants = {{"bob@contoso.example", "Tag:None"}};
    return objects;
}

Gate ask(const Objects& objects, std::string_view user, std::string_view domain) {
    const auto policy = Policy::build(objects);
    return policy.value()
        ->decide({.user = user, .user_domain = "contoso.example", .remote_domain = domain})
        .gate;
}

TEST(Policy, FreshInstallationLetsNobodyThrough) {
    EXPECT_EQ(ask({}, "alice", "fabrikam.example"), Gate::AccessEdge);
}

TEST(Policy, GatesInOrder) {
    Objects world = open_world();
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::Open);
    EXPECT_EQ(ask(world, "alice", "research.example"), Gate::Open);
    EXPECT_EQ(ask(world, "bob", "fabrikam.example"), Gate::User);
    EXPECT_EQ(ask(world, "bobx", "fabrikam.example"), Gate::Open);
    EXPECT_EQ(ask(world, "alice", "sub.fabrikam.example"), Gate::Partner);
    EXPECT_EQ(ask(world, "alice", "off.example"), Gate::PartnerState);
    world.gateway.enabled = false;
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::Gateway);
    world.access_edge.allow_federated_users = false;
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::AccessEdge);
}

TEST(Policy, BothFlagsAreNeeded) {
    for (const bool federation : {false, true}) {
        for (const bool xmpp : {false, true}) {
            Objects world = open_world();
            world.rules = {rule("Global", federation, xmpp), rule("Tag:None", true, false)};
            EXPECT_EQ(ask(world, "alice", "fabrikam.example") == Gate::Open, federation && xmpp);
        }
    }
}

TEST(Policy, RefusalNamesTheObject) {
    const auto policy = Policy::build(open_world()).value();
    const Decision decision = policy->decide({"bob", "contoso.example", "fabrikam.example"});
    ASSERT_NE(decision.rule, nullptr);
    EXPECT_EQ(decision.rule->identity, "Tag:None");
    EXPECT_EQ(decision.partner->domain, "fabrikam.example");
    EXPECT_EQ(gate_code(decision.gate), "IST-POL-002");
}

TEST(Policy, OneDomainOnePartner) {
    Objects world = open_world();
    world.partners.push_back(
        {.domain = "other.example", .additional_domains = {"research.example"}});
    EXPECT_EQ(Policy::build(world).error().kind, ErrorKind::Conflict);
}

TEST(Policy, NegotiationNeedsOneWay) {
    using enum Negotiation;
    EXPECT_FALSE(can_negotiate(Required, NotSupported, false));
    EXPECT_FALSE(can_negotiate(Optional, NotSupported, false));
    EXPECT_FALSE(can_negotiate(NotSupported, Required, false));
    EXPECT_FALSE(can_negotiate(NotSupported, Optional, false));
    EXPECT_FALSE(can_negotiate(NotSupported, NotSupported, false));
    EXPECT_TRUE(can_negotiate(NotSupported, NotSupported, true));
    EXPECT_TRUE(can_negotiate(Required, Required, false));
}

TEST(KeyMap, ManyKeysAndParts) {
    KeyMap map;
    map.reserve(100000);
    for (std::uint32_t i = 0; i < 100000; ++i) {
        ASSERT_TRUE(map.insert("user" + std::to_string(i) + "@contoso.example", i));
    }
    EXPECT_FALSE(map.insert("user7@contoso.example", 1));
    EXPECT_EQ(map.find("user99999", "@", "contoso.example"), 99999U);
    EXPECT_EQ(map.find("user7@contoso.example"), 7U);
    EXPECT_FALSE(map.find("user", "7@", "contoso.exampl"));
    map.prefetch("user7", "@", "contoso.example");
    const std::string just_fits(48, 'f');
    const std::string just_not(49, 'n');
    EXPECT_TRUE(map.insert(just_fits, 1));
    EXPECT_TRUE(map.insert(just_not, 2));
    EXPECT_EQ(map.find(just_fits), 1U);
    EXPECT_EQ(map.find(just_not), 2U);
    const std::string longer(300, 'x');
    EXPECT_TRUE(map.insert(longer + "@y", 5));
    EXPECT_EQ(map.find(longer, "@", "y"), 5U);
}

}  // namespace
}  // namespace isthmus::policy
