#include "xmpp/test_places.h"

#include "base/digest.h"
#include "base/text.h"
#include "xmpp/patience.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr std::size_t kMaxAttempts = 16;
constexpr std::size_t kMaxTlsaShown = 64;  // octets, as many as SHA-512 has

std::string describe(const std::vector<net::SrvRecord>& records) {
    std::string made;
    for (const net::SrvRecord& record : records) {
        made += fmt::format("{}{} {} {} {}",
                            made.empty() ? "" : ", ",
                            record.priority,
                            record.weight,
                            record.port,
                            text::escape_for_log(record.target));
    }
    if (!records.empty() && records.front().ttl != 0) {
        made += fmt::format(", TTL {} s", records.front().ttl);
    }
    if (!records.empty() && records.front().is_secure) {
        made += ", proved by DNSSEC";
    }
    return made.empty() ? "none" : made;
}

std::string describe(const net::TlsaRecord& record) {
    return fmt::format("{} {} {} {}",
                       record.usage,
                       record.selector,
                       record.matching,
                       digest::to_hex(std::string_view(record.data).substr(0, kMaxTlsaShown)));
}

std::string describe(const Target& target) {
    std::string made;
    for (const net::Endpoint& endpoint : target.endpoints) {
        made += (made.empty() ? "" : ", ") + endpoint.to_string();
    }
    return made;
}

}  // namespace

PlacesTest::PlacesTest(const Environment& environment,
                       std::string domain,
                       std::string proxy,
                       LocationTerms terms,
                       StepSink sink,
                       std::function<void(bool)> on_done)
    : environment_(environment),
      domain_(std::move(domain)),
      proxy_(std::move(proxy)),
      terms_(terms),
      sink_(std::move(sink)),
      on_done_(std::move(on_done)) {}

void PlacesTest::start() {
    started_ = environment_.timers.now();
    if (!proxy_.empty()) {
        add_line(evidence_,
                 fmt::format("ProxyFqdn {} is used instead of DNS records of {}", proxy_, domain_));
        return locate();
    }
    // What is shown; what counts is what Location makes of it.
    unanswered_ = 2;
    ask_service("_xmpp-server._tcp." + domain_);
    ask_service("_xmpps-server._tcp." + domain_);
}

void PlacesTest::ask_service(const std::string& name) {
    questions_.push_back(environment_.resolver.srv(
        name, [this, name](const Result<std::vector<net::SrvRecord>>& answer) {
            const Duration took = environment_.timers.now() - started_;
            add_line(evidence_,
                     fmt::format("SRV {}: {} ({})",
                                 name,
                                 answer ? describe(*answer) : answer.error().detail,
                                 milliseconds(took)));
            if (--unanswered_ == 0) {
                locate();
            }
        }));
}

void PlacesTest::locate() {
    const auto on_target = [this](Result<Target> target) { this->on_target(std::move(target)); };
    if (proxy_.empty()) {
        location_.emplace(environment_.resolver, domain_, terms_, on_target);
    } else {
        location_.emplace(
            environment_.resolver, HostPort::parse(proxy_, kServerPort), terms_, on_target);
    }
    asked_ = environment_.timers.now();
    location_->next();
}

void PlacesTest::on_target(Result<Target> target) {
    if (!target) {
        return finish_lookup(target.error());
    }
    const TimePoint now = environment_.timers.now();
    add_line(
        evidence_,
        fmt::format("{}: {} ({})", target->host, describe(*target), milliseconds(now - asked_)));
    for (const net::TlsaRecord& record : target->tlsa) {
        add_line(evidence_, fmt::format("TLSA of {}: {}", target->host, describe(record)));
    }
    if (!target->left_out.empty()) {
        add_line(evidence_, fmt::format("not connected to: {}", target->left_out));
    }
    asked_ = now;
    targets_.push_back(std::move(*target));
    location_->next();
}

void PlacesTest::finish_lookup(const Error& end) {
    const Duration took = environment_.timers.now() - started_;
    if (targets_.empty()) {
        TestStep step = failed_step("dns", end, took);
        step.evidence = evidence_;
        add_line(step.evidence, end.detail);
        sink_(std::move(step));
        return on_done_(false);
    }
    std::size_t addresses = 0;
    for (const Target& target : targets_) {
        addresses += target.endpoints.size();
    }
    sink_({.id = "dns",
           .took = took,
           .sentence = fmt::format("{} has {} {} with {} {}.",
                                   domain_,
                                   targets_.size(),
                                   targets_.size() == 1 ? "server" : "servers",
                                   addresses,
                                   addresses == 1 ? "address" : "addresses"),
           .evidence = evidence_,
           .code = {}});
    connect_to_all();
}

void PlacesTest::connect_to_all() {
    started_ = environment_.timers.now();
    for (const Target& target : targets_) {
        for (const net::Endpoint& endpoint : target.endpoints) {
            if (attempts_.size() < kMaxAttempts) {
                attempts_.push_back({nullptr, {.address = endpoint.to_string(), .detail = {}}});
                attempts_.back().pending = environment_.network.connect(
                    {endpoint},
                    kConnectPatience,
                    [this, index = attempts_.size() - 1](
                        Result<std::unique_ptr<net::ByteStream>> stream) {
                        on_connected(index, std::move(stream));
                    });
            }
        }
    }
    connecting_ = attempts_.size();
}

void PlacesTest::on_connected(std::size_t index, Result<std::unique_ptr<net::ByteStream>> stream) {
    TestedAddress& result = attempts_[index].result;
    result.took = environment_.timers.now() - started_;
    result.is_reached = stream.has_value();
    if (!stream) {
        result.detail = stream.error().detail;
    }
    if (--connecting_ == 0) {
        finish_connecting();
    }
}

void PlacesTest::finish_connecting() {
    TestStep step{.id = "tcp",
                  .took = environment_.timers.now() - started_,
                  .sentence = {},
                  .evidence = {},
                  .code = {}};
    std::size_t reached = 0;
    for (Attempt& attempt : attempts_) {
        TestedAddress& result = attempt.result;
        reached += result.is_reached ? 1 : 0;
        add_line(step.evidence,
                 result.is_reached
                     ? fmt::format("{}: connected ({})", result.address, milliseconds(result.took))
                     : fmt::format("{} ({})", result.detail, milliseconds(result.took)));
        step.addresses.push_back(std::move(result));
    }
    if (reached == 0) {
        TestStep failed = failed_step(
            "tcp",
            make_error(ErrorKind::Unreachable, "IST-TCP-001", "", std::move(step.evidence)),
            step.took);
        failed.addresses = std::move(step.addresses);
        sink_(std::move(failed));
        return on_done_(false);
    }
    if (reached < step.addresses.size()) {
        step.state = TestState::Warn;
        step.code = "IST-TCP-001";
    }
    step.sentence =
        fmt::format("{} of {} {} connections{}.",
                    reached,
                    step.addresses.size(),
                    step.addresses.size() == 1 ? "address takes" : "addresses take",
                    reached == step.addresses.size() ? "" : "; the others cost a quarter second");
    sink_(std::move(step));
    on_done_(true);
}

}  // namespace isthmus::xmpp
