#include "control/doctor.h"

#include "base/policy_name.h"
#include "base/text.h"
#include "base/utc.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kFewDescriptors = 16384;

TestStep good(std::string id, std::string sentence, std::string evidence = {}) {
    return {.id = std::move(id), .sentence = std::move(sentence), .evidence = std::move(evidence)};
}

std::string mebibytes(std::uint64_t octets) {
    return fmt::format("{} MiB", octets >> 20U);
}

TestStep check_config(const LocalFacts& facts) {
    TestStep step = good("config", fmt::format("{} is valid.", facts.config_file));
    if (facts.config_fault) {
        step.state = TestState::Fail;
        step.code = facts.config_fault->code;
        step.sentence = "The configuration file, as it is now, would not be accepted by a restart.";
        step.evidence = facts.config_fault->detail;
    } else if (!facts.config_warnings.empty()) {
        step.state = TestState::Warn;
        step.code = facts.config_warnings.front().code;
        step.sentence = "Something in the configuration file will not work as it stands.";
        for (const ConfigFinding& finding : facts.config_warnings) {
            step.evidence += (step.evidence.empty() ? "" : "\n") + finding.text;
        }
    }
    return step;
}

TestStep check_disk(const LocalFacts& facts) {
    TestStep step =
        good("disk", fmt::format("{} has {} free.", facts.state_dir, mebibytes(facts.disk_free)));
    if (facts.disk_total == 0) {
        step.state = TestState::Unknown;
        step.sentence = fmt::format("How full {} is cannot be told.", facts.state_dir);
    } else if (facts.disk_free < (std::uint64_t{64} << 20U)) {
        step.state = TestState::Fail;
        step.code = "IST-API-004";
        step.sentence += " The database cannot grow.";
    } else if (facts.disk_free < facts.disk_total / 20) {
        step.state = TestState::Warn;
        step.sentence += " That is less than 5 %.";
        step.fix = "Make room, or move state_dir to another file system.";
    }
    return step;
}

TestStep check_clock(const LocalFacts& facts) {
    if (!facts.is_clock_synchronised) {
        return {.id = "clock",
                .state = TestState::Unknown,
                .sentence = "Whether the clock is right cannot be told."};
    }
    if (*facts.is_clock_synchronised) {
        return good("clock", "The kernel says that the clock is synchronised.");
    }
    return {.id = "clock",
            .state = TestState::Warn,
            .sentence = "The kernel says that nobody synchronises the clock.",
            .evidence = "adjtimex: STA_UNSYNC",
            .fix =
                "Run a time service: apt install systemd-timesyncd. Certificates are valid "
                "from and until a time."};
}

TestStep check_descriptors(const LocalFacts& facts) {
    TestStep step =
        good("descriptors", fmt::format("The process may open {} files.", facts.descriptors));
    if (facts.descriptors < kFewDescriptors) {
        step.state = TestState::Warn;
        step.code = "IST-LIM-004";
        step.sentence += " Each stream and each SIP connection is one.";
    }
    return step;
}

/// As people say it.
std::string called(const OwnCertificateStatus& one) {
    return one.name == OwnCertificateStatus::kOfTheFile
               ? std::string("the certificate from the configuration file")
               : fmt::format("the certificate '{}'", one.name);
}

}  // namespace

std::string end_of_certificate(const OwnCertificateStatus& one) {
    std::string made = called(one);
    made.front() = 'T';
    return made + (one.state == "not-yet-valid" ? std::string(" is not valid yet.")
                   : one.state == "expired"     ? std::string(" has expired.")
                   : one.state == "expiring"
                       ? fmt::format(" ends in {} days.", one.days_left)
                       : fmt::format(" is good until {}.", utc_text(one.not_after)));
}

TestStep check_certificates(bool has_certificate,
                            const std::vector<OwnCertificateStatus>& certificates) {
    if (!has_certificate) {
        return {.id = "certificate",
                .state = TestState::Fail,
                .sentence = "No certificate is loaded: no TLS handshake with us can succeed.",
                .code = "IST-CERT-003"};
    }
    TestStep step = good("certificate", "A certificate is loaded.");
    const OwnCertificateStatus* first = nullptr;
    for (const OwnCertificateStatus& one : certificates) {
        if (one.state == "expired" || one.state == "expiring") {
            step.evidence += fmt::format("{}{}: {} ends on {}",
                                         step.evidence.empty() ? "" : "\n",
                                         one.use,
                                         called(one),
                                         utc_text(one.not_after));
        }
        if (first == nullptr || one.not_after < first->not_after) {
            first = &one;
        }
    }
    if (first == nullptr) {
        return step;
    }
    const auto early =
        std::ranges::find(certificates, "not-yet-valid", &OwnCertificateStatus::state);
    if (early != certificates.end()) {
        step.state = TestState::Fail;
        step.code = "IST-CERT-015";
        step.sentence = end_of_certificate(*early);
        return step;
    }
    if (first->state == "expired") {
        step.state = TestState::Fail;
        step.code = "IST-CERT-014";
    } else if (first->state == "expiring") {
        step.state = TestState::Warn;
        step.code = "IST-CERT-024";
    }
    step.sentence = end_of_certificate(*first);
    return step;
}

json::object to_json(const Findings& findings) {
    json::array checks;
    for (const TestStep& step : findings.checks) {
        json::object one = to_json(step);
        one.erase("elapsed_ms");
        checks.push_back(std::move(one));
    }
    json::array instructions;
    for (const Instruction& one : findings.instructions) {
        instructions.push_back(json::object{
            {"title", one.title}, {"lines", json::array(one.lines.begin(), one.lines.end())}});
    }
    return {{"state", state_name(findings.state)},
            {"checks", std::move(checks)},
            {"instructions", std::move(instructions)}};
}

std::vector<TestStep> check_local(const LocalFacts& facts) {
    return {check_config(facts),
            check_certificates(facts.has_certificate, facts.certificates),
            check_disk(facts),
            check_descriptors(facts),
            check_clock(facts)};
}

std::vector<TestStep> check_policy(const policy::Policy& policy) {
    std::vector<TestStep> made;
    made.push_back(policy.access_edge().allow_federated_users
                       ? good("federation", "Federation is switched on.")
                       : TestStep{.id = "federation",
                                  .state = TestState::Fail,
                                  .sentence = "Federation is switched off.",
                                  .code = "IST-POL-003"});
    made.push_back(policy.gateway().enabled
                       ? good("gateway", "The XMPP gateway is switched on.")
                       : TestStep{.id = "gateway",
                                  .state = TestState::Fail,
                                  .sentence = "The XMPP gateway is switched off.",
                                  .code = "IST-POL-005"});
    std::vector<std::string> may;
    for (const policy::AccessRule& rule : policy.rules()) {
        if (rule.enable_federation_access && rule.enable_xmpp_access) {
            may.push_back(text::policy_name(rule.identity));
        }
    }
    made.push_back(may.empty()
                       ? TestStep{.id = "policies",
                                  .state = TestState::Fail,
                                  .sentence = "No policy lets anybody talk to XMPP users.",
                                  .code = "IST-POL-002",
                                  .fix = "isthmus policy set global --enable-federation-access "
                                         "true --enable-xmpp-access true"}
                       : good("policies",
                              "There are policies that let users talk to XMPP users.",
                              fmt::format("{}", fmt::join(may, ", "))));
    const auto enabled = std::ranges::count_if(policy.partners(), &policy::Partner::enabled);
    made.push_back(enabled == 0
                       ? TestStep{.id = "partners",
                                  .state = TestState::Warn,
                                  .sentence = "No partner is enabled: nobody can be talked to.",
                                  .fix = "isthmus partner create DOMAIN --partner-type Federated "
                                         "--sasl-negotiation Optional"}
                       : good("partners", fmt::format("Enabled partners: {}.", enabled)));
    return made;
}

void Doctor::run(std::function<void(Findings)> done) const {
    auto facts = std::make_shared<LocalFacts>(side_.read_local());
    const auto policy = policies_.snapshot();
    side_.look_up(
        facts->xmpp_domains,
        [this, facts, policy, done = std::move(done)](const std::vector<OwnRecords>& records) {
            Findings made;
            const auto add = [&made](std::vector<TestStep> checks) {
                for (TestStep& one : checks) {
                    const bool is_bad =
                        one.state == TestState::Fail || one.state == TestState::Warn;
                    if (is_bad) {
                        add_fix(one);
                        made.state = std::max(made.state, one.state);
                    }
                    made.checks.push_back(std::move(one));
                }
            };
            add(check_local(*facts));
            add(check_policy(*policy));
            std::vector<TestStep> in_dns = check_records(*facts, records);
            if (side_.on_records) {
                side_.on_records(in_dns);
            }
            add(std::move(in_dns));
            add(check_traffic(*facts, *policy, side_.read_status()));
            made.instructions = instructions_for(*facts, *policy);
            done(std::move(made));
        });
}

}  // namespace isthmus::control
