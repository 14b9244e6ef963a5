// The home server in the process: stands between the SIP wing and the flows. What configured peers
// send goes to the flows; everything else is for users who sign in here. To the flows it is the SIP
// system of the domains that no [[sip.peer]] has. Traffic thread only.
#pragma once

#include "app/config.h"
#include "app/subscription_queue.h"
#include "base/metrics.h"
#include "base/random.h"
#include "gateway/gateway.h"
#include "gateway/sip_peers.h"
#include "gateway/sip_side.h"
#include "sip/loopback.h"
#include "sip/sessions.h"
#include "sip/user_agent.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "home/home.h"
#include "home/outside.h"

namespace isthmus::app {

/// The SIP system that the home server is; nothing if it is not enabled. `domains` are all that we
/// serve, as compared; those that `peers` have are not at home.
std::optional<gateway::SipPeer> home_peer(const Config& config,
                                          const gateway::GatewayConfig& flows);

/// What the SIP wing takes besides, for those who sign in here.
void open_for_devices(const Config& config, sip::UserAgentConfig& to);

class HomeWing final : public sip::RequestHandler,
                       public gateway::SipSide,
                       public sip::SessionPort,
                       private home::Outside {
  public:
    /// The last peer of `flows` is home_peer().
    HomeWing(const Config& config,
             const gateway::GatewayConfig& flows,
             gateway::Gateway& gateway,
             SubscriptionQueue& queue,
             Timers& timers,
             Random& random,
             metrics::Registry& metrics);

    /// Before any traffic; both must outlive the last call.
    void attach(sip::UserAgent& user_agent, gateway::SipPeers& peers);

    home::Home& home() { return home_; }

    std::size_t pending() const { return home_.pending() + loopback_.pending(); }

    // sip::RequestHandler
    int identify(const sip::Origin& origin) override { return gateway_.identify(origin); }

    void on_request(const sip::Request& request,
                    const sip::Origin& origin,
                    std::unique_ptr<sip::IncomingRequest> transaction) override;
    void on_notify_ahead(std::string_view call_id) override;
    void on_flow_closed(std::uint64_t flow) override;
    void on_benotify(const sip::Request& request, const sip::Origin& origin) override;
    bool on_ack(const sip::Request& request, const sip::Origin& origin) override;

    // gateway::SipSide
    bool serves(std::string_view sip_domain) const override;
    bool is_congestion_safe(std::string_view sip_domain) const override;
    bool uses_sessions(std::string_view user, std::string_view sip_domain) const override;
    void on_left(std::string_view user,
                 std::string_view contact,
                 std::string_view sip_domain) override;
    void send(const sip::OutgoingRequest& request,
              std::string_view sip_domain,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;

    // sip::SessionPort: the flows have no sessions with those who are at home
    void acknowledge(const sip::OutgoingRequest& request,
                     std::string_view sip_domain,
                     std::string_view next_hop) override;
    void cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) override;
    sip::PresencePreference presence(std::string_view sip_domain) const override;
    void send(const sip::OutgoingRequest& request,
              std::string_view sip_domain,
              std::string_view next_hop,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;
    std::string_view contact(std::string_view sip_domain) const override;

  private:
    using End = sip::Loopback::End;
    static constexpr End kFlows = End::First;
    static constexpr End kHome = End::Second;

    bool is_home(std::string_view sip_domain) const;

    // home::Outside
    void send_to_flows(const sip::OutgoingRequest& request,
                       sip::ResponseHandler& handler,
                       std::uint64_t cookie) override;
    void pass_to_flows(const sip::Request& request,
                       std::unique_ptr<sip::IncomingRequest> transaction,
                       bool is_in_session) override;
    void send_to_device(const sip::OutgoingRequest& request,
                        const sip::Target& target,
                        sip::ResponseHandler& handler,
                        std::uint64_t cookie) override;
    void acknowledge(const sip::OutgoingRequest& request, const sip::Target& target) override;
    void prove(std::uint64_t flow) override;
    void close(std::uint64_t flow) override;
    std::string_view contact() const override;

    std::string_view server_name() const override { return server_name_; }

    const policy::Policy& policy() const override { return gateway_.policy(); }

    void save(std::string_view user,
              home::DocumentKind kind,
              std::string body,
              home::Outside::Done done) override;
    void remove_contact(std::string_view user, std::string_view jid) override;
    void leave(std::string_view user, std::string_view contact) override;

    gateway::Gateway& gateway_;
    SubscriptionQueue& queue_;
    std::string server_name_;
    std::vector<std::string> domains_;
    int peer_;
    sip::UserAgent* user_agent_ = nullptr;
    gateway::SipPeers* peers_ = nullptr;
    mutable std::string contact_;
    sip::Loopback loopback_;
    home::Home home_;
};

}  // namespace isthmus::app
