#include "control/overview.h"

#include "base/codes.h"
#include "control/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostFailures = 10;

/// A light says what the doctor says.
Gate gate_of(std::string_view name, TestStep step) {
    constexpr Light kLights[] = {
        Light::Green, Light::Amber, Light::Red, Light::Grey, Light::Grey, Light::Grey};
    Gate made{.name = name,
              .light = kLights[static_cast<std::size_t>(step.state)],
              .sentence = step.sentence,
              .fix = {}};
    if (made.light != Light::Green) {
        add_fix(step);
        made.fix = step.fix;
    }
    return made;
}

Gate sip_peers(const Status& status) {
    Gate made{.name = "sip_peers", .light = Light::Green, .sentence = {}, .fix = {}};
    if (status.peers.empty()) {
        made.light = Light::Red;
        made.sentence = "No SIP peer is configured.";
        made.fix = "Write a [[sip.peer]] section into the configuration file and restart.";
        return made;
    }
    const auto count = [&status](std::string_view state) {
        return std::ranges::count(status.peers, state, &PeerStatus::state);
    };
    const auto silent = count("not answering");
    const auto untried = count("never tried");
    const auto all = std::ssize(status.peers);
    if (silent != 0) {
        made.light = silent == all ? Light::Red : Light::Amber;
        made.sentence = fmt::format("{} of {} SIP peers do not answer.", silent, all);
        made.fix = "The newest error of each in `isthmus status` says where it ended.";
    } else if (untried == all) {
        made.light = Light::Grey;
        made.sentence = "No SIP peer has been heard of yet.";
        made.fix = "Send a message from the SIP side, or test it: isthmus sip-peer test NAME";
    } else {
        made.sentence = untried == 0 ? "All SIP peers answer."
                                     : fmt::format(
                                           "{} of {} SIP peers answer; the others have not been "
                                           "needed yet.",
                                           all - untried,
                                           all);
    }
    return made;
}

Gate xmpp_listener(const Status& status, const OverviewFacts& facts) {
    Gate made{.name = "xmpp_listener", .light = Light::Green, .sentence = {}, .fix = {}};
    const auto up = std::ranges::count_if(status.streams, [](const StreamStatus& stream) {
        return stream.state == "up" && stream.direction == "in";
    });
    if (!facts.is_enabled) {
        made.light = Light::Red;
        made.sentence = "The XMPP gateway is switched off.";
        made.fix = "isthmus gateway set --enabled true";
    } else if (status.state == "draining") {
        made.light = Light::Amber;
        made.sentence = "The gateway is stopping and takes no new streams.";
        made.fix = "Start it again: systemctl start isthmus";
    } else if (status.xmpp_listeners.empty()) {
        made.light = Light::Red;
        made.sentence = "The gateway listens for no XMPP server.";
        made.fix = "Check [xmpp] listen in the configuration file.";
    } else if (up == 0) {
        made.light = Light::Grey;
        made.sentence = fmt::format("It listens on {}; no partner has connected yet.",
                                    status.xmpp_listeners.front());
        made.fix = "Partners find it by the SRV record _xmpp-server._tcp of each domain.";
    } else {
        made.sentence = fmt::format("{} {} from partners {} up.",
                                    up,
                                    up == 1 ? "stream" : "streams",
                                    up == 1 ? "is" : "are");
    }
    return made;
}

/// What the streams say about the names of partners.
Gate partner_names(const Status& status) {
    Gate made{
        .name = "dns", .light = Light::Grey, .sentence = "No name was asked for yet.", .fix = {}};
    bool has_found = false;
    std::size_t failed = 0;
    std::string whose;
    for (const StreamStatus& stream : status.streams) {
        if (stream.direction != "out") {
            continue;
        }
        if (stream.state != "up" && stream.last_error && stream.last_error->step == "dns") {
            ++failed;
            whose = stream.remote_domain;
        } else if (!stream.remote_address.empty()) {
            has_found = true;
        }
    }
    if (failed != 0) {
        made.light = has_found ? Light::Amber : Light::Red;
        made.sentence = failed == 1
                            ? fmt::format("The server of {} is not found.", whose)
                            : fmt::format("The servers of {} partners are not found.", failed);
        made.fix =
            "isthmus stream list --partner DOMAIN has the reason; [dns] names the servers "
            "that are asked.";
    } else if (has_found) {
        made.light = Light::Green;
        made.sentence = "The servers of partners are found.";
    } else {
        made.fix = "Send a message to a partner.";
    }
    return made;
}

/// Fail, Warn, Unknown, what is right: the greater is told first.
int weight(TestState state) {
    constexpr int kWeights[] = {0, 2, 3, 0, 1, 0};  // as TestState
    return kWeights[static_cast<std::size_t>(state)];
}

/// The names of partners, and our own: whatever is worse.
Gate dns(const Status& status, const OverviewFacts& facts) {
    Gate partners = partner_names(status);
    const auto worst = std::ranges::max_element(
        facts.records, {}, [](const TestStep& one) { return weight(one.state); });
    if (worst == facts.records.end() || worst->state == TestState::NotApplicable) {
        return partners;
    }
    Gate own = gate_of("dns", *worst);
    const auto faulty = std::ranges::count_if(
        facts.records, [](const TestStep& one) { return weight(one.state) > 1; });
    if (faulty > 1) {
        own.sentence += fmt::format(" Domains of ours with such faults: {}.", faulty);
    }
    const bool is_worse = own.light == Light::Red ||
                          (own.light == Light::Amber && partners.light != Light::Red) ||
                          partners.light == Light::Grey;
    return is_worse ? own : partners;
}

std::vector<Failure> failures_of(const Status& status) {
    std::vector<Failure> made;
    for (const StreamStatus& stream : status.streams) {
        if (stream.last_error) {
            made.push_back({.where = "stream",
                            .name = stream.partner.empty() ? stream.remote_domain : stream.partner,
                            .trouble = *stream.last_error});
        }
    }
    for (const PeerStatus& peer : status.peers) {
        if (peer.last_error) {
            made.push_back({.where = "sip_peer", .name = peer.name, .trouble = *peer.last_error});
        }
    }
    std::ranges::sort(made, {}, [](const Failure& one) { return one.trouble.age_seconds; });
    made.resize(std::min(made.size(), kMostFailures));
    return made;
}

std::vector<Step> steps_of(const Status& status, const OverviewFacts& facts) {
    const std::uint64_t all = status.messages[0] + status.messages[1];
    if (all > status.failures[0] + status.failures[1]) {
        return {};
    }
    const bool has_stream = std::ranges::any_of(
        status.streams, [](const StreamStatus& stream) { return stream.state == "up"; });
    return {
        {.sentence = "Name the SIP system behind the gateway: [[sip.peer]] in the configuration "
                     "file.",
         .command = {},
         .is_done = !status.peers.empty()},
        {.sentence = "Give the gateway a certificate: isthmus cert request or import, or [tls] in "
                     "the configuration file.",
         .command = {},
         .is_done = status.has_certificate},
        {.sentence = "Allow federation at all.",
         .command = "isthmus access-edge set --allow-federated-users true",
         .is_done = facts.allows_federated_users},
        {.sentence = "Allow it to somebody: the global policy, or one of a site or user.",
         .command = "isthmus policy set global --enable-federation-access true "
                    "--enable-xmpp-access true",
         .is_done = facts.allows_xmpp},
        {.sentence = "Name a partner.",
         .command = "isthmus partner create DOMAIN --partner-type Federated --sasl-negotiation "
                    "Optional",
         .is_done = facts.partners != 0},
        {.sentence = "See whether the partner can be reached.",
         .command = "isthmus partner test DOMAIN",
         .is_done = has_stream},
        {.sentence = "Send the first message, from either side.",
         .command = "isthmus message list",
         .is_done = false}};
}

}  // namespace

std::string_view name_of(Light light) {
    constexpr std::string_view kNames[] = {"green", "amber", "red", "grey"};
    return kNames[static_cast<std::size_t>(light)];
}

Overview overview_of(const Status& status, const OverviewFacts& facts) {
    return {.gates = {sip_peers(status),
                      xmpp_listener(status, facts),
                      dns(status, facts),
                      gate_of("certificates",
                              check_certificates(status.has_certificate, status.certificates))},
            .last_failures = failures_of(status),
            .next_steps = steps_of(status, facts)};
}

}  // namespace isthmus::control
