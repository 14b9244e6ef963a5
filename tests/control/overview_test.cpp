// The lights, and what is still to be done.
#include "control/overview.h"

#include "control/doctor.h"

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
    made.certificates = {
        {.use = "sip", .name = "a", .not_after = kNow + 90 * 86400, .state = "valid"},
        {.use = "xmpp-s2s", .name = "b", .not_after = kNow + 80 * 86400, .state = "valid"}};
    return made;
}

const OverviewFacts kOpen{.allows_federated_users = true, .allows_xmpp = true, .partners = 1};

Light light(const Status& status, std::string_view name, const OverviewFacts& facts = kOpen) {
    const auto gates = overview_of(status, facts).gates;
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
    status.certificates.back() = {
        .use = "xmpp-s2s", .name = "b", .not_after = kNow + 29 * 86400, .state = "expiring"};
    EXPECT_EQ(light(status, "certificates"), Light::Amber);
    status.certificates.back() = {
        .use = "xmpp-s2s", .name = "b", .not_after = kNow - 1, .state = "expired"};
    EXPECT_EQ(light(status, "certificates"), Light::Red);
    status.certificates.pop_back();
    status.has_certificate = false;
    EXPECT_EQ(light(status, "certificates"), Light::Red);
}

TEST(Overview, CertificatesAreJudgedAsTheDoctorDoes) {
    for (const char* state : {"valid", "expiring", "expired", "not-yet-valid"}) {
        Status status = good();
        status.certificates.front() = {
            .use = "admin", .name = "a", .not_after = kNow, .days_left = 7, .state = state};
        const TestStep said = check_certificates(true, status.certificates);
        const auto gates = overview_of(status, kOpen).gates;
        const auto gate = std::ranges::find(gates, "certificates", &Gate::name);
        EXPECT_EQ(gate->sentence, said.sentence);
        EXPECT_EQ(gate->light,
                  said.state == TestState::Pass   ? Light::Green
                  : said.state == TestState::Warn ? Light::Amber
                                                  : Light::Red)
            << state;
    }
}

TEST(Overview, OurOwnNamesInDnsCountAsWell) {
    const auto with = [](std::initializer_list<TestStep> records) {
        OverviewFacts facts = kOpen;
        facts.records = records;
        return facts;
    };
    const TestStep right{.id = "dns a.example", .sentence = "Partners find a.example."};
    const TestStep doubtful{
        .id = "dns b.example", .state = TestState::Warn, .sentence = "Elsewhere.", .fix = "Look."};
    const TestStep missing{.id = "dns c.example",
                           .state = TestState::Fail,
                           .sentence = "No record.",
                           .code = "IST-DNS-002",
                           .fix = "Publish: it"};
    const TestStep silent{.id = "dns d.example",
                          .state = TestState::Unknown,
                          .sentence = "Silence.",
                          .fix = "Check."};
    EXPECT_EQ(light(good(), "dns", with({right})), Light::Green);
    EXPECT_EQ(light(good(), "dns", with({right, doubtful})), Light::Amber);
    EXPECT_EQ(light(good(), "dns", with({missing, doubtful, right})), Light::Red);
    EXPECT_EQ(light(good(), "dns", with({silent})), Light::Green);
    EXPECT_EQ(light(good(), "dns", with({{.id = "dns", .state = TestState::NotApplicable}})),
              Light::Green);

    const auto said = [&](const Status& status, const OverviewFacts& facts) {
        const auto gates = overview_of(status, facts).gates;
        return *std::ranges::find(gates, "dns", &Gate::name);
    };
    EXPECT_EQ(said(good(), with({missing})).sentence, "No record.");
    EXPECT_EQ(said(good(), with({missing})).fix, "Publish: it");
    EXPECT_EQ(said(good(), with({missing, doubtful})).sentence,
              "No record. Domains of ours with such faults: 2.");
    // Nothing was asked for yet: what is known of our own names is told.
    Status quiet = good();
    quiet.streams.clear();
    EXPECT_EQ(said(quiet, with({right})).sentence, "Partners find a.example.");
    EXPECT_EQ(said(quiet, with({silent})).light, Light::Grey);
    EXPECT_EQ(said(quiet, with({silent})).sentence, "Silence.");
    // A partner that is not found at all is not hidden by a doubt about ourselves.
    quiet.streams = {{.remote_domain = "lost.example",
                      .direction = "out",
                      .state = "waiting",
                      .last_error = Trouble{.code = "IST-DNS-002", .step = "dns"}}};
    EXPECT_EQ(said(quiet, with({doubtful})).sentence, "The server of lost.example is not found.");
}

TEST(Overview, StepsUntilTheFirstMessageHasPassed) {
    const auto undone = [](const Status& status, const OverviewFacts& facts) {
        const auto steps = overview_of(status, facts).next_steps;
        return std::ranges::count(steps, false, &Step::is_done);
    };
    EXPECT_EQ(undone({}, {}), 7);
    EXPECT_EQ(undone(good(), kOpen), 1);
    Status status = good();
    status.messages[0] = 3;
    status.failures[0] = 3;
    EXPECT_EQ(undone(status, kOpen), 1);
    status.messages[1] = 1;
    EXPECT_TRUE(overview_of(status, kOpen).next_steps.empty());
}

TEST(Overview, TheNewestFailuresFirst) {
    Status status = good();
    for (int i = 0; i < 20; ++i) {
        status.streams.push_back({.remote_domain = "d" + std::to_string(i),
                                  .last_error = Trouble{.age_seconds = 100.0 - i}});
    }
    status.peers.front().last_error = Trouble{.age_seconds = 1};
    const auto failures = overview_of(status, kOpen).last_failures;
    ASSERT_EQ(failures.size(), 10U);
    EXPECT_EQ(failures[0].where, "sip_peer");
    EXPECT_EQ(failures[1].name, "d19");
}

}  // namespace
}  // namespace isthmus::control
