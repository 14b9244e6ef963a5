// A non-blocking TCP connection; see connection.h.
#include "load/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace isthmus::bench {

namespace {

constexpr std::size_t read_size = 512U << 10;
constexpr std::size_t tls_read_size = 16U << 10;  // one record
constexpr std::size_t tls_input_limit = 1U << 20;

}  // namespace

Connection::Connection(int socket, bool is_connecting, Session& session)
    : socket_(socket), session_(session), is_connecting_(is_connecting) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() {
    SSL_free(tls_);
    close(socket_);
}

void Connection::secure(SSL_CTX* context, TlsRole role, const std::string& server_name) {
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (role == TlsRole::Client) {
        if (!server_name.empty()) {
            SSL_set_tlsext_host_name(tls_, server_name.c_str());
        }
        SSL_set_connect_state(tls_);
    } else {
        SSL_set_accept_state(tls_);
    }
    is_shaking_hands_ = true;
}

int Connection::tls_error(int result, const char* doing) {
    const int saved = errno;
    const int error = SSL_get_error(tls_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        return error;
    }
    complaint = doing;
    if (error == SSL_ERROR_ZERO_RETURN) {
        complaint += ": close_notify";
    } else if (const unsigned long code = ERR_peek_error(); code != 0) {
        char text[160];
        ERR_error_string_n(code, text, sizeof text);
        complaint.append(": ").append(text);
    } else {
        complaint.append(": ").append(saved == 0 ? "end of data" : std::strerror(saved));
    }
    return error;
}

bool Connection::shake_hands() {
    // Or SSL_get_error() takes what another connection left for the fault of this one.
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_);
    if (result == 1) {
        is_shaking_hands_ = false;
        blocked_ = false;
        session_.on_secured(*this);
        return true;
    }
    const int error = tls_error(result, "handshake");
    blocked_ = error == SSL_ERROR_WANT_WRITE;
    if (!blocked_ && error != SSL_ERROR_WANT_READ) {
        std::fprintf(stderr, "TLS handshake failed\n");
        ERR_print_errors_fp(stderr);
        return false;
    }
    return true;
}

bool Connection::read_plain() {
    const ssize_t size = recv(socket_, in.reserve(read_size), read_size, 0);
    if (size < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    in.commit(static_cast<std::size_t>(size));
    return size > 0;
}

bool Connection::read_tls() {
    std::size_t sum = 0;
    while (sum < tls_input_limit || SSL_has_pending(tls_) == 1) {
        ERR_clear_error();
        errno = 0;
        const int size = SSL_read(tls_, in.reserve(tls_read_size), tls_read_size);
        if (size <= 0) {
            const int error = tls_error(size, "read");
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        }
        in.commit(static_cast<std::size_t>(size));
        sum += static_cast<std::size_t>(size);
    }
    return true;
}

bool Connection::on_events(std::uint32_t events) {
    if (is_connecting_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            complaint = std::string("connect: ") + std::strerror(error);
            return false;
        }
        is_connecting_ = false;
    }
    if (is_connecting_) {
        return true;
    }
    if (is_shaking_hands_ && !shake_hands()) {
        return false;
    }
    if (is_shaking_hands_) {
        return true;
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
        const bool alive = is_secure() ? read_tls() : read_plain();
        session_.on_input(*this);
        if (!alive) {
            return false;
        }
        if (is_shaking_hands_ && !out.empty()) {
            return true;  // STARTTLS: flush() sends the last clear octets first
        }
    }
    return true;
}

bool Connection::flush() {
    if (is_connecting_) {
        return true;
    }
    if (is_shaking_hands_) {
        while (!out.empty()) {  // what was said before TLS began, a few octets
            const ssize_t size = send(socket_, out.view().data(), out.size(), MSG_NOSIGNAL);
            if (size <= 0) {
                return false;
            }
            out.consume(static_cast<std::size_t>(size));
        }
        return shake_hands();
    }
    blocked_ = false;
    while (!out.empty()) {
        ssize_t size = 0;
        if (is_secure()) {
            ERR_clear_error();
            errno = 0;
            size = SSL_write(tls_, out.view().data(), static_cast<int>(out.size()));
            if (size <= 0) {
                const int error = tls_error(static_cast<int>(size), "write");
                blocked_ = error == SSL_ERROR_WANT_WRITE;
                return blocked_ || error == SSL_ERROR_WANT_READ;
            }
        } else {
            size = send(socket_, out.view().data(), out.size(), MSG_NOSIGNAL);
            if (size < 0) {
                blocked_ = errno == EAGAIN || errno == EINTR;
                return blocked_;
            }
        }
        out.consume(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace isthmus::bench
