#include "sip/transport.h"

#include "base/log.h"
#include "sip/tapped.h"
#include "sip/writer.h"

#include <utility>

namespace isthmus::sip {

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
            turn_strangers_away(source.origin);
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
        turn_strangers_away(origin);
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
