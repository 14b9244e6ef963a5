// The doctor's checks: what is right says so, what is wrong says what to do, what cannot be told is
// not called good; and what is to be copied is complete.
#include "control/doctor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>

#include "management_world.h"

namespace isthmus::control {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

LocalFacts healthy() {
    LocalFacts facts;
    facts.server_name = "gateway.contoso.example";
    facts.config_file = "/etc/isthmus/isthmus.toml";
    facts.state_dir = "/var/lib/isthmus";
    facts.disk_free = std::uint64_t{50} << 30U;
    facts.disk_total = std::uint64_t{100} << 30U;
    facts.descriptors = 65536;
    facts.is_clock_synchronised = true;
    facts.xmpp_listeners = {"[::]:5269"};
    facts.sip_listeners = {"tls:[::]:5061", "udp:[::]:5060"};
    facts.has_certificate = true;
    facts.xmpp_domains = {"contoso.example"};
    facts.peers = {{.name = "frontend",
                    .kind = "simple",
                    .target = "udp:sip.contoso.example",
                    .domains = {"contoso.example"},
                    .certificate_names = {},
                    .addresses = {}}};
    return facts;
}

OwnRecords found() {
    return {.domain = "contoso.example",
            .failure = {},
            .servers = {{.host = "gateway.contoso.example",
                         .port = 5269,
                         .addresses = {"192.0.2.1"},
                         .is_here = true}}};
}

/// "id state" of each.
std::vector<std::string> told(const std::vector<TestStep>& checks) {
    std::vector<std::string> made;
    for (const TestStep& one : checks) {
        made.push_back(one.id + " " + std::string(state_name(one.state)));
    }
    return made;
}

TEST(DoctorLocalTest, AHealthyMachine) {
    EXPECT_THAT(
        told(check_local(healthy())),
        ElementsAre(
            "config pass", "certificate pass", "disk pass", "descriptors pass", "clock pass"));
}

TEST(DoctorLocalTest, WhatIsWrongIsNamed) {
    LocalFacts facts = healthy();
    facts.config_warnings = {{"IST-CERT-004", "[tls] certificate_file: expired"}};
    facts.has_certificate = false;
    facts.disk_free = 1 << 20;
    facts.descriptors = 1024;
    facts.is_clock_synchronised = false;
    EXPECT_THAT(
        told(check_local(facts)),
        ElementsAre(
            "config warn", "certificate fail", "disk fail", "descriptors warn", "clock warn"));
    facts.config_fault = make_error(ErrorKind::Syntax, "IST-CFG-001", "", "f:1:1: x");
    facts.disk_total = 0;
    facts.is_clock_synchronised.reset();
    EXPECT_THAT(told(check_local(facts)),
                ElementsAre("config fail",
                            "certificate fail",
                            "disk unknown",
                            "descriptors warn",
                            "clock unknown"));
}

TEST(DoctorLocalTest, ACertificateThatEnds) {
    LocalFacts facts = healthy();
    const auto told_of = [&] {
        const auto checks = check_local(facts);
        const TestStep& step = *std::ranges::find(checks, "certificate", &TestStep::id);
        return fmt::format("{} {} {}", state_name(step.state), step.code, step.sentence);
    };
    facts.certificates = {{.use = "sip", .name = "a", .not_after = 9, .state = "valid"}};
    EXPECT_EQ(told_of(), "pass  The certificate 'a' is good until 1970-01-01T00:00:09Z.");
    for (const std::int64_t days : {29, 13, 6, 0}) {
        facts.certificates = {
            {.use = "sip", .name = "a", .not_after = 9, .days_left = 70, .state = "valid"},
            {.use = "admin", .name = "b", .not_after = 8, .days_left = 29, .state = "expiring"},
            {.use = "sip", .name = "c", .not_after = 7, .days_left = days, .state = "expiring"}};
        EXPECT_EQ(told_of(),
                  fmt::format("warn IST-CERT-024 The certificate 'c' ends in {} days.", days));
    }
    facts.certificates.front() = {
        .use = "sip", .name = "a", .not_after = 6, .days_left = -1, .state = "expired"};
    EXPECT_EQ(told_of(), "fail IST-CERT-014 The certificate 'a' has expired.");
    EXPECT_EQ(end_of_certificate({.use = "sip",
                                  .name = std::string(OwnCertificateStatus::kOfTheFile),
                                  .days_left = 3,
                                  .state = "expiring"}),
              "The certificate from the configuration file ends in 3 days.");
    EXPECT_THAT(check_local(facts)[1].evidence,
                HasSubstr("admin: the certificate 'b' ends on 1970-01-01"));
}

TEST(DoctorRecordsTest, OurNamesInDns) {
    const LocalFacts facts = healthy();
    const auto state = [&](const OwnRecords& records) {
        const auto checks = check_records(facts, {records});
        return std::string(state_name(checks.front().state)) + " " + checks.front().code;
    };
    EXPECT_EQ(state(found()), "pass ");
    OwnRecords none = found();
    none.servers.clear();
    EXPECT_EQ(state(none), "fail IST-DNS-002");
    EXPECT_THAT(check_records(facts, {none}).front().fix,
                HasSubstr("_xmpp-server._tcp.contoso.example. 3600 IN SRV 0 0 5269 "
                          "gateway.contoso.example."));
    OwnRecords elsewhere = found();
    elsewhere.servers.front().is_here = false;
    EXPECT_EQ(state(elsewhere), "warn ");
    OwnRecords wrong_port = found();
    wrong_port.servers.front().port = 5222;
    EXPECT_EQ(state(wrong_port), "fail IST-TCP-010");
    OwnRecords no_address = found();
    no_address.servers.front().addresses.clear();
    EXPECT_EQ(state(no_address), "fail IST-DNS-002");
    OwnRecords silent = found();
    silent.failure = make_error(ErrorKind::Timeout, "IST-DNS-004", "", "no answer");
    EXPECT_EQ(state(silent), "unknown IST-DNS-004");
    LocalFacts component = facts;
    component.component_server = "127.0.0.1:5347";
    EXPECT_THAT(told(check_records(component, {none})), ElementsAre("dns n/a"));
}

class DoctorTest : public Management {};

PeerStatus peer(const char* state) {
    PeerStatus made;
    made.name = "frontend";
    made.target = "udp:x";
    made.state = state;
    return made;
}

StreamStatus stream(const char* domain, const char* state, const char* code) {
    StreamStatus made;
    made.remote_domain = domain;
    made.direction = "out";
    made.state = state;
    made.last_error.emplace();
    made.last_error->code = code;
    made.last_error->step = "tcp";
    return made;
}

TEST_F(DoctorTest, PolicyThatLetsNobodyTalk) {
    EXPECT_THAT(told(check_policy(service->current())),
                ElementsAre("federation fail", "gateway pass", "policies fail", "partners warn"));
    open_everything();
    EXPECT_THAT(told(check_policy(service->current())),
                ElementsAre("federation pass", "gateway pass", "policies pass", "partners pass"));
}

TEST_F(DoctorTest, NeighboursThatFail) {
    open_everything();
    const LocalFacts facts = healthy();
    EXPECT_THAT(told(check_traffic(facts, service->current(), std::nullopt)),
                ElementsAre("traffic fail"));
    Status status;
    status.peers.push_back(peer("never tried"));
    EXPECT_THAT(told(check_traffic(facts, service->current(), status)),
                ElementsAre("revision pass", "sip-peer frontend unknown", "links unknown"));
    status.peers.front().state = "not answering";
    status.streams.push_back(stream("a.example", "waiting", "IST-TCP-001"));
    status.streams.push_back(stream("stranger.example", "down", "IST-POL-001"));
    const auto checks = check_traffic(facts, service->current(), status);
    EXPECT_THAT(told(checks),
                ElementsAre("revision pass", "sip-peer frontend fail", "partner a.example fail"));
    EXPECT_EQ(checks.back().fix, "isthmus partner test a.example --reverse");
    status.streams.front().state = "up";
    EXPECT_THAT(told(check_traffic(facts, service->current(), status)), Contains("links pass"));
}

TEST_F(DoctorTest, WhatIsToBeCopied) {
    open_everything();
    LocalFacts facts = healthy();
    facts.peers.push_back({.name = "lync",
                           .kind = "lync",
                           .target = "tls:fe.contoso.example:5061",
                           .domains = {},
                           .certificate_names = {},
                           .addresses = {}});
    const auto all = instructions_for(facts, service->current());
    ASSERT_EQ(all.size(), 6U);
    EXPECT_THAT(all[0].lines,
                Contains("_xmpp-server._tcp.contoso.example. 3600 IN SRV 0 0 5269 "
                         "gateway.contoso.example."));
    EXPECT_THAT(all[1].lines, Contains(HasSubstr("tcp dport 5269 accept")));
    EXPECT_THAT(all[1].lines, Contains(HasSubstr("udp dport 5060 accept")));
    EXPECT_THAT(all[2].lines,
                Contains(HasSubstr("sip:gateway.contoso.example:5060;transport=udp")));
    EXPECT_THAT(all[2].lines, Contains(HasSubstr("$rd == \"a.example\"")));
    EXPECT_THAT(all[3].lines,
                Contains(HasSubstr("New-CsTrustedApplicationPool -Identity "
                                   "gateway.contoso.example -Registrar fe.contoso.example ")));
    EXPECT_THAT(all[4].lines,
                Contains("New-CsAllowedDomain -Identity \"a.example\" -ProxyFqdn "
                         "\"gateway.contoso.example\" -VerificationLevel AlwaysVerifiable "
                         "-Comment \"Isthmus\""));
    EXPECT_THAT(all[5].lines,
                Contains(HasSubstr("New-CsHostingProvider -Identity \"Isthmus\" -ProxyFqdn "
                                   "\"gateway.contoso.example\" -Enabled $true ")));
}

TEST_F(DoctorTest, TheWorstDecides) {
    open_everything();
    LocalFacts facts = healthy();
    const DoctorSide side{.read_local = [&] { return facts; },
                          .look_up = [](auto, auto done) { done({found()}); },
                          .read_status = []() -> std::optional<Status> {
                              Status status;
                              status.peers.push_back(peer("up"));
                              return status;
                          }};
    const Doctor doctor(*service, side);
    std::optional<Findings> findings;
    doctor.run([&](Findings made) { findings = std::move(made); });
    EXPECT_EQ(findings->state, TestState::Pass) << "what is unknown is not counted";
    facts.has_certificate = false;
    doctor.run([&](Findings made) { findings = std::move(made); });
    EXPECT_EQ(findings->state, TestState::Fail);
    const auto certificate = std::ranges::find(findings->checks, "certificate", &TestStep::id);
    EXPECT_THAT(certificate->fix, HasSubstr("certificate_file"));
}

}  // namespace
}  // namespace isthmus::control
