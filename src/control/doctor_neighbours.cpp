// The doctor's view of others: our names as DNS shows them, SIP peers, partners.
#include "base/text.h"
#include "control/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostNamed = 20;

std::string record_of(const LocalFacts& facts, std::string_view domain, unsigned port) {
    return fmt::format(
        "_xmpp-server._tcp.{}. 3600 IN SRV 0 0 {} {}.", domain, port, facts.server_name);
}

/// The ports that we listen on for streams.
std::vector<unsigned> ports_of(const std::vector<std::string>& listeners) {
    std::vector<unsigned> made;
    for (const std::string& one : listeners) {
        if (const auto port = text::to_number(one.substr(one.rfind(':') + 1))) {
            made.push_back(static_cast<unsigned>(*port));
        }
    }
    return made;
}

std::string evidence_of(const OwnRecords& records) {
    std::string made;
    for (const OwnRecords::Server& server : records.servers) {
        made += fmt::format("{}{}:{} at {}{}",
                            made.empty() ? "" : "\n",
                            text::escape_for_log(server.host),
                            server.port,
                            server.addresses.empty()
                                ? "no address"
                                : fmt::format("{}", fmt::join(server.addresses, ", ")),
                            server.is_here ? " (this machine)" : "");
    }
    return made.empty() ? "no SRV record" : made;
}

TestStep check_domain(const LocalFacts& facts, const OwnRecords& records) {
    const std::vector<unsigned> ports = ports_of(facts.xmpp_listeners);
    const unsigned port = ports.empty() ? 5269 : ports.front();
    TestStep step{.id = "dns " + records.domain,
                  .sentence = fmt::format("Partners find {} through DNS.", records.domain),
                  .evidence = evidence_of(records)};
    const auto bad = [&step](TestState state, std::string sentence, std::string code) {
        step.state = state;
        step.sentence = std::move(sentence);
        step.code = std::move(code);
    };
    if (records.failure) {
        bad(TestState::Unknown,
            fmt::format("DNS did not answer about {}.", records.domain),
            std::string(records.failure->code));
        step.evidence = records.failure->detail;
        step.fix = "Check [dns] servers and the network to them.";
        return step;
    }
    step.fix = "Publish: " + record_of(facts, records.domain, port);
    if (records.says_no_service) {
        bad(TestState::Fail,
            fmt::format("DNS says that {} has no XMPP service.", records.domain),
            "IST-DNS-003");
    } else if (records.servers.empty()) {
        bad(TestState::Fail,
            fmt::format("DNS has no SRV record for {}: partners will not find us.", records.domain),
            "IST-DNS-002");
    } else if (std::ranges::all_of(records.servers,
                                   [](const auto& one) { return one.addresses.empty(); })) {
        bad(TestState::Fail,
            fmt::format("The SRV records of {} lead to no address.", records.domain),
            "IST-DNS-002");
    } else if (std::ranges::none_of(records.servers, &OwnRecords::Server::is_here)) {
        bad(TestState::Warn,
            fmt::format("The SRV records of {} lead to other addresses than this machine's: right "
                        "behind a load balancer or address translation, wrong otherwise.",
                        records.domain),
            {});
    } else if (std::ranges::none_of(records.servers, [&](const auto& one) {
                   return one.is_here && std::ranges::find(ports, one.port) != ports.end();
               })) {
        bad(TestState::Fail,
            fmt::format("The SRV records of {} name a port that we do not listen on.",
                        records.domain),
            "IST-TCP-010");
    } else {
        step.fix.clear();
    }
    return step;
}

std::string short_age(double seconds) {
    return seconds < 120 ? fmt::format("{:.0f} s", seconds)
                         : fmt::format("{:.0f} min", seconds / 60);
}

TestStep check_peer(const PeerStatus& peer) {
    TestStep step{.id = "sip-peer " + peer.name,
                  .sentence = fmt::format("{} answers at {}.", peer.name, peer.target)};
    if (peer.state == "never tried") {
        step.state = TestState::Unknown;
        step.sentence = fmt::format("{} was not tried yet.", peer.name);
        step.fix = "isthmus sip-peer test " + peer.name;
    } else if (peer.state != "up") {
        step.state = TestState::Fail;
        step.sentence = fmt::format("{} does not answer at {}.", peer.name, peer.target);
        step.code = peer.last_error ? peer.last_error->code : "IST-SIP-002";
        step.evidence = peer.last_error ? fmt::format("{}, {} ago",
                                                      peer.last_error->text,
                                                      short_age(peer.last_error->age_seconds))
                                        : "";
    }
    return step;
}

/// What is known of one partner's streams together.
struct PartnerView {
    bool is_up = false;
    const Trouble* trouble = nullptr;
};

}  // namespace

std::vector<TestStep> check_records(const LocalFacts& facts,
                                    const std::vector<OwnRecords>& records) {
    if (!facts.component_server.empty()) {
        return {{.id = "dns",
                 .state = TestState::NotApplicable,
                 .sentence = fmt::format("As a component of {} we need no records of our own.",
                                         facts.component_server)}};
    }
    std::vector<TestStep> made;
    made.reserve(records.size());
    for (const OwnRecords& one : records) {
        made.push_back(check_domain(facts, one));
    }
    return made;
}

std::vector<TestStep> check_traffic(const LocalFacts& facts,
                                    const policy::Policy& policy,
                                    const std::optional<Status>& status) {
    if (!status) {
        return {{.id = "traffic",
                 .state = TestState::Fail,
                 .sentence = "The part of the process that carries traffic does not answer.",
                 .evidence = "no answer in 2 s",
                 .fix = "See the log; restart the service if it lasts."}};
    }
    std::vector<TestStep> made;
    made.push_back({.id = "revision",
                    .state = status->running_revision == status->stored_revision ? TestState::Pass
                                                                                 : TestState::Warn,
                    .sentence = fmt::format("Revision {} is stored, {} is in force.",
                                            status->stored_revision,
                                            status->running_revision)});
    if (facts.peers.empty()) {
        made.push_back({.id = "sip-peer",
                        .state = TestState::Warn,
                        .sentence = "No SIP peer is configured: there are no SIP users to reach.",
                        .fix = "Add a [[sip.peer]] to " + facts.config_file + "."});
    }
    for (const PeerStatus& peer : status->peers) {
        made.push_back(check_peer(peer));
    }
    std::map<const policy::Partner*, PartnerView> views;
    for (const StreamStatus& stream : status->streams) {
        if (const policy::Partner* partner = policy.partner_of(stream.remote_domain)) {
            PartnerView& view = views[partner];
            view.is_up = view.is_up || stream.state == "up";
            if (stream.last_error && stream.state != "up") {
                view.trouble = &*stream.last_error;
            }
        }
    }
    std::size_t named = 0;
    for (const auto& [partner, view] : views) {
        if (!partner->enabled || view.trouble == nullptr || ++named > kMostNamed) {
            continue;
        }
        made.push_back({.id = "partner " + partner->domain,
                        .state = view.is_up ? TestState::Warn : TestState::Fail,
                        .sentence = fmt::format("A link with {} does not work.", partner->domain),
                        .evidence = fmt::format("at step {}, {} ago: {}",
                                                view.trouble->step,
                                                short_age(view.trouble->age_seconds),
                                                view.trouble->text),
                        .code = view.trouble->code,
                        .fix = fmt::format("isthmus partner test {} --reverse", partner->domain)});
    }
    if (named == 0) {
        made.push_back({.id = "links",
                        .state = views.empty() ? TestState::Unknown : TestState::Pass,
                        .sentence = views.empty() ? "No link with a partner was used yet."
                                                  : "All links that were used work.",
                        .fix = views.empty() ? "isthmus partner test DOMAIN --reverse" : ""});
    }
    return made;
}

}  // namespace isthmus::control
