#include "net/certificate_probe.h"

#include "net/openssl.h"
#include "net/socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace isthmus::net {

namespace {

using Clock = std::chrono::steady_clock;
using ContextPointer = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslPointer = std::unique_ptr<SSL, Freed<SSL_free>>;

constexpr std::size_t kMostXmpp = 32UL * 1024;

Error unreachable(const Endpoint& at, std::string_view why) {
    return make_error(ErrorKind::Unreachable,
                      "IST-TCP-001",
                      "Nobody answers there.",
                      fmt::format("{}: {}", at.to_string(), why));
}

Error no_tls(const Endpoint& at, std::string_view step, std::string_view why) {
    return make_error(ErrorKind::Syntax,
                      "IST-TLS-002",
                      "No certificate was presented.",
                      fmt::format("{}: {}: {}", at.to_string(), step, why));
}

class Conversation {
  public:
    Conversation(const Endpoint& at, const Probe& probe)
        : at_(at), probe_(probe), deadline_(Clock::now() + probe.patience) {}

    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    Conversation(Conversation&&) = delete;
    Conversation& operator=(Conversation&&) = delete;

    ~Conversation() = default;

    Result<Presented> run() {
        if (auto good = connect(); !good) {
            return good.error();
        }
        if (probe_.protocol == Probe::Protocol::Xmpp) {
            if (auto good = start_tls(); !good) {
                return good.error();
            }
        }
        return shake_hands();
    }

  private:
    /// False when time is up.
    bool wait(short events) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
        pollfd one{.fd = socket_.get(), .events = events, .revents = 0};
        return left > 0 && ::poll(&one, 1, static_cast<int>(left)) == 1;
    }

    Result<void> connect() {
        const SocketAddress address = to_socket_address(at_, family_of(at_));
        socket_ = Descriptor(::socket(
            address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
        if (!socket_.is_open()) {
            return unreachable(at_, describe_errno(errno));
        }
        if (::connect(socket_.get(), address.get(), address.size) == 0) {
            return {};
        }
        if (errno != EINPROGRESS) {
            return unreachable(at_, describe_errno(errno));
        }
        if (!wait(POLLOUT)) {
            return unreachable(at_, "no answer in time");
        }
        int fault = 0;
        socklen_t fault_size = sizeof fault;
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &fault, &fault_size);
        return fault == 0 ? Result<void>() : unreachable(at_, describe_errno(fault));
    }

    Result<void> say(std::string_view text) {
        while (!text.empty()) {
            const ssize_t count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (count > 0) {
                text.remove_prefix(static_cast<std::size_t>(count));
            } else if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) || !wait(POLLOUT)) {
                return no_tls(at_, "stream", "the connection ended");
            }
        }
        return {};
    }

    /// Until `wanted` has come. What comes behind it is none of ours: nothing may (RFC 6120
    /// §5.3.3).
    Result<void> hear(std::string_view wanted) {
        std::string heard;
        while (heard.find(wanted) == std::string::npos) {
            if (heard.find("<stream:error") != std::string::npos ||
                heard.find("<failure") != std::string::npos) {
                return no_tls(at_, "stream", "the server ended the stream with an error");
            }
            if (heard.find("</stream:features>") != std::string::npos) {
                return no_tls(at_, "STARTTLS", "the server does not offer it");
            }
            if (heard.size() > kMostXmpp || !wait(POLLIN)) {
                return no_tls(at_, "stream", "no answer in time");
            }
            std::array<char, 4096> buffer{};
            const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (count <= 0) {
                return no_tls(at_, "stream", "the connection ended");
            }
            heard.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return {};
    }

    Result<void> start_tls() {
        auto good =
            say(fmt::format("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
                            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'{}>",
                            probe_.name.empty() ? "" : fmt::format(" to='{}'", probe_.name)));
        if (good) {
            good = hear("urn:ietf:params:xml:ns:xmpp-tls");
        }
        if (good) {
            good = say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        }
        return good ? hear("<proceed") : good;
    }

    Result<Presented> shake_hands() {
        ERR_clear_error();
        const ContextPointer context(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
        const SslPointer ssl(SSL_new(context.get()));
        SSL_set_fd(ssl.get(), socket_.get());
        if (!probe_.name.empty() && !IpAddress::parse(probe_.name)) {
            SSL_set_tlsext_host_name(ssl.get(), probe_.name.c_str());
        }
        for (;;) {
            const int result = SSL_connect(ssl.get());
            if (result == 1) {
                break;
            }
            const int wants = SSL_get_error(ssl.get(), result);
            if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) {
                return no_tls(at_, "handshake", take_openssl_error());
            }
            if (!wait(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT)) {
                return no_tls(at_, "handshake", "no answer in time");
            }
        }
        Presented made{.address = at_,
                       .tls_version = SSL_get_version(ssl.get()),
                       .cipher = SSL_get_cipher_name(ssl.get()),
                       .chain = {}};
        const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl.get());
        for (int i = 0; i < sk_X509_num(chain); ++i) {
            made.chain.push_back(to_pem(sk_X509_value(chain, i)));
        }
        SSL_shutdown(ssl.get());
        ERR_clear_error();
        return made;
    }

    Endpoint at_;
    const Probe& probe_;
    Clock::time_point deadline_;
    Descriptor socket_;
};

}  // namespace

Result<Presented> present(const Probe& probe) {
    Error last = make_error(
        ErrorKind::Unreachable, "IST-TCP-001", "Nobody answers there.", "there is no address");
    for (const Endpoint& at : probe.addresses) {
        auto made = Conversation(at, probe).run();
        if (made) {
            return made;
        }
        last = made.error();
        if (last.kind != ErrorKind::Unreachable) {
            break;
        }
    }
    return last;
}

Result<std::vector<Endpoint>> look_up(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int fault = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const std::unique_ptr<addrinfo, Freed<freeaddrinfo>> owned(list);
    std::vector<Endpoint> made;
    for (const addrinfo* one = list; fault == 0 && one != nullptr; one = one->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        Endpoint at = to_endpoint(address);
        at.port = port;
        made.push_back(at);
    }
    if (made.empty()) {
        return make_error(ErrorKind::Unreachable,
                          "IST-DNS-002",
                          "The name does not resolve.",
                          fmt::format("{}: {}", host, ::gai_strerror(fault)));
    }
    return made;
}

}  // namespace isthmus::net
