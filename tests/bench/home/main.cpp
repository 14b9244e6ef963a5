// Many Lync clients that sign in to the home server and stay. Driven by
// tests/bench/home_sections.py with lines on stdin; each is answered with a line of JSON.
//
//   sign-in port=N count=N users=N contacts=N password=TEXT domain=NAME at-once=N timeout=SECONDS
//   stay seconds=N
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "home/client.h"
#include "load/clocks.h"
#include "load/command.h"
#include "load/tls.h"

namespace isthmus::bench {

namespace {

constexpr std::uint64_t second = 1'000'000'000;

int connect_to(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket < 0 ||
        (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
         errno != EINPROGRESS)) {
        throw std::runtime_error("cannot connect");
    }
    return socket;
}

class Clients {
  public:
    Clients() : tls_(SSL_CTX_new(TLS_client_method())), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        SSL_CTX_set_mode(tls_.get(), SSL_MODE_RELEASE_BUFFERS);
    }

    ~Clients() { close(epoll_); }

    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    void sign_in(const Command& command) {
        crowd_.domain = command.text("domain", crowd_.domain);
        crowd_.password = command.text("password");
        crowd_.users = static_cast<std::uint32_t>(command.count("users", 1));
        crowd_.contacts = static_cast<std::uint32_t>(command.count("contacts", 0));
        const int port = static_cast<int>(command.count("port", 0));
        const std::uint64_t wanted = all_.size() + command.count("count", 1);
        const std::uint64_t at_once = command.count("at-once", 200);
        const std::uint64_t before = crowd_.signed_in;
        const std::uint64_t start = now();
        const std::uint64_t end = start + command.count("timeout", 60) * second;
        while (crowd_.signed_in + crowd_.failed < wanted && now() < end) {
            while (all_.size() < wanted &&
                   all_.size() - crowd_.signed_in - crowd_.failed < at_once) {
                add(port);
            }
            turn(10);
        }
        reply(crowd_.signed_in - before, now() - start);
    }

    void stay(const Command& command) {
        const std::uint64_t start = now();
        const std::uint64_t end = start + command.count("seconds", 1) * second;
        while (now() < end) {
            turn(10);
        }
        reply(0, now() - start);
    }

  private:
    struct One {
        One(Crowd& crowd, std::uint32_t number, int socket)
            : client(crowd, number), connection(socket, true, client) {}

        Client client;
        Connection connection;
        bool is_watched_for_write = true;
    };

    void add(int port) {
        const int socket = connect_to(port);
        auto one = std::make_unique<One>(crowd_, static_cast<std::uint32_t>(all_.size()), socket);
        one->connection.secure(tls_.get(), Connection::TlsRole::Client, "sip." + crowd_.domain);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT;
        event.data.ptr = one.get();
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
        all_.push_back(std::move(one));
    }

    void turn(int milliseconds) {
        std::array<epoll_event, 512> events{};
        const int count =
            epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
        for (int i = 0; i < count; ++i) {
            One& one = *static_cast<One*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (one.client.is_over()) {
                continue;
            }
            if (!one.connection.on_events(events[static_cast<std::size_t>(i)].events) ||
                !one.connection.flush()) {
                epoll_ctl(epoll_, EPOLL_CTL_DEL, one.connection.socket(), nullptr);
                one.client.on_closed(one.connection);
                continue;
            }
            if (one.connection.wants_write() != one.is_watched_for_write) {
                one.is_watched_for_write = one.connection.wants_write();
                epoll_event event{};
                event.events = one.is_watched_for_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
                event.data.ptr = &one;
                epoll_ctl(epoll_, EPOLL_CTL_MOD, one.connection.socket(), &event);
            }
        }
    }

    void reply(std::uint64_t signed_in, std::uint64_t nanoseconds) const {
        std::string complaint = crowd_.first_complaint;
        std::ranges::replace_if(
            complaint, [](char c) { return c == '"' || c == '\\' || c < ' '; }, ' ');
        std::printf(
            "{\"signed_in\": %llu, \"failed\": %llu, \"notices\": %llu, \"seconds\": %.6f, "
            "\"first_complaint\": \"%s\"}\n",
            static_cast<unsigned long long>(signed_in),
            static_cast<unsigned long long>(crowd_.failed),
            static_cast<unsigned long long>(crowd_.notices),
            static_cast<double>(nanoseconds) / static_cast<double>(second),
            complaint.c_str());
        std::fflush(stdout);
    }

    SslContext tls_;
    int epoll_;
    Crowd crowd_;
    std::vector<std::unique_ptr<One>> all_;
};

}  // namespace

}  // namespace isthmus::bench

int main() {
    using namespace isthmus::bench;
    try {
        Clients clients;
        std::string line;
        while (std::getline(std::cin, line)) {
            const Command command(line);
            if (command.verb() == "sign-in") {
                clients.sign_in(command);
            } else if (command.verb() == "stay") {
                clients.stay(command);
            } else {
                throw std::runtime_error("no such command: " + command.verb());
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
