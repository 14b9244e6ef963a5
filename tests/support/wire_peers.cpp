// The ends of wires that tests work by hand.
#include "support/memory_wire.h"

#include <stdexcept>
#include <utility>

namespace isthmus::test {

StreamPeer::StreamPeer(MemoryHost& host, std::string_view to) {
    connecting_ = host.connect({endpoint(to)},
                               std::chrono::seconds(10),
                               [this](Result<std::unique_ptr<net::ByteStream>> r) {
                                   if (r) {
                                       stream_ = std::move(*r);
                                       stream_->set_handler(this);
                                   } else {
                                       close_reason_ = r.error();
                                   }
                               });
}

StreamPeer::StreamPeer(std::unique_ptr<net::ByteStream> stream) : stream_(std::move(stream)) {
    stream_->set_handler(this);
}

void StreamPeer::send(std::string_view text) {
    stream_->output().append(text);
    stream_->flush();
}

std::string StreamPeer::take() {
    return std::exchange(received_, {});
}

void StreamPeer::start_tls(net::TlsOptions options) {
    stream_->start_tls(nullptr, std::move(options));
}

std::size_t StreamPeer::on_octets(std::string_view unread) {
    received_.append(unread);
    return unread.size();
}

StreamServer::StreamServer(MemoryHost& host, std::string_view at) {
    auto acceptor = host.listen(endpoint(at), [this](std::unique_ptr<net::ByteStream> stream) {
        auto peer = std::make_unique<StreamPeer>(std::move(stream));
        if (tls_) {
            peer->start_tls(*tls_);
        }
        peers_.push_back(std::move(peer));
    });
    if (!acceptor) {
        throw std::runtime_error(acceptor.error().detail);
    }
    acceptor_ = std::move(*acceptor);
}

void StreamServer::use_tls(net::TlsOptions options) {
    tls_ = std::move(options);
}

DatagramPeer::DatagramPeer(MemoryHost& host, std::string_view at) {
    auto socket = host.bind(endpoint(at), *this);
    if (!socket) {
        throw std::runtime_error(socket.error().detail);
    }
    socket_ = std::move(*socket);
}

}  // namespace isthmus::test
