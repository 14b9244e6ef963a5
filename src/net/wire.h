// The doors of the process as interfaces: streams, datagrams, listeners, dialling, names. net/
// implements them with Asio and OpenSSL; tests/support with memory. Everything runs on the traffic
// thread; handlers are called from the loop, never from inside the call that started the work.
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/certificate.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::net {

/// A certificate set ready for handshakes (OpenSSL's SSL_CTX inside); swapped whole on renewal.
class TlsContext;

enum class TlsRole : std::uint8_t { Client, Server };

struct TlsOptions {
    TlsRole role = TlsRole::Client;
    std::string server_name;  ///< client: SNI, A-label; empty: none sent
    /// The domain that we speak for, if it is known: of several certificates the one that names it
    /// is shown. A server follows the client's SNI first.
    std::string own_name = {};
    std::vector<std::string> alpn;         ///< client: offered; server: accepted, in order
    bool request_peer_certificate = true;  ///< server: ask for one (it may be missing)
    /// client: what DNSSEC proves of the server's certificate, and whose records those are.
    std::vector<TlsaRecord> tlsa = {};
    std::string tlsa_host = {};
};

class StreamHandler {
  public:
    virtual ~StreamHandler() = default;
    /// All octets not yet consumed, contiguous. Returns how many are done with; the rest comes
    /// again, extended, when more arrives. Views die on return. May close or abort the stream.
    virtual std::size_t on_octets(std::string_view unread) = 0;
    /// The first `total` octets ever appended to output() have been handed to the kernel.
    virtual void on_written(std::uint64_t total) = 0;

    /// TLS is up (peer_certificate() tells who it is, if anybody). A failed handshake arrives as
    /// on_closed with code IST-TLS-002.
    virtual void on_secured() {}

    /// The last call. `reason.kind` Unreachable with empty detail: orderly end by the peer.
    virtual void on_closed(const Error& reason) = 0;
};

/// One connection, TCP with or without TLS. The owner sets the handler before returning to the
/// loop and destroys the object to drop the connection at once (no further calls).
class ByteStream {
  public:
    virtual ~ByteStream() = default;
    virtual void set_handler(StreamHandler* handler) = 0;
    /// Plain text to send: append, then flush(). What is appended in one turn of the loop leaves in
    /// one system call.
    virtual Buffer& output() = 0;
    /// Marks the stream: its output is sent at the end of this turn of the loop. Cheap, idempotent.
    virtual void flush() = 0;
    /// Octets ever appended to output(), so the position of what was just appended.
    virtual std::uint64_t appended() const = 0;
    /// Starts the handshake; pending plain output is sent before. Unconsumed plain input is
    /// dropped (RFC 6120 §5.3.3, abuse case B02).
    virtual void start_tls(std::shared_ptr<const TlsContext> context, TlsOptions options) = 0;
    virtual bool is_secure() const = 0;
    /// Null without TLS, before on_secured(), or if the peer showed none.
    virtual const PeerCertificate* peer_certificate() const = 0;
    /// The same by now, by the authorities and lists of revoked certificates of `context`: on long
    /// streams things change. Nothing where there was none. Costs signature checks.
    virtual std::optional<PeerCertificate> judge_again(const TlsContext& context) const = 0;
    /// "TLSv1.3" and "TLS_AES_256_GCM_SHA384", empty without TLS.
    virtual std::string_view tls_version() const = 0;
    virtual std::string_view tls_cipher() const = 0;
    /// RFC 9266 exporter or the like are not offered; ALPN result, may be empty.
    virtual std::string_view alpn() const = 0;
    virtual const Endpoint& local() const = 0;
    virtual const Endpoint& remote() const = 0;
    /// Back-pressure: no on_octets until resumed.
    virtual void pause_reading(bool paused) = 0;
    /// Sends what is in output(), closes in order, then calls on_closed.
    virtual void shut_down() = 0;
};

class Acceptor {
  public:
    virtual ~Acceptor() = default;
    virtual const Endpoint& local() const = 0;
};

using AcceptHandler = std::function<void(std::unique_ptr<ByteStream>)>;

class DatagramHandler {
  public:
    virtual ~DatagramHandler() = default;
    virtual void on_datagram(const Endpoint& from, std::string_view datagram) = 0;
};

class DatagramSocket {
  public:
    virtual ~DatagramSocket() = default;
    virtual const Endpoint& local() const = 0;
    /// Queued and sent at the end of the turn; dropped if the kernel takes no more (UDP).
    virtual void send(const Endpoint& to, std::string_view datagram) = 0;
};

/// A pending operation; destroying it cancels (its handler is never called then).
class Pending {
  public:
    virtual ~Pending() = default;
};

using ConnectHandler = std::function<void(Result<std::unique_ptr<ByteStream>>)>;

/// Listeners and outgoing connections.
class Network {
  public:
    virtual ~Network() = default;
    virtual Result<std::unique_ptr<Acceptor>> listen(const Endpoint& at,
                                                     AcceptHandler on_accept) = 0;
    virtual Result<std::unique_ptr<DatagramSocket>> bind(const Endpoint& at,
                                                         DatagramHandler& handler) = 0;
    /// Races the addresses in the given order, 250 ms apart (RFC 8305 §5); the first connection
    /// wins. Fails with IST-TCP-001 when none answers within `patience` per address.
    virtual std::unique_ptr<Pending> connect(std::vector<Endpoint> addresses,
                                             Duration patience,
                                             ConnectHandler on_done) = 0;
};

struct SrvRecord {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;      ///< lower case, no final dot; "." alone means: not offered
    bool is_secure = false;  ///< DNSSEC proves it
    std::uint32_t ttl = 0;   ///< seconds that the answer is kept; 0: it was not DNS that said so
};

struct NaptrRecord {
    std::uint16_t order = 0;
    std::uint16_t preference = 0;
    std::string flags;
    std::string service;
    std::string replacement;
};

/// An answer that says "no such name" or "no such record" is an empty list; an error means that
/// no answer was to be had (IST-DNS-004), or of addresses() that there is no such name (NotFound,
/// IST-DNS-001). Handlers are called later, never inside the call.
template <class T>
using LookupHandler = std::function<void(Result<std::vector<T>>)>;

class Resolver {
  public:
    virtual ~Resolver() = default;

    /// An administrator has written down what that name leads to; DNS is not asked.
    virtual bool is_written_down(std::string_view /*name*/) const { return false; }

    /// A and AAAA, interleaved as RFC 8305 §4 wants, IPv6 first. Literal addresses answer
    /// themselves.
    virtual std::unique_ptr<Pending> addresses(std::string_view host,
                                               LookupHandler<IpAddress> on_done) = 0;
    /// Sorted by RFC 2782: priority, then weighted at random.
    virtual std::unique_ptr<Pending> srv(std::string_view name,
                                         LookupHandler<SrvRecord> on_done) = 0;
    virtual std::unique_ptr<Pending> naptr(std::string_view name,
                                           LookupHandler<NaptrRecord> on_done) = 0;
    /// Of "_5269._tcp.host": those that DNSSEC proves, and no others (RFC 6698 §4.1). An error if
    /// nobody can tell whether there are some.
    virtual std::unique_ptr<Pending> tlsa(std::string_view name,
                                          LookupHandler<TlsaRecord> on_done) = 0;
};

}  // namespace isthmus::net
