// A non-blocking TCP connection, in the clear or under TLS, with its two buffers.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>

#include "load/buffer.h"

namespace isthmus::bench {

class Connection;

// Who reads a connection. Consumes what it can of connection.in, and appends to connection.out.
class Session {
  public:
    virtual ~Session() = default;
    virtual void on_input(Connection& connection) = 0;

    virtual void on_secured(Connection&) {}

    virtual void on_closed(Connection& connection) = 0;
};

class Connection {
  public:
    enum class TlsRole { Client, Server };

    Connection(int socket, bool is_connecting, Session& session);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Begins TLS at this point of the stream.
    void secure(SSL_CTX* context, TlsRole role, const std::string& server_name);

    // Both return false when the connection is over.
    bool on_events(std::uint32_t events);
    bool flush();

    [[nodiscard]] bool wants_write() const { return is_connecting_ || blocked_; }

    [[nodiscard]] bool is_open() const { return !is_connecting_ && !is_shaking_hands_; }

    [[nodiscard]] bool is_secure() const { return tls_ != nullptr; }

    [[nodiscard]] int socket() const { return socket_; }

    Buffer in;
    Buffer out;
    std::string complaint;  // why it ended, if we know
    bool watched_for_write = false;

  private:
    bool read_plain();
    bool read_tls();
    bool shake_hands();
    // What OpenSSL wants after a call with that result; anything but patience is a complaint.
    int tls_error(int result, const char* doing);

    int socket_;
    Session& session_;
    SSL* tls_ = nullptr;
    bool is_connecting_;
    bool is_shaking_hands_ = false;
    bool blocked_ = false;
};

}  // namespace isthmus::bench
