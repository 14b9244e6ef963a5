// The connections of the SIP wing: who may have one, who makes way, and how they end.
#include "base/log.h"
#include "sip/transport.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace isthmus::sip {

namespace {

using Direction = TrafficCounters::Direction;

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

void Transports::accept(std::unique_ptr<net::ByteStream> stream, Transport transport) {
    const net::IpAddress from = network_of(stream->remote().address);
    const auto known = accepted_from_.find(from);
    const std::size_t from_there = known == accepted_from_.end() ? 0 : known->second;
    if (transport == Transport::Tls && tls_ == nullptr) {
        counters_.refused_connections().add();
        return;  // the stream goes, and the connection with it
    }
    const bool is_crowded = from_there >= config_.max_connections_per_address;
    if (is_crowded || !make_room()) {
        counters_.refused_connections().add();
        return report_limit("IST-LIM-013",
                            is_crowded ? "too many connections of its address, not signed in"
                                       : "too many connections",
                            transport,
                            stream->remote());
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
    oldest->abort(make_error(ErrorKind::Limit, "IST-LIM-012", "closed", "made way for another"));
    return true;
}

/// Whoever did nothing wrong may have met it: the administrator hears of it, not of each of many.
void Transports::report_limit(std::string_view code,
                              std::string_view why,
                              Transport transport,
                              const net::Endpoint& remote) {
    if (timers_.now() < next_limit_report_) {
        return;
    }
    next_limit_report_ = timers_.now() + kBetweenReports;
    log::event(log::Level::Warning,
               "sip.connection_limit",
               {{"code", code},
                {"msg", why},
                {"transport", transport_name(transport)},
                {"remote_addr", remote.to_string()}});
}

void Transports::keep(std::unique_ptr<Connection> connection) {
    connections_.emplace(connection.get(), std::move(connection));
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

void Transports::close_flow(std::uint64_t flow) const {
    if (Connection* connection = connection_of(flow)) {
        connection->shut_down();
    }
}

/// Ends are everyday; only a handshake that fails is for the administrator, and not each of many.
void Transports::log_end(const Connection& connection, const Error& reason) {
    const Origin& origin = connection.origin();
    if (reason.code.starts_with("IST-LIM")) {
        return report_limit(reason.code, reason.detail, origin.transport, origin.remote);
    }
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

}  // namespace isthmus::sip
