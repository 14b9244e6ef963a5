// The object graph of the traffic thread: network, both protocol wings, the gateway between them.
#pragma once

#include "app/config.h"
#include "app/home_wing.h"
#include "app/own_records.h"
#include "app/peer_test.h"
#include "app/running_link_test.h"
#include "app/subscription_queue.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "control/message_series.h"
#include "control/status_service.h"
#include "control/usage.h"
#include "gateway/gateway.h"
#include "gateway/presence_status.h"
#include "gateway/sip_peers.h"
#include "net/event_loop.h"
#include "net/network.h"
#include "sip/user_agent.h"
#include "xmpp/server.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace isthmus::app {

/// The addresses that are really listened on, as the log and the lab want them.
struct Listening {
    std::vector<std::string> sip;
    std::vector<std::string> xmpp;
    std::vector<std::string> xmpp_direct_tls;
    std::vector<Error> failures;  ///< one for each listener that could not be opened
};

class TrafficWing {
  public:
    /// Builds everything, listens on nothing yet. Fails with IST-CFG-001 on names and addresses
    /// that make no sense; the detail says which.
    static Result<std::unique_ptr<TrafficWing>> create(const Config& config,
                                                       std::shared_ptr<const policy::Policy> policy,
                                                       metrics::Registry& metrics);

    TrafficWing(const TrafficWing&) = delete;
    TrafficWing& operator=(const TrafficWing&) = delete;
    TrafficWing(TrafficWing&&) = delete;
    TrafficWing& operator=(TrafficWing&&) = delete;
    ~TrafficWing();

    net::EventLoop& loop() { return loop_; }

    /// Must be given where to commit before start().
    SubscriptionQueue& subscription_queue() { return subscription_queue_; }

    /// Before start(), in as many slices as it takes: what the database holds. Or on the traffic
    /// thread: pairs that are there already stay as they are.
    void restore(const std::vector<subscriptions::Record>& records) { gateway_.restore(records); }

    /// Null: it is not enabled. Before start(), or on the traffic thread.
    home::Home* home() { return home_ == nullptr ? nullptr : &home_->home(); }

    /// On the traffic thread: what was restored while it ran comes to life.
    void begin_restored() { gateway_.begin(); }

    /// Starts and ends the thread; between them all below belongs to that thread.
    void start();
    void stop();

    /// Opens all listeners that it can; what it cannot is in `failures`.
    Listening listen(const Config& config);
    /// Answers the snapshot that was in force.
    std::shared_ptr<const policy::Policy> set_policy(std::shared_ptr<const policy::Policy> policy);
    void set_tls(const std::shared_ptr<const net::TlsContext>& sip,
                 const std::shared_ptr<const net::TlsContext>& xmpp);
    control::Status status();
    /// Part of it, for whoever counts along.
    control::MessageCounts counts() const;

    control::Usage usage(const control::UsageQuestion& question);

    gateway::Traces& traces() { return gateway_.traces(); }

    bool close_stream(std::string_view id) { return server_->close_stream(id); }

    /// Of all links to those domains; how many there are.
    std::size_t retry_links(const std::vector<std::string>& domains) {
        std::size_t count = 0;
        for (const std::string& domain : domains) {
            count += server_->retry(domain);
        }
        return count;
    }

    /// One slice; true when the list is complete.
    bool go_on(gateway::MessageListing& listing) const { return gateway_.go_on(listing); }

    gateway::Subscriptions& subscriptions() { return gateway_.subscriptions(); }

    gateway::SessionListing& sessions() { return gateway_.sessions(); }

    void drain(Duration patience, std::function<void()> on_done);

    /// XMPP domains that we speak for, with the SIP domains of their users. Any thread: they never
    /// change.
    const std::vector<gateway::ServedDomain>& served() const { return flows_.domains; }

    void start_link_test(std::uint64_t number, xmpp::LinkTestOrder order, LinkTestCalls calls);

    void stop_link_test(std::uint64_t number);

    /// What DNS says of our own domains (A-labels); `done` is called later, on this thread.
    void look_up(const std::vector<std::string>& domains, OwnRecordsLookup::Done done);
    /// Asks the peer with that index of the configuration for a sign of life. False: too many are
    /// being asked, or there is none; `done` is not called then.
    bool test_peer(std::size_t index, PeerTest::Done done);

  private:
    TrafficWing(const Config& config, metrics::Registry& metrics, gateway::GatewayConfig flows);

    bool is_idle() const;
    std::vector<control::PeerStatus> peer_status(TimePoint now) const;
    void check_drained();

    std::string server_name_;
    std::vector<std::string> xmpp_listeners_;
    bool has_certificate_ = false;
    TimePoint started_{};
    bool is_listening_ = false;
    bool is_draining_ = false;
    net::EventLoop loop_;
    SubscriptionQueue subscription_queue_;
    SystemRandom random_;
    std::unique_ptr<net::Resolver> resolver_;
    net::SystemNetwork network_;
    gateway::GatewayConfig flows_;
    gateway::Gateway gateway_;
    std::unique_ptr<HomeWing> home_;  ///< null: not enabled
    std::unique_ptr<sip::UserAgent> user_agent_;
    std::unique_ptr<gateway::SipPeers> sip_peers_;
    std::unique_ptr<xmpp::Server> server_;
    std::map<std::uint64_t, std::unique_ptr<RunningLinkTest>> link_tests_;
    std::vector<std::unique_ptr<PeerTest>> peer_tests_;
    std::vector<std::unique_ptr<OwnRecordsLookup>> lookups_;
    TimePoint drain_deadline_{};
    std::function<void()> on_drained_;
    Timer drain_timer_;
    std::thread thread_;
};

}  // namespace isthmus::app
