// What the traffic thread tries when administrators ask: links, SIP peers, our own names.
#include "app/traffic_wing.h"

#include <utility>

namespace isthmus::app {

void TrafficWing::start_link_test(std::uint64_t number,
                                  xmpp::LinkTestOrder order,
                                  LinkTestCalls calls) {
    auto done = [this, number, tell = std::move(calls.on_done)] {
        tell();
        // Not from inside its own call.
        loop_.post([this, number] { stop_link_test(number); });
    };
    calls.on_done = std::move(done);
    auto& test = link_tests_[number];
    test = std::make_unique<RunningLinkTest>(std::move(calls));
    test->begin(*server_, std::move(order));
}

void TrafficWing::stop_link_test(std::uint64_t number) {
    link_tests_.erase(number);
}

void TrafficWing::look_up(const std::vector<std::string>& domains, OwnRecordsLookup::Done done) {
    std::erase_if(lookups_, [](const auto& lookup) { return lookup->has_ended(); });
    lookups_.push_back(std::make_unique<OwnRecordsLookup>(*resolver_, domains, std::move(done)));
    lookups_.back()->start();
}

bool TrafficWing::test_peer(std::size_t index, PeerTest::Done done) {
    constexpr std::size_t kMost = 8;
    std::erase_if(peer_tests_, [](const auto& test) { return test->has_ended(); });
    if (index >= flows_.peers.size() || peer_tests_.size() >= kMost) {
        return false;
    }
    const gateway::SipPeer& peer = flows_.peers[index];
    peer_tests_.push_back(
        std::make_unique<PeerTest>(*user_agent_,
                                   peer.target,
                                   peer.domains.empty() ? std::string() : peer.domains.front(),
                                   loop_.timers(),
                                   std::move(done)));
    peer_tests_.back()->start();
    return true;
}

}  // namespace isthmus::app
