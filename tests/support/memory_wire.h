// net::Network in memory: machines ("hosts") with addresses, streams and datagrams between them,
// under the manual loop. Traffic can be delayed, split, lost, stalled and cut; TLS is pretended:
// the handshake takes its round trip and each side then shows the certificate of its host.
//
//     ManualLoop loop;
//     MemoryWire wire(loop);
//     MemoryHost& ours = wire.host("192.0.2.1");       // give this to the code under test
//     StreamServer peer(wire.host("192.0.2.2"), "192.0.2.2:5060");
//     loop.run();                                      // everything happens in turns
#pragma once

#include "net/wire.h"
#include "support/manual_loop.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::test {

class MemoryHost;
class MemoryStream;
class MemoryDatagramSocket;
class MemoryAcceptor;

/// Throws on bad text: tests only.
net::Endpoint endpoint(std::string_view text);

class MemoryWire {
  public:
    /// Says which datagrams arrive.
    using DatagramFilter = std::function<bool(
        const net::Endpoint& from, const net::Endpoint& to, std::string_view datagram)>;

    explicit MemoryWire(ManualLoop& loop);
    MemoryWire(const MemoryWire&) = delete;
    MemoryWire& operator=(const MemoryWire&) = delete;
    MemoryWire(MemoryWire&&) = delete;
    MemoryWire& operator=(MemoryWire&&) = delete;
    ~MemoryWire();

    ManualLoop& loop() { return loop_; }

    /// The machine that has this address; made at the first call.
    MemoryHost& host(std::string_view address);

    /// One way, from now on; streams keep their order.
    void set_latency(Duration latency) { latency_ = latency; }

    /// Streams arrive in pieces of at most that many octets; 0: as they were sent.
    void set_segment_size(std::size_t octets) { segment_size_ = octets; }

    /// Octets that a reader who has paused lets the writer hand over before it has to wait.
    void set_window(std::size_t octets) { window_ = octets; }

    void set_datagram_filter(DatagramFilter filter) { filter_ = std::move(filter); }

    /// Connecting there gets no answer at all (until patience ends), instead of a refusal.
    void blackhole(const net::Endpoint& at) { blackholes_.insert(at); }

    /// Resets every connection that has this endpoint at either end.
    void cut(const net::Endpoint& end);
    void cut_all();

    std::size_t connections() const;

    /// Datagrams ever sent, whether they arrived or not.
    std::size_t datagrams_sent() const { return datagrams_sent_; }

    /// Connections ever tried, answered or not.
    std::size_t connects_tried() const { return connects_tried_; }

  private:
    friend class MemoryHost;
    friend class MemoryStream;
    friend class MemoryDatagramSocket;
    friend class MemoryAcceptor;

    ManualLoop& loop_;
    Duration latency_{};
    std::size_t segment_size_ = 0;
    std::size_t window_ = SIZE_MAX;
    DatagramFilter filter_;
    std::set<net::Endpoint> blackholes_;
    std::map<net::IpAddress, std::unique_ptr<MemoryHost>> hosts_;
    std::map<net::Endpoint, MemoryAcceptor*> acceptors_;
    std::map<net::Endpoint, MemoryDatagramSocket*> sockets_;
    std::set<MemoryStream*> streams_;
    std::size_t datagrams_sent_ = 0;
    std::size_t connects_tried_ = 0;
    std::uint16_t next_port_ = 40000;
};

/// One machine. Listening on the unspecified address means this machine's address.
class MemoryHost final : public net::Network {
  public:
    MemoryHost(MemoryWire& wire, net::IpAddress address) : wire_(wire), address_(address) {}

    const net::IpAddress& address() const { return address_; }

    /// What it shows in every TLS handshake, on either side; nothing by default.
    void set_certificate(net::PeerCertificate certificate) {
        certificate_ = std::move(certificate);
    }

    /// It speaks no version of TLS above 1.2.
    void use_tls12() { only_tls12_ = true; }

    /// Its handshakes fail with IST-TLS-002 on both sides.
    void fail_handshakes(bool fails) { fails_handshakes_ = fails; }

    /// It never answers a handshake.
    void stall_handshakes(bool stalls) { stalls_handshakes_ = stalls; }

    /// SNI of the last client that shook hands with it.
    const std::string& last_server_name() const { return last_server_name_; }

    Result<std::unique_ptr<net::Acceptor>> listen(const net::Endpoint& at,
                                                  net::AcceptHandler on_accept) override;
    Result<std::unique_ptr<net::DatagramSocket>> bind(const net::Endpoint& at,
                                                      net::DatagramHandler& handler) override;
    std::unique_ptr<net::Pending> connect(std::vector<net::Endpoint> addresses,
                                          Duration patience,
                                          net::ConnectHandler on_done) override;

  private:
    friend class MemoryStream;

    net::Endpoint claim(const net::Endpoint& at);

    MemoryWire& wire_;
    net::IpAddress address_;
    std::optional<net::PeerCertificate> certificate_;
    std::string last_server_name_;
    bool only_tls12_ = false;
    bool fails_handshakes_ = false;
    bool stalls_handshakes_ = false;
};

/// The far end of a stream, worked by a test.
class StreamPeer final : public net::StreamHandler {
  public:
    StreamPeer() = default;
    /// Connects; look at is_connected() after loop.run().
    StreamPeer(MemoryHost& host, std::string_view to);
    explicit StreamPeer(std::unique_ptr<net::ByteStream> stream);

    void send(std::string_view text);
    /// What has arrived since the last call.
    std::string take();
    void start_tls(net::TlsOptions options);

    void shut_down() { stream_->shut_down(); }

    /// Gone without a word.
    void drop() { stream_.reset(); }

    net::ByteStream& stream() { return *stream_; }

    bool is_connected() const { return stream_ != nullptr && !close_reason_; }

    bool is_secured() const { return is_secured_; }

    const std::optional<Error>& close_reason() const { return close_reason_; }

    const std::string& received() const { return received_; }

    std::size_t on_octets(std::string_view unread) override;

    void on_written(std::uint64_t total) override { written_ = total; }

    void on_secured() override { is_secured_ = true; }

    void on_closed(const Error& reason) override { close_reason_ = reason; }

    std::uint64_t written() const { return written_; }

  private:
    std::unique_ptr<net::Pending> connecting_;
    std::unique_ptr<net::ByteStream> stream_;
    std::string received_;
    std::optional<Error> close_reason_;
    std::uint64_t written_ = 0;
    bool is_secured_ = false;
};

/// Accepts and keeps every connection to one endpoint.
class StreamServer {
  public:
    StreamServer(MemoryHost& host, std::string_view at);

    const std::vector<std::unique_ptr<StreamPeer>>& peers() const { return peers_; }

    StreamPeer& last() { return *peers_.back(); }

    /// Every later connection starts TLS as a server at once.
    void use_tls(net::TlsOptions options);

    /// No longer listening; connections stay.
    void stop() { acceptor_.reset(); }

  private:
    std::vector<std::unique_ptr<StreamPeer>> peers_;
    std::optional<net::TlsOptions> tls_;
    std::unique_ptr<net::Acceptor> acceptor_;
};

/// A datagram socket worked by a test.
class DatagramPeer final : public net::DatagramHandler {
  public:
    struct Datagram {
        net::Endpoint from;
        std::string text;
    };

    DatagramPeer(MemoryHost& host, std::string_view at);

    void send(std::string_view to, std::string_view text) { socket_->send(endpoint(to), text); }

    /// What has arrived since the last call.
    std::vector<Datagram> take() { return std::exchange(received_, {}); }

    const std::vector<Datagram>& received() const { return received_; }

    void on_datagram(const net::Endpoint& from, std::string_view datagram) override {
        received_.push_back({from, std::string(datagram)});
    }

  private:
    std::vector<Datagram> received_;
    std::unique_ptr<net::DatagramSocket> socket_;
};

}  // namespace isthmus::test
