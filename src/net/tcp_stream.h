// One TCP connection with or without TLS: non-blocking, read and written in big pieces, all output
// of a turn of the loop in one system call. Idle connections own no buffers.
#pragma once

#include "net/event_loop.h"
#include "net/handshake_pool.h"
#include "net/socket.h"
#include "net/spare_buffers.h"
#include "net/tls_session.h"
#include "net/wire.h"

#include <memory>

namespace isthmus::net {

class TcpStream;

/// What the streams of one network have in common. Outlives them.
struct StreamShared {
    StreamShared(EventLoop& on, HandshakePool& pool) : loop(on), handshakes(pool) {}

    EventLoop& loop;
    HandshakePool& handshakes;
    Buffer plain;   ///< what the stream whose turn it is has received
    Buffer cipher;  ///< its TLS records, on their way in or out
    SpareBuffers spare;
    const TcpStream* in_call = nullptr;  ///< whose handler was called last; null if it died of it
};

class TcpStream final : public ByteStream, Watch, EndOfTurn, HandshakeOwner {
  public:
    /// Takes a connected, non-blocking socket.
    TcpStream(StreamShared& shared, Descriptor socket, const Endpoint& remote);
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;
    TcpStream(TcpStream&&) = delete;
    TcpStream& operator=(TcpStream&&) = delete;
    ~TcpStream() override;

    void set_handler(StreamHandler* handler) override { handler_ = handler; }

    Buffer& output() override;
    void flush() override;

    std::uint64_t appended() const override { return taken_ + output_.size(); }

    void start_tls(std::shared_ptr<const TlsContext> context, TlsOptions options) override;

    bool is_secure() const override { return phase_ == Phase::Secure; }

    const PeerCertificate* peer_certificate() const override;
    std::optional<PeerCertificate> judge_again(const TlsContext& context) const override;
    std::string_view tls_version() const override;
    std::string_view tls_cipher() const override;
    std::string_view alpn() const override;

    const Endpoint& local() const override { return local_; }

    const Endpoint& remote() const override { return remote_; }

    void pause_reading(bool paused) override;
    void shut_down() override;

  private:
    enum class Phase : std::uint8_t { Plain, StartingTls, Handshaking, Secure };

    void on_ready(bool readable, bool writable) override;
    void on_end_of_turn() override;
    void on_handshake_step(TlsSession::Step step) override;

    void receive();
    void discard_input();
    std::size_t read_some(Buffer& to, std::size_t size);
    std::size_t read_plain_or_secure(Buffer& unread);
    void decrypt(std::string_view cipher, Buffer& unread);

    /// Calls the handler, if there is one; false if that destroyed the stream.
    template <class Call>
    bool survives(Call call) {
        if (handler_ == nullptr) {
            return true;
        }
        StreamShared& shared = shared_;
        const TcpStream* const self = this;
        shared.in_call = self;
        call();
        return shared.in_call == self;
    }

    bool deliver(Buffer& unread);
    void keep(Buffer& unread);

    void send_output();
    void send_plain(std::size_t size);
    void send_secure();
    bool seal(std::size_t size, Buffer& to);
    std::size_t transmit(std::string_view octets);
    bool report_written();

    void begin_handshake();
    void submit_handshake();
    void receive_handshake();
    void finish_closing();
    void update_interest();
    void end(Error reason);
    void close();

    StreamShared& shared_;
    Descriptor socket_;
    Endpoint local_;
    Endpoint remote_;
    StreamHandler* handler_ = nullptr;
    Buffer input_;                // received, not consumed by the handler
    Buffer output_;               // appended by the owner
    Buffer wire_;                 // TLS records the kernel has not taken
    std::uint64_t taken_ = 0;     // octets that have left output_
    std::uint64_t written_ = 0;   // octets handed to the kernel
    std::uint64_t reported_ = 0;  // octets the handler was told of
    std::size_t plain_before_tls_ = 0;
    std::unique_ptr<TlsSession> session_;
    std::shared_ptr<Handshake> handshake_;
    std::unique_ptr<Error> end_;  // why the connection closes at the end of this turn
    Timer deadline_;              // of the handshake, or of an orderly close
    Phase phase_ = Phase::Plain;
    bool paused_ = false;
    bool deliver_again_ = false;
    bool kernel_full_ = false;
    bool is_stepping_ = false;  // the handshake is with the pool
    bool closing_ = false;
    bool fin_sent_ = false;
    bool closed_ = false;
};

}  // namespace isthmus::net
