#include "support/memory_wire.h"

#include "support/memory_stream.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace isthmus::test {

net::Endpoint endpoint(std::string_view text) {
    auto parsed = net::Endpoint::parse(text);
    if (!parsed) {
        throw std::invalid_argument("not an endpoint: " + std::string(text));
    }
    return *parsed;
}

namespace {

Error connect_error(std::string detail) {
    return make_error(ErrorKind::Unreachable, "IST-TCP-001", "no connection", std::move(detail));
}

}  // namespace

class MemoryAcceptor final : public net::Acceptor {
  public:
    MemoryAcceptor(MemoryHost& host,
                   MemoryWire& wire,
                   net::Endpoint local,
                   net::Endpoint shown,
                   net::AcceptHandler on_accept)
        : host_(host), wire_(wire), local_(local), shown_(shown), on_accept_(std::move(on_accept)) {
        wire_.acceptors_[local_] = this;
    }

    MemoryAcceptor(const MemoryAcceptor&) = delete;
    MemoryAcceptor& operator=(const MemoryAcceptor&) = delete;
    MemoryAcceptor(MemoryAcceptor&&) = delete;
    MemoryAcceptor& operator=(MemoryAcceptor&&) = delete;

    ~MemoryAcceptor() override { wire_.acceptors_.erase(local_); }

    const net::Endpoint& local() const override { return shown_; }

    MemoryHost& host() { return host_; }

    void accept(std::unique_ptr<MemoryStream> stream) { on_accept_(std::move(stream)); }

  private:
    MemoryHost& host_;
    MemoryWire& wire_;
    net::Endpoint local_;
    net::Endpoint shown_;
    net::AcceptHandler on_accept_;
};

class MemoryDatagramSocket final : public net::DatagramSocket {
  public:
    MemoryDatagramSocket(MemoryWire& wire,
                         net::Endpoint local,
                         net::Endpoint shown,
                         net::DatagramHandler& handler)
        : wire_(wire), local_(local), shown_(shown), handler_(handler) {
        wire_.sockets_[local_] = this;
    }

    MemoryDatagramSocket(const MemoryDatagramSocket&) = delete;
    MemoryDatagramSocket& operator=(const MemoryDatagramSocket&) = delete;
    MemoryDatagramSocket(MemoryDatagramSocket&&) = delete;
    MemoryDatagramSocket& operator=(MemoryDatagramSocket&&) = delete;

    ~MemoryDatagramSocket() override { wire_.sockets_.erase(local_); }

    const net::Endpoint& local() const override { return shown_; }

    void send(const net::Endpoint& to, std::string_view datagram) override {
        wire_.loop_.at_end_of_turn(
            [&wire = wire_, from = local_, to, text = std::string(datagram)]() mutable {
                ++wire.datagrams_sent_;
                if (wire.filter_ && !wire.filter_(from, to, text)) {
                    return;
                }
                wire.loop_.post_after(wire.latency_, [&wire, from, to, text = std::move(text)] {
                    if (auto found = wire.sockets_.find(to); found != wire.sockets_.end()) {
                        found->second->handler_.on_datagram(from, text);
                    }
                });
            });
    }

  private:
    MemoryWire& wire_;
    net::Endpoint local_;
    net::Endpoint shown_;
    net::DatagramHandler& handler_;
};

namespace {

/// One race of MemoryHost::connect; lives while its Pending does.
struct Attempt {
    std::vector<net::Endpoint> addresses;
    Duration patience{};
    net::ConnectHandler on_done;
};

class PendingConnect final : public net::Pending {
  public:
    explicit PendingConnect(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}

  private:
    std::shared_ptr<Attempt> attempt_;
};

}  // namespace

MemoryWire::MemoryWire(ManualLoop& loop) : loop_(loop) {}

MemoryWire::~MemoryWire() = default;

MemoryHost& MemoryWire::host(std::string_view address) {
    auto parsed = net::IpAddress::parse(address);
    if (!parsed) {
        throw std::invalid_argument("not an address: " + std::string(address));
    }
    auto& host = hosts_[*parsed];
    if (!host) {
        host = std::make_unique<MemoryHost>(*this, *parsed);
    }
    return *host;
}

void MemoryWire::cut(const net::Endpoint& end) {
    for (MemoryStream* stream : streams_) {
        if (stream->local() == end || stream->remote() == end) {
            stream->cut();
        }
    }
}

void MemoryWire::cut_all() {
    for (MemoryStream* stream : streams_) {
        stream->cut();
    }
}

std::size_t MemoryWire::connections() const {
    return streams_.size() / 2;
}

net::Endpoint MemoryHost::claim(const net::Endpoint& at) {
    net::Endpoint local = at;
    if (local.address.is_unspecified()) {
        local.address = address_;
    }
    if (local.port == 0) {
        local.port = wire_.next_port_++;
    }
    return local;
}

Result<std::unique_ptr<net::Acceptor>> MemoryHost::listen(const net::Endpoint& at,
                                                          net::AcceptHandler on_accept) {
    net::Endpoint local = claim(at);
    if (wire_.acceptors_.contains(local)) {
        return make_error(ErrorKind::Conflict, "address in use", local.to_string());
    }
    std::unique_ptr<net::Acceptor> acceptor = std::make_unique<MemoryAcceptor>(
        *this, wire_, local, net::Endpoint{at.address, local.port}, std::move(on_accept));
    return acceptor;
}

Result<std::unique_ptr<net::DatagramSocket>> MemoryHost::bind(const net::Endpoint& at,
                                                              net::DatagramHandler& handler) {
    net::Endpoint local = claim(at);
    if (wire_.sockets_.contains(local)) {
        return make_error(ErrorKind::Conflict, "address in use", local.to_string());
    }
    std::unique_ptr<net::DatagramSocket> socket = std::make_unique<MemoryDatagramSocket>(
        wire_, local, net::Endpoint{at.address, local.port}, handler);
    return socket;
}

std::unique_ptr<net::Pending> MemoryHost::connect(std::vector<net::Endpoint> addresses,
                                                  Duration patience,
                                                  net::ConnectHandler on_done) {
    auto attempt =
        std::make_shared<Attempt>(Attempt{std::move(addresses), patience, std::move(on_done)});

    // One address after the other: the order of RFC 8305 without its overlap.
    struct Step {
        MemoryHost& from;
        MemoryWire& wire;
        std::weak_ptr<Attempt> attempt;
        std::size_t at = 0;

        void operator()() const {
            auto now = attempt.lock();
            if (!now) {
                return;
            }
            if (at == now->addresses.size()) {
                return std::exchange(now->on_done, {})(connect_error("no address answered"));
            }
            ++wire.connects_tried_;
            const net::Endpoint& to = now->addresses[at];
            if (wire.blackholes_.contains(to)) {
                wire.loop_.post_after(now->patience, Step{from, wire, attempt, at + 1});
            } else {
                wire.loop_.post_after(wire.latency_ * 2, [step = *this] { step.arrive(); });
            }
        }

        void arrive() const {
            auto now = attempt.lock();
            if (!now) {
                return;
            }
            auto found = wire.acceptors_.find(now->addresses[at]);
            if (found == wire.acceptors_.end()) {
                return Step{from, wire, attempt, at + 1}();
            }
            net::Endpoint local = from.claim({});
            auto near = std::make_unique<MemoryStream>(from, local, found->first);
            auto far = std::make_unique<MemoryStream>(found->second->host(), found->first, local);
            MemoryStream::join(*near, *far);
            found->second->accept(std::move(far));
            std::exchange(now->on_done, {})(std::unique_ptr<net::ByteStream>(std::move(near)));
        }
    };

    wire_.loop_.post(Step{*this, wire_, attempt});
    return std::make_unique<PendingConnect>(std::move(attempt));
}

}  // namespace isthmus::test
