// A UDP socket that reads and writes in batches: recvmmsg while there is more, sendmmsg once at the
// end of each turn.
#pragma once

#include "base/metrics.h"
#include "net/event_loop.h"
#include "net/socket.h"
#include "net/wire.h"

#include <sys/socket.h>

#include <memory>
#include <vector>

namespace isthmus::net {

class UdpSocket final : public DatagramSocket, Watch, EndOfTurn {
  public:
    /// Takes a bound, non-blocking socket. `dropped` counts what the kernel did not take.
    UdpSocket(EventLoop& loop,
              Descriptor socket,
              DatagramHandler& handler,
              metrics::Counter& dropped);
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;
    UdpSocket(UdpSocket&&) = delete;
    UdpSocket& operator=(UdpSocket&&) = delete;
    ~UdpSocket() override;

    const Endpoint& local() const override { return local_; }

    void send(const Endpoint& to, std::string_view datagram) override;

    /// False if the loop had no room for it.
    bool is_heard() const { return is_heard_; }

  private:
    struct Queued {
        Endpoint to;
        std::size_t size;
    };

    struct Inbox;

    void on_ready(bool readable, bool writable) override;
    void on_end_of_turn() override;
    std::size_t send_batch(std::size_t first, const char* octets);

    Descriptor socket_;
    int family_ = AF_INET;
    Endpoint local_;
    DatagramHandler& handler_;
    metrics::Counter& dropped_;
    std::unique_ptr<Inbox> inbox_;
    std::vector<Queued> queued_;
    Buffer octets_;  // of the queued datagrams, one behind the other
    bool is_heard_ = false;
    bool* gone_ = nullptr;
};

}  // namespace isthmus::net
