#include "app/served_certificates.h"

#include "base/log.h"
#include "base/text.h"
#include "base/utc.h"
#include "control/faults.h"
#include "net/certificate_facts.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace isthmus::app {

namespace json = boost::json;

namespace {

using control::Use;
using Protocol = net::Probe::Protocol;

constexpr std::size_t kMostWaiting = 8;
constexpr std::uint16_t kXmppPort = 5269;

/// What is listened on everywhere is asked here.
std::optional<net::Endpoint> reachable(const std::string& address) {
    auto at = net::Endpoint::parse(address);
    if (at && at->address.is_unspecified()) {
        at->address = *net::IpAddress::parse(at->address.is_v4() ? "127.0.0.1" : "::1");
    }
    return at;
}

struct Place {
    std::string host;
    std::uint16_t port = 0;
};

std::optional<Place> place_at(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0 || address.size() > 300) {
        return std::nullopt;
    }
    const auto port = text::to_number(std::string_view(address).substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) {
        return std::nullopt;
    }
    return Place{address.substr(0, colon), static_cast<std::uint16_t>(*port)};
}

void add_presented(json::object& to, const net::Presented& presented) {
    to["tls_version"] = presented.tls_version;
    to["cipher"] = presented.cipher;
    json::array chain;
    for (std::size_t i = 0; i < presented.chain.size(); ++i) {
        const auto facts = net::read_certificate_facts(presented.chain[i]);
        if (!facts) {
            continue;
        }
        const std::string end = utc_text(facts->names.not_after.time_since_epoch().count());
        if (i == 0) {
            to["subject"] = facts->names.subject;
            to["issuer"] = facts->issuer;
            to["serial_number"] = facts->serial_number;
            to["not_after"] = end;
            to["alternative_names"] =
                json::array(facts->alternative_names.begin(), facts->alternative_names.end());
            to["sha256"] = facts->names.sha256;
        } else {
            chain.push_back(json::object{{"subject", facts->names.subject}, {"not_after", end}});
        }
    }
    to["chain"] = std::move(chain);
}

std::string fingerprint(const net::Presented& presented) {
    const auto facts = presented.chain.empty()
                           ? Result<net::CertificateFacts>(control::invalid("none"))
                           : net::read_certificate_facts(presented.chain.front());
    return facts ? facts->names.sha256 : "";
}

struct Work {
    Place place;
    net::Probe probe;
    std::vector<std::string> known;  ///< addresses of the host that need no look-up
    Result<net::Presented> answer = net::Presented{};
};

/// On the thread that may wait.
void look(Work& work) {
    for (const std::string& text : work.known) {
        if (const auto ip = net::IpAddress::parse(text)) {
            work.probe.addresses.push_back({*ip, work.place.port});
        }
    }
    if (work.probe.addresses.empty()) {
        auto found = net::look_up(work.place.host, work.place.port);
        if (!found) {
            work.answer = found.error();
            return;
        }
        work.probe.addresses = std::move(*found);
    }
    work.answer = net::present(work.probe);
}

}  // namespace

ServedCertificates::ServedCertificates(net::EventLoop& control,
                                       metrics::Registry& metrics,
                                       StaticNames static_names,
                                       Expected expected)
    : static_names_(std::move(static_names)),
      expected_(std::move(expected)),
      worker_([&control](auto call) { control.post(std::move(call)); }, kMostWaiting) {
    for (const Use use : control::kUses) {
        gauges_[static_cast<std::size_t>(use)] = &metrics.gauge(
            "isthmus_certificate_served_mismatch",
            "1 if what is presented, or in the watched files, is not what was loaded.",
            {{"use", control::name_of(use)}});
    }
}

void ServedCertificates::ask_listeners(std::function<void(const Answers&)> done) {
    auto probes = std::make_shared<std::vector<net::Probe>>();
    for (const Listener& listener : listeners_) {
        net::Probe one{.addresses = {}, .protocol = listener.protocol, .name = listener.name};
        if (const auto at = reachable(listener.address)) {
            one.addresses.push_back(*at);
        }
        probes->push_back(std::move(one));
    }
    auto answers = std::make_shared<Answers>();
    // Too many questions are waiting: this one is not needed.
    (void)worker_.submit(
        [probes, answers] {
            for (const net::Probe& one : *probes) {
                answers->push_back(net::present(one));
            }
        },
        [answers, done = std::move(done)] { done(*answers); });
}

void ServedCertificates::check() {
    ask_listeners([this](const Answers& answers) { compare(answers); });
}

void ServedCertificates::compare(const Answers& answers) {
    std::array<bool, control::kUses.size()> bad{};
    std::array<bool, control::kUses.size()> known{};
    for (std::size_t i = 0; i < answers.size() && i < listeners_.size(); ++i) {
        const auto at = static_cast<std::size_t>(listeners_[i].use);
        if (!answers[i]) {
            continue;  // not to be reached from here says nothing
        }
        presented_[at] = fingerprint(*answers[i]);
        known[at] = true;
        const auto expected = expected_(listeners_[i].use);
        if (std::ranges::find(expected, presented_[at]) != expected.end()) {
            continue;
        }
        bad[at] = true;
        if (!mismatch_[at].value_or(false)) {
            log::event(log::Level::Error,
                       "certificate.mismatch",
                       {{"code", "IST-CERT-023"},
                        {"use", control::name_of(listeners_[i].use)},
                        {"address", listeners_[i].address},
                        {"presented", presented_[at]},
                        {"loaded", expected.empty() ? "" : expected.front()}});
        }
    }
    for (std::size_t at = 0; at < control::kUses.size(); ++at) {
        if (known[at]) {
            mismatch_[at] = bad[at];
            set_gauge(at);
        }
    }
}

void ServedCertificates::set_gauge(std::size_t use) {
    gauges_[use]->set(mismatch_[use].value_or(false) || file_trouble_[use] ? 1 : 0);
}

void ServedCertificates::set_file_trouble(Use use, bool is_bad) {
    file_trouble_[static_cast<std::size_t>(use)] = is_bad;
    set_gauge(static_cast<std::size_t>(use));
}

json::object ServedCertificates::shown(const Listener& listener,
                                       const Result<net::Presented>& answer) const {
    json::object made{{"use", control::name_of(listener.use)},
                      {"address", listener.address},
                      {"protocol", listener.protocol == Protocol::Xmpp ? "xmpp" : "tls"},
                      {"name", listener.name}};
    if (!answer) {
        made["state"] = "unknown";
        made["error"] = fmt::format("{} {}", answer.error().public_text, answer.error().detail);
        return made;
    }
    const auto expected = expected_(listener.use);
    const bool is_as_loaded = std::ranges::find(expected, fingerprint(*answer)) != expected.end();
    made["state"] = is_as_loaded ? "as loaded" : "mismatch";
    add_presented(made, *answer);
    return made;
}

void ServedCertificates::ask(const std::string& address,
                             const std::string& protocol,
                             const std::string& name,
                             const Done& done) {
    if (!protocol.empty() && protocol != "tls" && protocol != "xmpp") {
        done(control::invalid("protocol: must be tls or xmpp."));
        return;
    }
    if (!address.empty()) {
        ask_address(address, protocol, name, done);
        return;
    }
    ask_listeners([this, done](const Answers& answers) {
        json::array items;
        for (std::size_t i = 0; i < answers.size() && i < listeners_.size(); ++i) {
            items.push_back(shown(listeners_[i], answers[i]));
        }
        compare(answers);
        const std::size_t total = items.size();
        done(json::object{{"items", std::move(items)}, {"total", total}});
    });
}

void ServedCertificates::ask_address(const std::string& address,
                                     const std::string& protocol,
                                     const std::string& name,
                                     const Done& done) {
    const auto place = place_at(address);
    const bool is_name = name.size() <= 253 && std::ranges::all_of(name, [](char c) {
                             return text::is_alnum(c) || c == '.' || c == '-' || c == '_';
                         });
    if (!place || !is_name) {
        done(control::invalid(!place ? "address: must be HOST:PORT."
                                     : "name: must be a domain name."));
        return;
    }
    auto work = std::make_shared<Work>();
    work->place = *place;
    work->probe.protocol = protocol == "xmpp" || (protocol.empty() && place->port == kXmppPort)
                               ? Protocol::Xmpp
                               : Protocol::Tls;
    work->probe.name = !name.empty() || net::IpAddress::parse(place->host) ? name : place->host;
    if (const auto known = static_names_.find(place->host); known != static_names_.end()) {
        work->known = known->second;
    } else if (net::IpAddress::parse(place->host)) {
        work->known = {place->host};
    }
    const bool is_taken = worker_.submit(
        [work] { look(*work); },
        [work, address, done] {
            if (!work->answer) {
                done(work->answer.error());
                return;
            }
            json::object made{{"address", address},
                              {"protocol", work->probe.protocol == Protocol::Xmpp ? "xmpp" : "tls"},
                              {"name", work->probe.name},
                              {"state", "presented"}};
            add_presented(made, *work->answer);
            done(json::object{{"items", json::array{std::move(made)}}, {"total", 1}});
        });
    if (!is_taken) {
        done(make_error(ErrorKind::Limit,
                        "IST-API-043",
                        "Other certificates are being looked at; try again.",
                        {}));
    }
}

}  // namespace isthmus::app
