// The ordered gates of the decision, with a bystander: a user and a partner that must not change.
#include "policy/policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace isthmus::policy {
namespace {

AccessRule rule(std::string identity, bool federation, bool xmpp) {
    return {.identity = std::move(identity),
            .description = {},
            .enable_federation_access = federation,
            .enable_xmpp_access = xmpp};
}

User user(std::string uri, std::string policy, std::string site = {}, std::string pool = {}) {
    return {.uri = std::move(uri),
            .site = std::move(site),
            .pool = std::move(pool),
            .policy = std::move(policy)};
}

std::shared_ptr<const UserTable> table(const std::vector<User>& users) {
    return UserTable::of(users);
}

Objects open_world() {
    Objects objects;
    objects.access_edge.allow_federated_users = true;
    objects.rules = {rule("Global", true, true), rule("Tag:None", true, false)};
    objects.partners = {{.domain = "fabrikam.example", .additional_domains = {"research.example"}},
                        {.domain = "off.example", .enabled = false}};
    objects.users = table({user("bob@contoso.example", "Tag:None")});
    return objects;
}

Decision decide(const Objects& objects, std::string_view who, std::string_view domain) {
    static std::shared_ptr<const Policy> policy;  // what a Decision points into
    policy = Policy::build(objects).value();
    return policy->decide({.user = who, .user_domain = "contoso.example", .remote_domain = domain});
}

Gate ask(const Objects& objects, std::string_view who, std::string_view domain) {
    return decide(objects, who, domain).gate;
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
    User bob = user("bob@contoso.example", "Tag:None");
    bob.enabled = false;
    world.users = table({bob});
    EXPECT_EQ(ask(world, "bob", "fabrikam.example"), Gate::UserState);
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::Open);
    world.blocked_domains = {{.domain = "off.example"}};
    EXPECT_EQ(ask(world, "bob", "off.example"), Gate::Block);
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::Open);
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
    const Decision decision = decide(open_world(), "bob", "fabrikam.example");
    ASSERT_NE(decision.rule, nullptr);
    EXPECT_EQ(decision.rule->identity, "Tag:None");
    EXPECT_EQ(decision.scope, RuleScope::User);
    EXPECT_EQ(decision.partner->domain, "fabrikam.example");
    EXPECT_EQ(gate_code(decision.gate), "IST-POL-002");
}

TEST(Policy, TheClosestPolicyHoldsAsAWhole) {
    Objects world = open_world();
    // Merged, any two of these would let somebody through whom one of them alone refuses.
    world.rules = {rule("Global", true, false),
                   rule("Site:Redmond", false, true),
                   rule("Tag:Both", true, true)};
    world.sites = {{.name = "Redmond"}, {.name = "Paris"}};
    world.pools = {{.fqdn = "pool1.contoso.example", .site = "Redmond"}};
    world.users = table({user("site@contoso.example", "", "Redmond"),
                         user("pool@contoso.example", "", "", "pool1.contoso.example"),
                         user("own@contoso.example", "Tag:Both", "Redmond"),
                         user("paris@contoso.example", "", "Paris"),
                         user("moved@contoso.example", "", "Paris", "pool1.contoso.example"),
                         user("stale@contoso.example", "Tag:Gone", "Redmond")});
    const auto scope = [&](std::string_view who) {
        return decide(world, who, "fabrikam.example").scope;
    };
    EXPECT_EQ(scope("alice"), RuleScope::Global);
    EXPECT_EQ(scope("site"), RuleScope::Site);
    EXPECT_EQ(scope("pool"), RuleScope::Site);
    EXPECT_EQ(scope("own"), RuleScope::User);
    EXPECT_EQ(scope("paris"), RuleScope::Global);
    EXPECT_EQ(scope("moved"), RuleScope::Global);
    EXPECT_EQ(scope("stale"), RuleScope::Site);
    EXPECT_EQ(ask(world, "site", "fabrikam.example"), Gate::User);
    EXPECT_EQ(ask(world, "own", "fabrikam.example"), Gate::Open);
}

TEST(Policy, APolicyOfAUserDoesNothingUntilGranted) {
    Objects world = open_world();
    world.rules.push_back(rule("Tag:Closed", false, false));
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::Open);
}

TEST(Policy, BlocksBeatEveryAllow) {
    Objects world = open_world();
    world.partners.push_back({.domain = "a.evil.example"});
    world.partners.push_back({.domain = "evil.example"});
    world.blocked_domains = {{.domain = "*.evil.example"}};
    EXPECT_EQ(ask(world, "alice", "a.evil.example"), Gate::Block);
    EXPECT_EQ(decide(world, "alice", "a.evil.example").block->domain, "*.evil.example");
    EXPECT_EQ(ask(world, "alice", "deep.a.evil.example"), Gate::Block);
    EXPECT_EQ(ask(world, "alice", "evil.example"), Gate::Open);
    EXPECT_EQ(ask(world, "alice", "notevil.example"), Gate::Partner);
    EXPECT_EQ(Policy::build(world).value()->usable_partner_of("a.evil.example"), nullptr);
    EXPECT_NE(Policy::build(world).value()->usable_partner_of("evil.example"), nullptr);
    world.blocked_domains = {{.domain = "*"}};
    EXPECT_EQ(ask(world, "alice", "fabrikam.example"), Gate::Block);
}

TEST(Policy, EachGateSaysTheSameAloneAndInTheDecision) {
    Objects world = open_world();
    world.blocked_domains = {{.domain = "*.evil.example"}};
    world.partners.push_back({.domain = "a.evil.example"});
    std::vector<User> users{user("bob@contoso.example", "Tag:None"),
                            user("off@contoso.example", "")};
    users.back().enabled = false;
    world.users = table(users);
    for (int switches = 0; switches < 4; ++switches) {
        world.access_edge.allow_federated_users = (switches & 1) != 0;
        world.gateway.enabled = (switches & 2) != 0;
        const auto policy = Policy::build(world).value();
        for (const char* who : {"alice", "bob", "off"}) {
            for (const char* domain :
                 {"fabrikam.example", "off.example", "a.evil.example", "stranger.example"}) {
                const Query query{
                    .user = who, .user_domain = "contoso.example", .remote_domain = domain};
                const Decision decided = policy->decide(query);
                Decision looked_at = decided;
                Gate first = Gate::Open;
                for (std::size_t i = kGates - 1; i > 0; --i) {
                    const auto gate = static_cast<Gate>(i);
                    first = policy->passes(gate, query, looked_at) ? first : gate;
                }
                EXPECT_EQ(first, decided.gate) << who << " " << domain;
                const Gate of_link = policy->decide_link(domain).gate;
                EXPECT_EQ(of_link, first > Gate::PartnerState ? Gate::Open : first) << domain;
                EXPECT_EQ(policy->usable_partner_of(domain) != nullptr, of_link == Gate::Open);
            }
        }
    }
}

TEST(Policy, TheContactDecidesWithUnverifiedPartnersOnly) {
    Objects world = open_world();
    const auto after = [&](bool is_contact) {
        Decision decision = decide(world, "alice", "fabrikam.example");
        decision.judge_contact(is_contact);
        return decision.gate;
    };
    EXPECT_EQ(after(false), Gate::PartnerType);
    EXPECT_EQ(after(true), Gate::Open);
    const std::uint32_t place = world.partners.find("fabrikam.example");
    Partner verified = *world.partners.at(place);
    verified.partner_type = PartnerType::PublicVerified;
    world.partners.replace(place, verified);
    EXPECT_EQ(after(false), Gate::Open);
    world.gateway.enabled = false;
    EXPECT_EQ(after(false), Gate::Gateway);
}

TEST(Policy, OneDomainOnePartner) {
    Objects world = open_world();
    world.partners.push_back(
        {.domain = "other.example", .additional_domains = {"research.example"}});
    EXPECT_EQ(Policy::build(world).error().kind, ErrorKind::Conflict);
}

TEST(Policy, NamesAreUniqueInAnyCase) {
    Objects world = open_world();
    world.rules.push_back(rule("tag:none", true, true));
    EXPECT_EQ(Policy::build(world).error().kind, ErrorKind::Conflict);
    world = open_world();
    world.sites = {{.name = "Paris"}, {.name = "PARIS"}};
    EXPECT_EQ(Policy::build(world).error().kind, ErrorKind::Conflict);
}

TEST(UserTable, ChangesOfAFewTouchNobodyElse) {
    UserTable::Builder builder;
    for (int i = 0; i < 20000; ++i) {
        builder.add(user("u" + std::to_string(i) + "@contoso.example", "Tag:P"));
    }
    std::shared_ptr<const UserTable> users = builder.take();
    const auto policy_of = [&](const std::string& who) {
        return users->standings()[users->find(who, "contoso.example")].policy;
    };
    EXPECT_EQ(policy_of("u7"), "Tag:P");
    EXPECT_EQ(policy_of("nobody"), "");
    const auto before = users;
    // More than the second table holds, in steps: it is merged on the way.
    for (int i = 0; i < 10000; i += 500) {
        std::vector<UserTable::Change> changes;
        for (int k = i; k < i + 500; ++k) {
            changes.push_back({.uri = "u" + std::to_string(k) + "@contoso.example",
                               .standing = {.policy = k % 2 == 0 ? "Tag:Q" : ""}});
        }
        users = users->with(changes);
    }
    for (int i = 0; i < 20000; ++i) {
        const std::string expected = i >= 10000 ? "Tag:P" : (i % 2 == 0 ? "Tag:Q" : "");
        ASSERT_EQ(policy_of("u" + std::to_string(i)), expected) << i;
    }
    EXPECT_EQ(before->standings()[before->find("u8", "contoso.example")].policy, "Tag:P");
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
    map.set("user7@contoso.example", 70);
    EXPECT_EQ(map.find("user7@contoso.example"), 70U);
    EXPECT_EQ(map.size(), 100000U);
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
    std::size_t seen = 0;
    map.for_each([&](std::string_view, std::uint32_t) { ++seen; });
    EXPECT_EQ(seen, map.size());
}

}  // namespace
}  // namespace isthmus::policy
