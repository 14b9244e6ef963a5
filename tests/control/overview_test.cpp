// The lights, and what is still to be done.
#include "control/overview.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isthmus::control {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

Status good() {
    Status made;
    made.state = "running";
    made.xmpp_listeners = {"[::]:5269"};
    made.peers = {{.name = "frontend", .state = "up"}};
    made.streams = {{.partner = "fabrikam.example",
                     .direction = "out",
                     .state = "up",
                     .remote_address = "192.0.2.1:5269"},
                    {.direction = "in", .state = "up"}};
    made.has_certificate = true;
    made.certificates = {{.use = "sip", .not_after = kNow - 1},
                         {.use = "xmpp-s2s", .not_after = kNow + 90 * 86400}};
    return made;
}

constexpr PolicyFacts kOpen{.allows_federated_users = true, .allows_xmpp = true, .partners = 1};

Light light(const Status& status, std::string_view name, const PolicyFacts& facts = kOpen) {
    const auto gates = overview_of(status, facts, kNow).gates;
    const auto found = std::ranges::find(gates, name, &Gate::name);
    EXPECT_EQ(found->fix.empty(), found->light == Light::Green) << name;
    EXPECT_FALSE(found->sentence.empty());
    return found->light;
}

TEST(Overview, AllIsWell) {
    for (const char* gate : {"sip_peers", "xmpp_listener", "dns", "certificates"}) {
        EXPECT_EQ(light(good(), gate), Light::Green) << gate;
    }
}

TEST(Overview, EachGateHasItsOwnTrouble) {
    Status status = good();
    status.peers.push_back({.name = "other", .state = "not answering"});
    EXPECT_EQ(light(status, "sip_peers"), Light::Amber);
    status.peers.erase(status.peers.begin());
    EXPECT_EQ(light(status, "sip_peers"), Light::Red);
    status.peers.front().state = "never tried";
    EXPECT_EQ(light(status, "sip_peers"), Light::Grey);
    status.peers.clear();
    EXPECT_EQ(light(status, "sip_peers"), Light::Red);

    status = good();
    EXPECT_EQ(light(status, "xmpp_listener", {.is_enabled = false}), Light::Red);
    status.streams.pop_back();
    EXPECT_EQ(light(status, "xmpp_listener"), Light::Grey);
    status.xmpp_listeners.clear();
    EXPECT_EQ(light(status, "xmpp_listener"), Light::Red);

    status = good();
    status.streams.push_back({.remote_domain = "lost.example",
                              .direction = "out",
                              .state = "waiting",
                              .last_error = Trouble{.code = "IST-DNS-002", .step = "dns"}});
    EXPECT_EQ(light(status, "dns"), Light::Amber);
    status.streams.erase(status.streams.begin());
    EXPECT_EQ(light(status, "dns"), Light::Red);
    status.streams.clear();
    EXPECT_EQ(light(status, "dns"), Light::Grey);

    status = good();
    status.certificates.back().not_after = kNow + 13 * 86400;
    EXPECT_EQ(light(status, "certificates"), Light::Amber);
    status.certificates.back().not_after = kNow - 1;
    EXPECT_EQ(light(status, "certificates"), Light::Red);
    status.certificates.pop_back();
    EXPECT_EQ(light(status, "certificates"), Light::Red);
}

TEST(Overview, StepsUntilTheFirstMessageHasPassed) {
    const auto undone = [](const Status& status, const PolicyFacts& facts) {
        const auto steps = overview_of(status, facts, kNow).next_steps;
        return std::ranges::count(steps, false, &Step::is_done);
    };
    EXPECT_EQ(undone({}, {}), 7);
    EXPECT_EQ(undone(good(), kOpen), 1);
    Status status = good();
    status.messages[0] = 3;
    status.failures[0] = 3;
    EXPECT_EQ(undone(status, kOpen), 1);
    status.messages[1] = 1;
    EXPECT_TRUE(overview_of(status, kOpen, kNow).next_steps.empty());
}

TEST(Overview, TheNewestFailuresFirst) {
    Status status = good();
    for (int i = 0; i < 20; ++i) {
        status.streams.push_back({.remote_domain = "d" + std::to_string(i),
                                  .last_error = Trouble{.age_seconds = 100.0 - i}});
    }
    status.peers.front().last_error = Trouble{.age_seconds = 1};
    const auto failures = overview_of(status, kOpen, kNow).last_failures;
    ASSERT_EQ(failures.size(), 10U);
    EXPECT_EQ(failures[0].where, "sip_peer");
    EXPECT_EQ(failures[1].name, "d19");
}

}  // namespace
}  // namespace isthmus::control
