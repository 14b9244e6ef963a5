#include "control/partner_test.h"

#include "base/policy_name.h"
#include "base/text.h"
#include "control/explain.h"
#include "policy/negotiation.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

struct StepName {
    std::string_view id;
    std::string_view title;
};

constexpr std::array<StepName, 10> kSteps{{{"policy", "Policy and allow list"},
                                           {"dns", "DNS"},
                                           {"tcp", "TCP connection"},
                                           {"stream", "Stream"},
                                           {"tls", "TLS"},
                                           {"certificate", "Certificate"},
                                           {"auth", "Authentication"},
                                           {"dialback", "Dialback"},
                                           {"reverse", "Reverse path"},
                                           {"ping+im", "Ping and message"}}};

std::string_view title_of(std::string_view id) {
    const auto* found = std::ranges::find(kSteps, id, &StepName::id);
    return found == kSteps.end() ? id : found->title;
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

/// The policies that let somebody use XMPP, for the evidence.
std::string who_may(const policy::Policy& policy) {
    std::string made;
    for (const policy::AccessRule& rule : policy.rules()) {
        if (rule.enable_federation_access && rule.enable_xmpp_access) {
            made += (made.empty() ? "" : ", ") + text::policy_name(rule.identity);
        }
    }
    return made;
}

/// `policy` with that partner in it, as if it were saved.
Result<std::shared_ptr<const policy::Policy>> with_partner(const policy::Policy& policy,
                                                           const policy::Partner& partner) {
    policy::Objects objects = policy.objects();
    const std::uint32_t place = objects.partners.find(partner.domain);
    if (place != policy::PartnerTable::kNone &&
        objects.partners.at(place)->domain == partner.domain) {
        objects.partners.replace(place, partner);
    } else {
        objects.partners.push_back(partner);
    }
    return policy::Policy::build(std::move(objects));
}

}  // namespace

struct PartnerTests::Running {
    Handlers handlers;
    TestResult result;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::size_t told = 0;
    std::size_t warnings = 0;
    std::optional<std::uint64_t> link;  ///< its number on the traffic side
};

PartnerTests::PartnerTests(PolicyService& policies, LinkTestSide side)
    : policies_(policies), side_(std::move(side)) {}

PartnerTests::~PartnerTests() = default;

json::object to_json(const TestResult& result) {
    return {{"domain", result.domain},
            {"local_domain", result.local_domain},
            {"result", result.is_success() ? "success" : "failure"},
            {"state", state_name(result.state)},
            {"failed_step", result.failed_step},
            {"sentence", result.sentence},
            {"error", result.error},
            {"code", result.code},
            {"fix", result.fix},
            {"duration_ms", result.duration_ms}};
}

TestStep PartnerTests::ask_policy(const LinkTestOrder& order, bool is_saved) const {
    TestStep step{.id = "policy", .sentence = {}};
    std::shared_ptr<const policy::Policy> policy = policies_.snapshot();
    if (!is_saved) {
        auto made = with_partner(*policy, order.partner);
        if (!made) {
            step.state = TestState::Fail;
            step.code = made.error().code;
            step.sentence = made.error().public_text;
            step.evidence = made.error().detail;
            return step;
        }
        policy = *made;
    }
    const auto user =
        order.sender.empty() ? Result<std::string>("") : policies_.canonical().user(order.sender);
    const std::size_t at = user->rfind('@');
    const bool has_user = at != std::string::npos;
    const policy::Query query{.user = std::string_view(*user).substr(0, has_user ? at : 0),
                              .user_domain = has_user ? std::string_view(*user).substr(at + 1) : "",
                              .remote_domain = order.remote_domain};
    const Explanation explanation =
        explain(*policy,
                policies_.own_domains(),
                query,
                {.is_entered = !has_user || policies_.store().user(*user).has_value()});
    for (const GateVerdict& gate : explanation.gates) {
        const bool is_about_user =
            gate.gate == policy::Gate::UserState || gate.gate == policy::Gate::User;
        if (gate.gate == policy::Gate::PartnerType || (is_about_user && !has_user)) {
            continue;
        }
        step.evidence += (step.evidence.empty() ? "" : "\n") + gate.sentence;
        if (!gate.is_open) {
            step.state = TestState::Fail;
            step.code = gate.code;
            step.sentence = gate.sentence;
            step.fix = gate.fix;
            return step;
        }
    }
    const auto verdict = policy::judge(order.partner);
    step.evidence += "\nIt will use: " + verdict.methods();
    const std::string may = who_may(*policy);
    step.evidence += "\nPolicies that let users talk to it: " + (may.empty() ? "none" : may);
    step.sentence = fmt::format("{} may be talked to{}.",
                                order.remote_domain,
                                is_saved ? "" : ", once the partner is saved");
    if (!verdict.sentence.empty()) {
        step.evidence += "\n" + verdict.sentence;
    }
    if (verdict.tcp_dialback) {
        step.state = TestState::Warn;
        step.sentence = fmt::format("{} {}", step.sentence, verdict.sentence);
    }
    if (may.empty()) {
        step.state = TestState::Warn;
        step.code = "IST-POL-002";
        step.sentence = "No external access policy lets anybody talk to XMPP users.";
    }
    return step;
}

void PartnerTests::tell(Running& test, TestStep step) {
    if (test.told >= kSteps.size()) {
        return;
    }
    add_fix(step);
    TestResult& result = test.result;
    if (step.state == TestState::Fail) {
        result.state = TestState::Fail;
        result.failed_step = step.id;
        result.error = step.sentence;
        result.code = step.code;
        result.fix = step.fix;
    } else if (step.state == TestState::Warn) {
        if (++test.warnings == 1) {
            result.error = step.sentence;
            result.code = step.code;
            result.fix = step.fix;
        }
        result.state = std::max(result.state, TestState::Warn);
    }
    json::object event = to_json(step);
    event["number"] = test.told + 1;
    event["title"] = kSteps[test.told].title;
    ++test.told;
    test.handlers.on_step(event);
}

void PartnerTests::finish(std::uint64_t number) {
    const auto found = running_.find(number);
    if (found == running_.end()) {
        return;
    }
    const std::unique_ptr<Running> test = std::move(found->second);
    running_.erase(found);
    TestResult& result = test->result;
    while (test->told < kSteps.size()) {
        tell(*test,
             {.id = std::string(kSteps[test->told].id),
              .state = TestState::Skipped,
              .sentence = result.failed_step.empty() ? std::string("Not tried.")
                                                     : fmt::format("Not tried: the step {} failed.",
                                                                   title_of(result.failed_step))});
    }
    result.duration_ms = milliseconds_since(test->started);
    result.sentence = !result.is_success()  ? fmt::format("{}: the step {} failed. {}",
                                                         result.domain,
                                                         title_of(result.failed_step),
                                                         result.error)
                      : test->warnings != 0 ? fmt::format("{} can be reached, with {} warning{}.",
                                                          result.domain,
                                                          test->warnings,
                                                          test->warnings == 1 ? "" : "s")
                                            : fmt::format("{} can be reached.", result.domain);
    test->handlers.on_result(result);
}

Result<std::uint64_t> PartnerTests::start(std::string_view domain,
                                          const json::object& options,
                                          Handlers handlers) {
    bool is_saved = false;
    auto order = read_order(domain, options, is_saved);
    if (!order) {
        return order.error();
    }
    if (running_.size() >= kMost) {
        return make_error(ErrorKind::Limit,
                          "IST-API-011",
                          "Too many tests are under way.",
                          fmt::format("{} tests run at once at most", kMost));
    }
    const std::uint64_t number = next_++;
    Running& test = *(running_[number] = std::make_unique<Running>());
    test.handlers = std::move(handlers);
    test.result.domain = order->remote_domain;
    test.result.local_domain = order->local_domain;
    const auto began = std::chrono::steady_clock::now();
    TestStep first = ask_policy(*order, is_saved);
    first.elapsed_ms = milliseconds_since(began);
    const bool may_go_on = first.state != TestState::Fail;
    if (!may_go_on) {
        tell(test, std::move(first));
        finish(number);
        return number;
    }
    auto link = side_.start(
        *order,
        {.on_step =
             [this, number](TestStep step) {
                 if (const auto found = running_.find(number); found != running_.end()) {
                     if (step.code == "IST-TCP-010") {
                         step.fix = fmt::format(
                             "Publish _xmpp-server._tcp.{}. 3600 IN SRV 0 0 5269 {}. and let TCP "
                             "port 5269 in, from everywhere.",
                             found->second->result.local_domain,
                             side_.server_name);
                     }
                     tell(*found->second, std::move(step));
                 }
             },
         .on_done = [this, number] { finish(number); }});
    if (!link) {
        running_.erase(number);
        return link.error();
    }
    test.link = *link;
    tell(test, std::move(first));
    return number;
}

void PartnerTests::stop(std::uint64_t number) {
    if (const auto found = running_.extract(number); found && found.mapped()->link) {
        side_.stop(*found.mapped()->link);
    }
}

}  // namespace isthmus::control
