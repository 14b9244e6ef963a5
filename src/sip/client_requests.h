// Our own requests: each one's client transaction, or the series of them that fail-over and
// challenges make necessary, up to the one outcome its sender hears. RFC 3261 §17.1, §18.1.1, §22;
// RFC 3263 §4.3.
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "sip/chained_table.h"
#include "sip/client_request.h"
#include "sip/client_transaction.h"
#include "sip/next_hops.h"
#include "sip/peer_table.h"
#include "sip/pool.h"
#include "sip/traffic_counters.h"
#include "sip/transport.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace isthmus::sip {

class ClientRequests final : public TravellerHandler, public ClientRequestOwner {
  public:
    ClientRequests(const UserAgentConfig& config,
                   Transports& transports,
                   net::Network& network,
                   net::Resolver& resolver,
                   Timers& timers,
                   Random& random,
                   TrafficCounters& counters,
                   PeerTable& peers);
    ClientRequests(const ClientRequests&) = delete;
    ClientRequests& operator=(const ClientRequests&) = delete;
    ClientRequests(ClientRequests&&) = delete;
    ClientRequests& operator=(ClientRequests&&) = delete;
    ~ClientRequests() override;

    /// See UserAgent::send.
    void send(const OutgoingRequest& request,
              const Target& target,
              ResponseHandler& handler,
              std::uint64_t cookie);

    /// See UserAgent.
    void acknowledge(const OutgoingRequest& request, const Target& target);
    void cancel(const ResponseHandler& handler, std::uint64_t cookie);

    void on_response(const Response& response, const Source& source);

    /// Whose sender has not heard yet.
    std::size_t pending() const { return pending_; }

    void on_way(Traveller& traveller, Way& way) override;
    void on_no_way(Traveller& traveller, const Error& error) override;

    void on_time(ClientRequest& entry) override;
    void on_lost(ClientRequest& entry, const Error& reason) override;

  private:
    ClientRequest& take(const OutgoingRequest& request, const Target& target);
    void set_out(ClientRequest& entry, const OutgoingRequest& request);
    void point_at(ClientRequest& entry, NextHop* hop);

    void transmit(ClientRequest& entry, Way& way, const OutgoingRequest& request);
    bool render(ClientRequest& entry, Way& way, const OutgoingRequest& request);
    void divert(ClientRequest& entry, const OutgoingRequest& request);
    void send_again(ClientRequest& entry);
    void send_ack(ClientRequest& entry, const Response& response);
    void send_cancel(ClientRequest& entry);
    void send_beside(ClientRequest& entry, OutgoingRequest request, std::string_view via);
    void forget_invite(ClientRequest& entry);

    ClientRequest* find(const Response& response, const Source& source);
    void perform(ClientRequest& entry,
                 const ClientTransaction::Actions& actions,
                 const Response* response,
                 const Error* error);
    bool has_moved_on(ClientRequest& entry, const Response& response);
    bool has_moved_on(ClientRequest& entry);
    bool goes_elsewhere(ClientRequest& entry);
    bool answer_challenge(ClientRequest& entry, const Response& response);
    void start_again(ClientRequest& entry);
    void pass(ClientRequest& entry, const Response& response);

    void give_up(ClientRequest& entry, const Error& error);
    void fail_later(ClientRequest& entry, Error error);
    void tell(ClientRequest& entry, const Error& error);
    ResponseHandler* conclude(ClientRequest& entry);
    void settle(ClientRequest& entry);
    void leave_transaction(ClientRequest& entry);
    void end(ClientRequest& entry);

    static constexpr Duration kPatience = 64 * t1;  // for a way to open

    const UserAgentConfig& config_;
    Timers& timers_;
    Random& random_;
    TrafficCounters& counters_;
    PeerTable& peers_;
    KeyedHash hash_;
    Buffer scratch_;
    std::vector<OutgoingHeader> headers_;
    // In this order: requests let go of their hops when they are destroyed.
    NextHops hops_;
    ChainedTable<ClientRequest, &ClientRequest::by_branch> by_branch_;
    Pool<ClientRequest> pool_;
    std::unordered_multimap<std::uint64_t, ClientRequest*> invites_;  // by cookie, until told
    std::size_t pending_ = 0;
    bool is_sending_ = false;  // inside send(): nobody may be told anything yet
};

}  // namespace isthmus::sip
