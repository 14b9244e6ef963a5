#include "sip/transport.h"

#include "base/log.h"
#include "sip/tapped.h"
#include "sip/writer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace isthmus::sip {

namespace {

using Direction = TrafficCounters::Direction;

constexpr Duration kBetweenReports = std::chrono::seconds(1);

Direction direction_of(const Connection& connection) {
    return connection.side() == Connection::Side::Accepted ? Direction::In : Direction::Out;
}

/// The unit that limits per address count: one IPv6 customer has a /64.
net::IpAddress network_of(const net::IpAddress& address) {
    if (address.is_v4()) {
        return address;
    }
    std::array<std::uint8_t, 16> octets{};
    std::copy_n(address.octets().begin(), 8, octets.begin());
    return net::IpAddress::v6(octets);
}

net::TlsOptions server_options() {
    return {.role = net::TlsRole::Server,
            .server_name = {},
            .alpn = {},
            .request_peer_certificate = true};
}

}  // namespace

std::string_view transport_name(Transport transport) {
    switch (transport) {
        case Transport::Udp:
            return "udp";
        case Transport::Tcp:
            return "tcp";
        case Transport::Tls:
            return "tls";
    }
    return {};
}

class Transports::DatagramPort final : public net::DatagramHandler {
  public:
    explicit DatagramPort(Transports& owner) : owner_(owner) {}

    void on_datagram(const net::Endpoint& from, std::string_view datagram) override {
        owner_.on_datagram(*this, from, datagram);
    }

    std::unique_ptr<net::DatagramSocket> socket;

  private:
    Transports& owner_;
};

Transports::Transports(const UserAgentConfig& config,
                       net::Network& network,
                       Timers& timers,
                       TrafficCounters& counters,
                       RequestHandler& requests,
                       TransportHandler& handler)
    : config_(config),
      network_(network),
      timers_(timers),
      counters_(counters),
      requests_(requests),
      handler_(handler),
      guard_(timers, config.strangers_per_second, config.strangers_burst),
      burial_(timers, [this] {
          graveyard_.clear();
          for (const std::uint64_t flow : std::exchange(closed_flows_, {})) {
              requests_.on_flow_closed(flow);
          }
      }) {
    limits_.message_octets = config.max_message_octets;
    parse_limits_.octets = config.max_message_octets;
}

Transports::~Transports() = default;

Result<std::vector<ListenAddress>> Transports::listen(const std::vector<ListenAddress>& at) {
    const std::size_t listeners = listeners_.size();
    const std::size_t ports = ports_.size();
    std::vector<ListenAddress> actual;
    for (const ListenAddress& address : at) {
        auto endpoint = listen(address);
        if (!endpoint) {
            listeners_.resize(listeners);
            ports_.resize(ports);
            return endpoint.error();
        }
        actual.push_back({address.transport, *endpoint});
    }
    return actual;
}

Result<net::Endpoint> Transports::listen(const ListenAddress& at) {
    if (at.transport == Transport::Udp) {
        auto port = std::make_unique<DatagramPort>(*this);
        auto socket = network_.bind(at.endpoint, *port);
        if (!socket) {
            return socket.error();
        }
        port->socket = std::move(*socket);
        ports_.push_back(std::move(port));
        return ports_.back()->socket->local();
    }
    auto acceptor = network_.listen(
        at.endpoint, [this, transport = at.transport](std::unique_ptr<net::ByteStream> stream) {
            accept(std::move(stream), transport);
        });
    if (!acceptor) {
        return acceptor.error();
    }
    listeners_.push_back({at.transport, std::move(*acceptor)});
    return listeners_.back().acceptor->local();
}

void Transports::accept(std::unique_ptr<net::ByteStream> stream, Transport transport) {
    const net::IpAddress from = network_of(stream->remote().address);
    const auto known = accepted_from_.find(from);
    const std::size_t from_there = known == accepted_from_.end() ? 0 : known->second;
    if ((transport == Transport::Tls && tls_ == nullptr) ||
        from_there >= config_.max_connections_per_address || !make_room()) {
        counters_.refused_connections().add();
        return;  // the stream goes, and the connection with it
    }
    ++accepted_from_[from];
    auto connection = std::make_unique<Connection>(
        std::move(stream), transport, Connection::Side::Accepted, limits_, timers_, *this);
    Connection& accepted = *connection;
    accepted.set_flow(++last_flow_);
    flows_.emplace(last_flow_, &accepted);
    keep(std::move(connection));
    accepted.start(tls_, server_options());
}

void Transports::adopt(std::unique_ptr<net::ByteStream> stream,
                       Transport transport,
                       std::string server_name,
                       ConnectionOpener& opener) {
    auto connection = std::make_unique<Connection>(
        std::move(stream), transport, Connection::Side::Opened, limits_, timers_, *this);
    Connection& opened = *connection;
    keep(std::move(connection));
    opened.start(tls_,
                 {.role = net::TlsRole::Client,
                  .server_name = std::move(server_name),
                  .alpn = {},
                  .request_peer_certificate = true},
                 &opener);
}

/// When all places are taken, the stranger that has been silent for the longest time makes way, so
/// that strangers cannot keep our peers out (abuse case C16).
bool Transports::make_room() {
    if (connections_.size() < config_.max_connections) {
        return true;
    }
    Connection* oldest = nullptr;
    for (const auto& [connection, owned] : connections_) {
        if (connection->side() == Connection::Side::Accepted && connection->origin().peer < 0 &&
            !connection->is_in_use() &&
            (oldest == nullptr || connection->last_message() < oldest->last_message())) {
            oldest = connection;
        }
    }
    if (oldest == nullptr) {
        return false;
    }
    counters_.refused_connections().add();
    oldest->abort(make_error(ErrorKind::Limit, "IST-LIM-002", "closed", "made way for another"));
    return true;
}

void Transports::keep(std::unique_ptr<Connection> connection) {
    connections_.emplace(connection.get(), std::move(connection));
}

Result<net::DatagramSocket*> Transports::port_for(const net::IpAddress& to) {
    net::DatagramSocket* dual = nullptr;
    for (const auto& port : ports_) {
        const net::IpAddress& local = port->socket->local().address;
        if (local.is_v4() == to.is_v4()) {
            return port->socket.get();
        }
        if (to.is_v4() && local.is_unspecified()) {
            dual = port->socket.get();  // "::" takes IPv4 as well
        }
    }
    if (dual != nullptr) {
        return dual;
    }
    net::IpAddress any = to.is_v4() ? net::IpAddress::v4({}) : net::IpAddress::v6({});
    if (auto bound = listen({Transport::Udp, {any, 0}}); !bound) {
        return bound.error();
    }
    return ports_.back()->socket.get();
}

std::string Transports::sent_by(const net::DatagramSocket& port) const {
    const net::Endpoint& local = port.local();
    if (local.address.is_unspecified() && !config_.server_name.empty()) {
        return config_.server_name + ":" + std::to_string(local.port);
    }
    return local.to_string();
}

/// Where we can be reached by that transport, for the peer that has lost the connection.
std::string Transports::sent_by(Transport transport, const net::Endpoint& local) const {
    for (const Listener& listener : listeners_) {
        if (listener.transport != transport) {
            continue;
        }
        const net::Endpoint& at = listener.acceptor->local();
        if (!at.address.is_unspecified()) {
            return at.to_string();
        }
        return config_.server_name.empty() ? net::Endpoint{local.address, at.port}.to_string()
                                           : config_.server_name + ":" + std::to_string(at.port);
    }
    return local.to_string();
}

std::string Transports::contact_host(Transport transport) const {
    if (transport == Transport::Udp) {
        return ports_.empty() ? std::string() : sent_by(*ports_.front()->socket);
    }
    for (const Listener& listener : listeners_) {
        if (listener.transport != transport) {
            continue;
        }
        const net::Endpoint& at = listener.acceptor->local();
        // With TLS it must be what our certificate proves.
        const bool is_named = transport == Transport::Tls || at.address.is_unspecified();
        return is_named && !config_.server_name.empty()
                   ? config_.server_name + ":" + std::to_string(at.port)
                   : at.to_string();
    }
    return {};
}

void Transports::on_open(Connection& connection) {
    const Origin& origin = connection.origin();
    connection.set_peer(requests_.identify(origin));
    connection.set_sent_by(sent_by(origin.transport, origin.local));
    counters_.connection(origin.peer, origin.transport, direction_of(connection), 1);
}

void Transports::on_closed(Connection& connection, const Error& reason) {
    const Origin& origin = connection.origin();
    if (connection.was_open()) {
        counters_.connection(origin.peer, origin.transport, direction_of(connection), -1);
    }
    if (connection.side() == Connection::Side::Accepted) {
        if (connection.counts_as_stranger()) {
            leave(connection);
        }
        flows_.erase(origin.flow);
        closed_flows_.push_back(origin.flow);
    }
    log_end(connection, reason);
    bury(connection);
}

/// The limit for strangers holds for it no more.
void Transports::leave(const Connection& connection) {
    auto from_there = accepted_from_.find(network_of(connection.origin().remote.address));
    if (--from_there->second == 0) {
        accepted_from_.erase(from_there);
    }
}

Connection* Transports::connection_of(std::uint64_t flow) const {
    const auto found = flows_.find(flow);
    return found != flows_.end() && found->second->is_open() ? found->second : nullptr;
}

void Transports::set_peer(std::uint64_t flow, int peer) {
    Connection* connection = connection_of(flow);
    if (connection == nullptr || connection->origin().peer == peer) {
        return;
    }
    const Origin& origin = connection->origin();
    counters_.connection(origin.peer, origin.transport, direction_of(*connection), -1);
    connection->set_peer(peer);
    counters_.connection(peer, origin.transport, direction_of(*connection), 1);
    if (connection->counts_as_stranger()) {
        leave(*connection);
        connection->set_counts_as_stranger(false);
    }
}

void Transports::close_flow(std::uint64_t flow) {
    if (Connection* connection = connection_of(flow)) {
        connection->shut_down();
    }
}

/// Ends are everyday; only a handshake that fails is for the administrator, and not each of many.
void Transports::log_end(const Connection& connection, const Error& reason) {
    const Origin& origin = connection.origin();
    const bool is_failed_handshake = !connection.was_open() && !reason.code.empty();
    const bool is_news = is_failed_handshake && timers_.now() >= next_handshake_report_;
    const log::Level level = is_news ? log::Level::Warning : log::Level::Debug;
    if (!log::is_enabled(level)) {
        return;
    }
    if (is_news) {
        next_handshake_report_ = timers_.now() + kBetweenReports;
    }
    log::event(level,
               is_failed_handshake ? "sip.handshake_failed" : "sip.closed",
               {{"code", reason.code},
                {"msg", reason.detail},
                {"transport", transport_name(origin.transport)},
                {"local_addr", origin.local.to_string()},
                {"remote_addr", origin.remote.to_string()}});
}

/// Its own functions may still be running: gone for everybody now, destroyed later.
void Transports::bury(Connection& connection) {
    auto found = connections_.find(&connection);
    graveyard_.push_back(std::move(found->second));
    connections_.erase(found);
    if (!burial_.is_armed()) {
        burial_.arm({});
    }
}

void Transports::on_frame(Connection& connection, const Frame& frame) {
    const Source source{.origin = connection.origin(),
                        .connection = &connection,
                        .socket = nullptr,
                        .octets = frame.octets.size()};
    if (frame.kind == Frame::Kind::Message) {
        arena_.reset();
        ParseResult result =
            parse_message(frame.octets, Framing::Stream, arena_, slots_, parse_limits_);
        if (source.is_stranger() && result.kind == ParseResult::Kind::Request &&
            !guard_.admit_stranger(source.origin.remote.address)) {
            counters_.refused_strangers().add();
            result.status = 503;
            return handler_.on_refused(result, slots_.request, source, arena_);
        }
        return dispatch(result, source, frame.octets);
    }
    // The stream cannot be followed any more: a last answer if one is possible, then the end.
    counters_.malformed().add();
    arena_.reset();
    if (frame.status != 0) {
        ParseResult result =
            parse_message(frame.octets, Framing::Stream, arena_, slots_, parse_limits_);
        if (result.kind == ParseResult::Kind::Request || result.kind == ParseResult::Kind::Refuse) {
            result.status = frame.status;
            result.reason = frame.reason;
            report(result, source);
            handler_.on_refused(result, slots_.request, source, arena_);
        }
    } else {
        // Nobody can be answered: the administrator alone hears why the connection ends.
        ParseResult result;
        result.reason = frame.reason;
        report(result, source);
    }
    connection.shut_down();
}

void Transports::on_frame_ahead(const Frame& frame) {
    if (frame.octets.starts_with("NOTIFY ")) {
        requests_.on_notify_ahead(frame.call_id);
    }
}

void Transports::on_datagram(DatagramPort& port,
                             const net::Endpoint& from,
                             std::string_view datagram) {
    Origin origin;
    origin.transport = Transport::Udp;
    origin.remote = from;
    origin.local = port.socket->local();
    origin.peer = guard_.identify(origin, requests_);
    if (origin.peer < 0 && !guard_.admit_stranger(from.address)) {
        counters_.refused_strangers().add();
        return;
    }
    arena_.reset();
    dispatch(parse_message(datagram, Framing::Datagram, arena_, slots_, parse_limits_),
             {.origin = origin,
              .connection = nullptr,
              .socket = port.socket.get(),
              .octets = datagram.size()},
             datagram);
}

void Transports::dispatch(const ParseResult& result,
                          const Source& source,
                          std::string_view octets) {
    show_message(*config_.tap, {.text = octets}, source.origin.remote);
    switch (result.kind) {
        case ParseResult::Kind::Request:
            if (source.connection != nullptr) {
                source.connection->note_alias(slots_.request.via);
            }
            return handler_.on_request(slots_.request, source, arena_);
        case ParseResult::Kind::Response:
            return handler_.on_response(slots_.response, source);
        case ParseResult::Kind::Refuse:
            counters_.malformed().add();
            report(result, source);
            return handler_.on_refused(result, slots_.request, source, arena_);
        case ParseResult::Kind::Discard:
            counters_.malformed().add();
            report(result, source);
            return;
        case ParseResult::Kind::KeepAlive:
            return;
    }
}

/// One line for many: whoever can send garbage must not fill the log.
void Transports::report(const ParseResult& result, const Source& source) {
    if (timers_.now() < next_report_) {
        return;
    }
    next_report_ = timers_.now() + kBetweenReports;
    log::event(log::Level::Warning,
               "sip.malformed",
               {{"code", "IST-SIP-001"},
                {"msg", result.reason},
                {"remote_addr", source.origin.remote.to_string()},
                {"transport", transport_name(source.origin.transport)}});
}

}  // namespace isthmus::sip
