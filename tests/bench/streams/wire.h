// A blocking XMPP stream between servers, over TCP and then TLS: what the benchmarks of streams
// call the gateway with, and answer it with. One thread a stream; knows nothing of src/.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

inline constexpr std::string_view kOurs = "contoso.example";

[[noreturn]] inline void fail(const std::string& what) {
    throw std::runtime_error(what);
}

/// What it is to be at both ends: a certificate, its key, the authority. TLS 1.3 as the gateway
/// has it.
class Credentials {
  public:
    Credentials(const char* certificate, const char* key, const char* authority)
        : context_(SSL_CTX_new(TLS_method()), SSL_CTX_free) {
        SSL_CTX* context = context_.get();
        if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
            SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_load_verify_locations(context, authority, nullptr) != 1) {
            fail("certificates");
        }
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
        SSL_CTX_set1_groups_list(context, "X25519");
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_num_tickets(context, 0);
        const unsigned char name[] = "bench";
        SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    }

    SSL_CTX* context() const { return context_.get(); }

  private:
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

/// Its session may be taken up again: OpenSSL would spoil that of a connection that was just cut.
inline void let_go(SSL* ssl) {
    if (ssl != nullptr) {
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(ssl);
    }
}

class Stream {
  public:
    explicit Stream(int socket) : socket_(socket) {
        const int yes = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }

    /// From `source` (an address of this machine, in host order) to 127.0.0.1.
    static int dial(std::uint32_t source, std::uint16_t port) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int yes = 1;
        setsockopt(socket, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        sockaddr_in from = address(source, 0);
        sockaddr_in to = address(INADDR_LOOPBACK, port);
        if (socket < 0 || bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
            ::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
            const int error = errno;
            if (socket >= 0) {
                ::close(socket);
            }
            fail(std::string("connect: ") + std::strerror(error));
        }
        return socket;
    }

    static sockaddr_in address(std::uint32_t host, std::uint16_t port) {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_addr.s_addr = htonl(host);
        made.sin_port = htons(port);
        return made;
    }

    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    Stream(Stream&&) = delete;
    Stream& operator=(Stream&&) = delete;

    ~Stream() {
        let_go(ssl_);
        ::close(socket_);
    }

    void say(std::string_view text) {
        while (!text.empty()) {
            const auto sent = ssl_ != nullptr
                                  ? SSL_write(ssl_, text.data(), static_cast<int>(text.size()))
                                  : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                fail("the stream broke while writing");
            }
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Reads until `what` has come; what lies behind it stays.
    std::string hear(std::string_view what) {
        while (true) {
            const std::size_t at = unread_.find(what);
            if (at != std::string::npos) {
                std::string heard = unread_.substr(0, at + what.size());
                unread_.erase(0, at + what.size());
                return heard;
            }
            if (!read_more()) {
                fail("expected " + std::string(what) + ", got " + unread_);
            }
        }
    }

    /// False: the stream has ended.
    bool read_more() {
        char room[16384];
        const auto got = ssl_ != nullptr ? SSL_read(ssl_, room, sizeof room)
                                         : ::recv(socket_, room, sizeof room, 0);
        if (got <= 0) {
            return false;
        }
        unread_.append(room, static_cast<std::size_t>(got));
        return true;
    }

    std::string& unread() { return unread_; }

    void secure(const Credentials& credentials, bool is_server, SSL_SESSION* session = nullptr) {
        ssl_ = SSL_new(credentials.context());
        SSL_set_fd(ssl_, socket_);
        if (session != nullptr) {
            SSL_set_session(ssl_, session);
        }
        if ((is_server ? SSL_accept(ssl_) : SSL_connect(ssl_)) != 1) {
            fail("TLS failed");
        }
    }

    SSL* ssl() const { return ssl_; }

    void open(std::string_view from, std::string_view to, std::string_view id = {}) {
        std::string header =
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
            "xmlns:stream='http://etherx.jabber.org/streams' "
            "xmlns:db='jabber:server:dialback' version='1.0' from='";
        header.append(from).append("' to='").append(to);
        if (!id.empty()) {
            header.append("' id='").append(id);
        }
        say(header.append("'>"));
    }

    /// As the one who calls: up to the features inside TLS.
    void negotiate_tls(const Credentials& credentials,
                       std::string_view from,
                       SSL_SESSION* session = nullptr) {
        open(from, kOurs);
        hear("</stream:features>");
        say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        hear("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        secure(credentials, false, session);
        open(from, kOurs);
        hear("</stream:features>");
    }

    void authenticate(std::string_view from) {
        say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        hear("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        open(from, kOurs);
        hear("</stream:features>");
    }

  private:
    int socket_;
    SSL* ssl_ = nullptr;
    std::string unread_;
};

}  // namespace bench
