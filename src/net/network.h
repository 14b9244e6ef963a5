// The real network: net::Network over the kernel's sockets. Lives on the traffic thread, with a few
// threads of its own for TLS handshakes; outlives all it has made, and dies before its loop.
#pragma once

#include "base/metrics.h"
#include "net/event_loop.h"
#include "net/wire.h"

#include <memory>

namespace isthmus::net {

class SystemNetwork final : public Network {
  public:
    SystemNetwork(EventLoop& loop, metrics::Registry& metrics, int handshake_threads = 2);
    SystemNetwork(const SystemNetwork&) = delete;
    SystemNetwork& operator=(const SystemNetwork&) = delete;
    SystemNetwork(SystemNetwork&&) = delete;
    SystemNetwork& operator=(SystemNetwork&&) = delete;
    ~SystemNetwork() override;

    Result<std::unique_ptr<Acceptor>> listen(const Endpoint& at, AcceptHandler on_accept) override;
    Result<std::unique_ptr<DatagramSocket>> bind(const Endpoint& at,
                                                 DatagramHandler& handler) override;
    std::unique_ptr<Pending> connect(std::vector<Endpoint> addresses,
                                     Duration patience,
                                     ConnectHandler on_done) override;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace isthmus::net
