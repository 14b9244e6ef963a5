// One epoll loop; see loop.h.
#include "load/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace isthmus::bench {

namespace {

sockaddr_in socket_address(const std::string& address, int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, address.c_str(), &out.sin_addr) != 1) {
        throw std::runtime_error("not an IPv4 address: " + address);
    }
    return out;
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(0)) {
    prctl(PR_SET_TIMERSLACK, 1);  // an open loop wants to wake when the next message is due
}

Loop::~Loop() {
    close(epoll_);
}

Loop::Watched& Loop::watch(std::unique_ptr<Watched> watched, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = watched.get();
    epoll_ctl(epoll_, EPOLL_CTL_ADD, watched->file, &event);
    watched_.push_back(std::move(watched));
    return *watched_.back();
}

int Loop::listen(Acceptor acceptor) {
    auto watched = std::make_unique<Watched>();
    watched->file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    watched->acceptor = std::move(acceptor);
    sockaddr_in address = socket_address("127.0.0.1", 0);
    socklen_t size = sizeof address;
    if (bind(watched->file, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(watched->file, 64) != 0) {
        throw std::runtime_error("cannot listen");
    }
    getsockname(watched->file, reinterpret_cast<sockaddr*>(&address), &size);
    watch(std::move(watched), EPOLLIN);
    return ntohs(address.sin_port);
}

Connection& Loop::adopt(int socket, bool is_connecting, Session& session) {
    auto watched = std::make_unique<Watched>();
    watched->file = socket;
    watched->session = &session;
    watched->connection = std::make_unique<Connection>(socket, is_connecting, session);
    watched->connection->watched_for_write = is_connecting;
    const std::uint32_t events = is_connecting ? EPOLLIN | EPOLLOUT : EPOLLIN;
    return *watch(std::move(watched), events).connection;
}

Connection& Loop::connect(const std::string& address, int port, Session& session) {
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sockaddr_in peer = socket_address(address, port);
    ::connect(file, reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
    return adopt(file, true, session);
}

void Loop::on_readable(int file, std::function<void()> handler) {
    auto watched = std::make_unique<Watched>();
    watched->file = file;
    watched->handler = std::move(handler);
    watch(std::move(watched), EPOLLIN);
}

void Loop::accept_all(Watched& listener) {
    for (;;) {
        const int file = accept4(listener.file, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file < 0) {
            return;
        }
        listener.acceptor(file);
    }
}

void Loop::flush_all() {
    for (std::size_t i = 0; i < watched_.size(); ++i) {  // on_closed may not add, but be safe
        Watched& watched = *watched_[i];
        if (watched.connection == nullptr || watched.is_over) {
            continue;
        }
        Connection& connection = *watched.connection;
        if (!connection.flush()) {
            watched.is_over = true;
            continue;
        }
        if (connection.wants_write() != connection.watched_for_write) {
            connection.watched_for_write = connection.wants_write();
            epoll_event event{};
            event.events = connection.wants_write() ? EPOLLIN | EPOLLOUT : EPOLLIN;
            event.data.ptr = &watched;
            epoll_ctl(epoll_, EPOLL_CTL_MOD, watched.file, &event);
        }
    }
}

void Loop::turn(std::uint64_t timeout_ns) {
    std::array<epoll_event, 64> events;
    const timespec timeout{static_cast<time_t>(timeout_ns / 1'000'000'000),
                           static_cast<long>(timeout_ns % 1'000'000'000)};
    const int count =
        epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        Watched& watched = *static_cast<Watched*>(event.data.ptr);
        if (watched.acceptor) {
            accept_all(watched);
        } else if (watched.handler) {
            watched.handler();
        } else if (!watched.connection->on_events(event.events)) {
            watched.is_over = true;
        }
    }
    flush_all();
    for (const auto& watched : watched_) {
        if (watched->is_over) {
            watched->session->on_closed(*watched->connection);
        }
    }
    std::erase_if(watched_, [](const auto& watched) { return watched->is_over; });
}

}  // namespace isthmus::bench
