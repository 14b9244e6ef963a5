// A listening TCP socket.
#pragma once

#include "base/metrics.h"
#include "net/tcp_stream.h"

namespace isthmus::net {

class TcpListener final : public Acceptor, Watch {
  public:
    /// Takes a bound, non-blocking socket.
    static Result<std::unique_ptr<Acceptor>> start(StreamShared& shared,
                                                   Descriptor socket,
                                                   AcceptHandler on_accept,
                                                   metrics::Counter& failures);
    TcpListener(StreamShared& shared,
                Descriptor socket,
                AcceptHandler on_accept,
                metrics::Counter& failures);
    TcpListener(const TcpListener&) = delete;
    TcpListener& operator=(const TcpListener&) = delete;
    TcpListener(TcpListener&&) = delete;
    TcpListener& operator=(TcpListener&&) = delete;
    ~TcpListener() override;

    const Endpoint& local() const override { return local_; }

  private:
    void on_ready(bool readable, bool writable) override;
    void hear();
    void rest(int error);

    StreamShared& shared_;
    Descriptor socket_;
    Endpoint local_;
    AcceptHandler on_accept_;
    metrics::Counter& failures_;
    Timer retry_;
    bool is_resting_ = false;
    bool* gone_ = nullptr;
};

}  // namespace isthmus::net
