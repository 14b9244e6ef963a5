#include "app/peer_test.h"

#include "base/codes.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace isthmus::app {

namespace {

constexpr Duration kPatience = std::chrono::seconds(10);
constexpr std::array<std::string_view, 5> kSteps{
    "dns", "connection", "tls", "certificate", "answer"};

/// Which step an error belongs to, by its code.
std::size_t index_of(std::string_view code) {
    constexpr std::array<std::string_view, 4> kAreas{
        "IST-DNS-", "IST-TCP-", "IST-TLS-", "IST-CERT-"};
    const auto* const found =
        std::ranges::find_if(kAreas, [&](std::string_view area) { return code.starts_with(area); });
    return static_cast<std::size_t>(found - kAreas.begin());
}

control::TestStep passed(std::size_t step, const sip::Target& target) {
    const bool is_tls = target.transport == sip::Transport::Tls;
    const bool is_udp = target.transport == sip::Transport::Udp;
    control::TestStep made{.id = std::string(kSteps[step]), .sentence = {}};
    const auto skip = [&made](std::string sentence) {
        made.state = control::TestState::Skipped;
        made.sentence = std::move(sentence);
    };
    switch (step) {
        case 0:
            made.sentence = fmt::format("{} leads to an address.", target.host);
            break;
        case 1:
            is_udp ? skip("UDP has no connection.") : void(made.sentence = "It takes connections.");
            break;
        case 2:
            is_tls ? void(made.sentence = "The connection is encrypted.")
                   : skip("The target is written without TLS.");
            break;
        default:
            is_tls
                ? void(made.sentence = "Its certificate is trusted and carries an expected name.")
                : skip("Without TLS there is none.");
            break;
    }
    return made;
}

}  // namespace

PeerTest::PeerTest(sip::UserAgent& user_agent,
                   const sip::Target& target,
                   std::string domain,
                   Timers& timers,
                   Done done)
    : user_agent_(user_agent),
      target_(target),
      domain_(std::move(domain)),
      timers_(timers),
      done_(std::move(done)),
      patience_(timers, [this] {
          const Error late = make_error(
              ErrorKind::Timeout, "IST-SIP-002", "", "no answer to an OPTIONS request within 10 s");
          tell(&late, {});
      }) {}

std::string_view PeerTest::step_of(std::string_view code) {
    return kSteps[index_of(code)];
}

void PeerTest::start() {
    started_ = timers_.now();
    patience_.arm(kPatience);
    const std::string uri = "sip:" + (domain_.empty() ? target_.host : domain_);
    const std::string address = "<" + uri + ">";
    sip::OutgoingRequest request;
    request.method = sip::Method::Options;
    request.request_uri = uri;
    request.from = address;
    request.to = address;
    is_waiting_ = true;
    user_agent_.send(request, target_, *this, 0);
}

void PeerTest::on_response(std::uint64_t /*cookie*/, const sip::Response& response) {
    is_waiting_ = false;
    tell(nullptr,
         fmt::format("{} {}", response.status, text::escape_for_log(response.reason, 100)));
}

void PeerTest::on_no_response(std::uint64_t /*cookie*/, const Error& error) {
    is_waiting_ = false;
    tell(&error, {});
}

void PeerTest::tell(const Error* failure, const std::string& answer) {
    const Done done = std::exchange(done_, nullptr);
    if (!done) {
        return;
    }
    patience_.cancel();
    const double took = std::chrono::duration<double, std::milli>(timers_.now() - started_).count();
    const std::size_t failed = failure != nullptr ? index_of(failure->code) : kSteps.size();
    std::vector<control::TestStep> steps;
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
        control::TestStep step{.id = std::string(kSteps[i]), .sentence = {}};
        if (i == failed) {
            const codes::Code* code = codes::find(failure->code);
            step.state = control::TestState::Fail;
            step.code = failure->code;
            step.sentence = code != nullptr ? std::string(code->sentence) : failure->public_text;
            step.evidence = failure->detail.empty() ? failure->public_text : failure->detail;
            step.elapsed_ms = took;
            control::add_fix(step);
        } else if (i > failed) {
            step.state = control::TestState::Skipped;
            step.sentence = fmt::format("Not tried: the step {} failed.", kSteps[failed]);
        } else if (i + 1 < kSteps.size()) {
            step = passed(i, target_);
        } else {
            step.elapsed_ms = took;
            step.sentence = fmt::format("It answers: {}.", answer);
            step.evidence = "OPTIONS: " + answer;
        }
        steps.push_back(std::move(step));
    }
    done(std::move(steps));
}

}  // namespace isthmus::app
