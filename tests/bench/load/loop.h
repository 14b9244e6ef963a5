// One epoll loop over all connections and listeners of the generator.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/connection.h"

namespace isthmus::bench {

class Loop {
  public:
    using Acceptor = std::function<void(int socket)>;

    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Listens on a free port of the loopback and returns it.
    int listen(Acceptor acceptor);
    Connection& connect(const std::string& address, int port, Session& session);
    Connection& adopt(int socket, bool is_connecting, Session& session);
    void on_readable(int file, std::function<void()> handler);

    // Waits at most so long, hands out events, writes what was appended, drops what is closed.
    void turn(std::uint64_t timeout_ns);

    // Writes what was appended since. What cannot be written goes out in the next turns.
    void flush_all();

  private:
    struct Watched {
        std::unique_ptr<Connection> connection;
        Session* session = nullptr;
        Acceptor acceptor;
        std::function<void()> handler;
        int file = -1;
        bool is_over = false;
    };

    Watched& watch(std::unique_ptr<Watched> watched, std::uint32_t events);
    void accept_all(Watched& listener);

    int epoll_;
    std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace isthmus::bench
