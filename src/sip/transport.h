// The listeners, connections and datagram ports of the SIP wing: octets in, parsed messages up,
// answers back to where the question came from. RFC 3261 §18, RFC 3581.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "net/wire.h"
#include "sip/connection.h"
#include "sip/parser.h"
#include "sip/source_guard.h"
#include "sip/traffic_counters.h"
#include "sip/user_agent.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace isthmus::sip {

/// Where a message came from, and so the only place an answer to it may go to: what Via says of
/// hosts is not believed (abuse case C09).
struct Source {
    const Origin& origin;
    Connection* connection = nullptr;       ///< streams
    net::DatagramSocket* socket = nullptr;  ///< datagrams
    std::size_t octets = 0;                 ///< length of the message

    bool is_stranger() const { return origin.peer < 0; }
};

class TransportHandler {
  public:
    virtual ~TransportHandler() = default;
    /// Views die on return, here and below.
    virtual void on_request(const Request& request, const Source& source, Arena& arena) = 0;
    virtual void on_refused(const ParseResult& why,
                            const Request& request,
                            const Source& source,
                            Arena& arena) = 0;
    virtual void on_response(const Response& response, const Source& source) = 0;
};

class Transports final : public ConnectionHandler {
  public:
    Transports(const UserAgentConfig& config,
               net::Network& network,
               Timers& timers,
               TrafficCounters& counters,
               RequestHandler& requests,
               TransportHandler& handler);
    Transports(const Transports&) = delete;
    Transports& operator=(const Transports&) = delete;
    Transports(Transports&&) = delete;
    Transports& operator=(Transports&&) = delete;
    ~Transports() override;

    /// All or none.
    Result<std::vector<ListenAddress>> listen(const std::vector<ListenAddress>& at);

    void set_tls(std::shared_ptr<const net::TlsContext> context) { tls_ = std::move(context); }

    bool has_tls() const { return tls_ != nullptr; }

    /// Makes a connection of a stream that somebody dialled; `opener` hears when it is ready.
    void adopt(std::unique_ptr<net::ByteStream> stream,
               Transport transport,
               std::string server_name,
               ConnectionOpener& opener);

    /// A TLS connection that `peer` has opened and offered for our requests to one of these
    /// (RFC 5923 §8.1); null: none. Whether its certificate proves the target is the caller's.
    Connection* reusable(const std::vector<net::Endpoint>& endpoints, int peer) const;

    /// Null: it is gone.
    Connection* connection_of(std::uint64_t flow) const;
    /// See UserAgent.
    void set_peer(std::uint64_t flow, int peer);
    void close_flow(std::uint64_t flow) const;

    /// The port that requests to `to` leave from; an ephemeral one if we listen on none.
    Result<net::DatagramSocket*> port_for(const net::IpAddress& to);
    /// What goes into the Via of requests that leave from there.
    std::string sent_by(const net::DatagramSocket& port) const;
    /// See UserAgent::contact_host.
    std::string contact_host(Transport transport) const;

    void on_open(Connection& connection) override;
    void on_frame(Connection& connection, const Frame& frame) override;
    void on_frame_ahead(const Frame& frame) override;
    void on_closed(Connection& connection, const Error& reason) override;

  private:
    class DatagramPort;
    friend class DatagramPort;

    /// Whoever can send garbage must not fill the log.
    static constexpr Duration kBetweenReports = std::chrono::seconds(1);

    struct Listener {
        Transport transport;
        std::unique_ptr<net::Acceptor> acceptor;
    };

    Result<net::Endpoint> listen(const ListenAddress& at);
    void accept(std::unique_ptr<net::ByteStream> stream, Transport transport);
    bool make_room();
    void keep(std::unique_ptr<Connection> connection);
    void bury(Connection& connection);
    void leave(const Connection& connection);
    void on_datagram(DatagramPort& port, const net::Endpoint& from, std::string_view datagram);
    void dispatch(const ParseResult& result, const Source& source, std::string_view octets);
    void report_limit(std::string_view code,
                      std::string_view why,
                      Transport transport,
                      const net::Endpoint& remote);
    void log_end(const Connection& connection, const Error& reason);
    void report(const ParseResult& result, const Source& source);
    std::string sent_by(Transport transport, const net::Endpoint& local) const;

    const UserAgentConfig& config_;
    net::Network& network_;
    Timers& timers_;
    TrafficCounters& counters_;
    RequestHandler& requests_;
    TransportHandler& handler_;
    ConnectionLimits limits_;
    ParseLimits parse_limits_;
    std::shared_ptr<const net::TlsContext> tls_;
    SourceGuard guard_;
    Arena arena_;
    MessageSlots slots_;
    std::vector<Listener> listeners_;
    std::vector<std::unique_ptr<DatagramPort>> ports_;
    std::map<Connection*, std::unique_ptr<Connection>> connections_;
    std::unordered_map<std::uint64_t, Connection*> flows_;  ///< accepted ones
    std::uint64_t last_flow_ = 0;
    std::map<net::IpAddress, std::size_t> accepted_from_;  ///< connections of strangers
    std::vector<std::unique_ptr<Connection>> graveyard_;
    std::vector<std::uint64_t> closed_flows_;  ///< nobody has been told yet
    Timer burial_;
    TimePoint next_report_{};
    TimePoint next_handshake_report_{};
    TimePoint next_limit_report_{};
};

}  // namespace isthmus::sip
