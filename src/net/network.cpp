#include "net/network.h"

#include "net/connector.h"
#include "net/handshake_pool.h"
#include "net/socket.h"
#include "net/tcp_listener.h"
#include "net/tcp_stream.h"
#include "net/udp_socket.h"

#include <cerrno>
#include <utility>

namespace isthmus::net {

struct SystemNetwork::Parts {
    Parts(EventLoop& on, metrics::Registry& metrics, int handshake_threads)
        : loop(on),
          handshakes(on, handshake_threads),
          streams(on, handshakes),
          accept_failures(metrics.counter("isthmus_net_accept_failures_total",
                                          "Connections that could not be accepted.")),
          datagrams_dropped(metrics.counter("isthmus_net_datagrams_dropped_total",
                                            "Datagrams that could not be sent.")) {}

    EventLoop& loop;
    HandshakePool handshakes;
    StreamShared streams;
    metrics::Counter& accept_failures;
    metrics::Counter& datagrams_dropped;
};

SystemNetwork::SystemNetwork(EventLoop& loop, metrics::Registry& metrics, int handshake_threads)
    : parts_(std::make_unique<Parts>(loop, metrics, handshake_threads)) {}

SystemNetwork::~SystemNetwork() = default;

Result<std::unique_ptr<Acceptor>> SystemNetwork::listen(const Endpoint& at,
                                                        AcceptHandler on_accept) {
    auto socket = bind_socket(at, SOCK_STREAM);
    if (!socket) {
        return socket.error();
    }
    return TcpListener::start(
        parts_->streams, std::move(*socket), std::move(on_accept), parts_->accept_failures);
}

Result<std::unique_ptr<DatagramSocket>> SystemNetwork::bind(const Endpoint& at,
                                                            DatagramHandler& handler) {
    auto socket = bind_socket(at, SOCK_DGRAM);
    if (!socket) {
        return socket.error();
    }
    auto made = std::make_unique<UdpSocket>(
        parts_->loop, std::move(*socket), handler, parts_->datagrams_dropped);
    if (!made->is_heard()) {
        return listen_error(at, SOCK_DGRAM, errno);
    }
    return std::unique_ptr<DatagramSocket>(std::move(made));
}

std::unique_ptr<Pending> SystemNetwork::connect(std::vector<Endpoint> addresses,
                                                Duration patience,
                                                ConnectHandler on_done) {
    return std::make_unique<Connector>(
        parts_->streams, std::move(addresses), patience, std::move(on_done));
}

}  // namespace isthmus::net
