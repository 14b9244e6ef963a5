#include "sip/user_agent.h"

#include "sip/client_requests.h"
#include "sip/peer_table.h"
#include "sip/request_checks.h"
#include "sip/traffic_counters.h"
#include "sip/transactions.h"
#include "sip/transport.h"

#include <array>
#include <charconv>
#include <utility>

namespace isthmus::sip {

namespace {

using Direction = TrafficCounters::Direction;

/// 5 to 15 s, so that those who were turned away do not all come back at once.
constexpr std::uint64_t kRetryAfterLeast = 5;
constexpr std::uint64_t kRetryAfterSpread = 11;

std::vector<Method> with_options(std::vector<Method> methods) {
    methods.push_back(Method::Options);
    return methods;
}

/// RFC 3261 §11: to the gateway, not to somebody behind it.
bool is_options_to_us(const Request& request) {
    return request.method == Method::Options && !request.uri.has_user;
}

class Agent final : public UserAgent, TransportHandler {
  public:
    Agent(UserAgentConfig config,
          net::Network& network,
          net::Resolver& resolver,
          Timers& timers,
          Random& random,
          metrics::Registry& metrics,
          RequestHandler& handler)
        : config_(std::move(config)),
          methods_(with_options(config_.methods)),
          abilities_{.methods = methods_,
                     .option_tags = config_.option_tags,
                     .accept = config_.accept,
                     .allow_events = config_.allow_events},
          random_(random),
          handler_(handler),
          counters_(metrics, config_.peer_names),
          transports_(config_, network, timers, counters_, handler, *this),
          peers_(config_.peer_names.size(), timers),
          server_(config_.user_agent, config_.answer_factor, timers, random, counters_),
          client_(config_, transports_, network, resolver, timers, random, counters_, peers_) {
        server_.set_tap(*config_.tap);
    }

    Result<std::vector<ListenAddress>> listen(const std::vector<ListenAddress>& at) override {
        return transports_.listen(at);
    }

    void set_tls(std::shared_ptr<const net::TlsContext> context) override {
        transports_.set_tls(std::move(context));
    }

    void send(const OutgoingRequest& request,
              const Target& target,
              ResponseHandler& handler,
              std::uint64_t cookie) override {
        client_.send(request, target, handler, cookie);
    }

    std::string contact_host(Transport transport) const override {
        return transports_.contact_host(transport);
    }

    void set_peer(std::uint64_t flow, int peer) override { transports_.set_peer(flow, peer); }

    void close_flow(std::uint64_t flow) override { transports_.close_flow(flow); }

    std::vector<PeerHealth> peers() const override { return peers_.all(); }

    void set_draining(bool draining) override { is_draining_ = draining; }

    std::size_t pending() const override { return server_.pending() + client_.pending(); }

  private:
    void on_request(const Request& request, const Source& source, Arena& arena) override {
        const TransactionKey key = server_.key_of(request, source);
        if (server_.match(request, key) == Arrival::Absorbed) {
            return;
        }
        counters_.request(source.origin.peer, Direction::In, request.method);
        peers_.heard(source.origin.peer);
        if (request.method == Method::Cancel) {
            return server_.cancel(request, key, source);
        }
        if (is_draining_ || is_overloaded()) {
            return turn_away(request, source);
        }
        if (server_.is_merged(key)) {
            OutgoingResponse merged;
            merged.status = 482;
            return server_.answer_statelessly(request, source, merged);
        }
        const bool is_to_us = is_options_to_us(request);
        if (auto refusal = check_request(request, abilities_, arena)) {
            // RFC 3261 §11: Max-Forwards 0 may well be meant for us.
            if (!is_to_us || refusal->status != 483) {
                return server_.answer_statelessly(request, source, refusal->response());
            }
        }
        if (is_to_us) {
            const auto headers = capability_headers(abilities_, arena);
            OutgoingResponse capabilities;
            capabilities.status = 200;
            capabilities.headers = headers;
            return server_.answer_statelessly(request, source, capabilities);
        }
        handler_.on_request(request, source.origin, server_.open(request, key, source));
    }

    void on_refused(const ParseResult& why,
                    const Request& request,
                    const Source& source,
                    Arena& arena) override {
        if (why.status == 503) {
            return turn_away(request, source);
        }
        server_.answer_statelessly(request, source, refusal_of(why, abilities_, arena).response());
    }

    void on_response(const Response& response, const Source& source) override {
        client_.on_response(response, source);
    }

    /// Those that wait only to answer retransmissions count a quarter.
    bool is_overloaded() const {
        return server_.pending() >= config_.max_pending_transactions ||
               server_.size() >= 4 * config_.max_pending_transactions;
    }

    /// RFC 3261 §21.5.4.
    void turn_away(const Request& request, const Source& source) {
        counters_.overload().add();
        char seconds[24];
        const char* const end = std::to_chars(std::begin(seconds),
                                              std::end(seconds),
                                              kRetryAfterLeast + random_.below(kRetryAfterSpread))
                                    .ptr;
        const std::array<OutgoingHeader, 1> headers{
            {{"Retry-After", std::string_view(seconds, static_cast<std::size_t>(end - seconds))}}};
        OutgoingResponse busy;
        busy.status = 503;
        busy.headers = headers;
        server_.answer_statelessly(request, source, busy);
    }

    UserAgentConfig config_;
    std::vector<Method> methods_;
    Abilities abilities_;
    Random& random_;
    RequestHandler& handler_;
    TrafficCounters counters_;
    Transports transports_;
    PeerTable peers_;
    ServerTransactions server_;
    ClientRequests client_;
    bool is_draining_ = false;
};

}  // namespace

std::unique_ptr<UserAgent> make_user_agent(UserAgentConfig config,
                                           net::Network& network,
                                           net::Resolver& resolver,
                                           Timers& timers,
                                           Random& random,
                                           metrics::Registry& metrics,
                                           RequestHandler& handler) {
    return std::make_unique<Agent>(
        std::move(config), network, resolver, timers, random, metrics, handler);
}

}  // namespace isthmus::sip
