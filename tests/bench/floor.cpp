// bench_floor: moves the octets of a gateway between the same sockets with the same calls (epoll,
// recv, one send for all that is due) and does nothing else. What it costs no gateway can save.
// Usage: bench_floor sip|xmpp REQUEST ANSWER STANZA BATCH: the word names where messages come from,
// then the octets of each per message, then how many messages one recv takes at most (0: 128 KiB).
// Prints the two ports.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

struct Wire {
    int listener = -1;
    int socket = -1;
    std::size_t read_size = 0;
    std::uint64_t received = 0;
    std::uint64_t due = 0;  // octets to send
};

constexpr std::size_t read_size = 128U << 10;
constexpr std::size_t write_size = 256U << 10;

int listen_on_loopback(Wire& wire) {
    wire.listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(wire.listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(wire.listener, 1) != 0) {
        std::perror("listen");
        std::exit(1);
    }
    getsockname(wire.listener, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

// Sends what is due; true if the socket takes no more.
bool flush(Wire& wire, const std::vector<char>& octets) {
    while (wire.due > 0) {
        const std::size_t size = std::min<std::uint64_t>(wire.due, octets.size());
        const ssize_t sent = send(wire.socket, octets.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) {
            return true;
        }
        wire.due -= static_cast<std::uint64_t>(sent);
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fputs("usage: bench_floor sip|xmpp REQUEST ANSWER STANZA BATCH\n", stderr);
        return 2;
    }
    const bool from_sip = std::string_view(argv[1]) == "sip";
    const std::uint64_t request = std::strtoull(argv[2], nullptr, 10);
    const std::uint64_t answer = std::strtoull(argv[3], nullptr, 10);
    const std::uint64_t stanza = std::strtoull(argv[4], nullptr, 10);
    const std::uint64_t batch = std::strtoull(argv[5], nullptr, 10);
    Wire sip;
    Wire xmpp;
    sip.read_size = batch == 0 ? read_size : batch * (from_sip ? request : answer);
    xmpp.read_size = batch == 0 ? read_size : batch * stanza;
    const int sip_port = listen_on_loopback(sip);
    const int xmpp_port = listen_on_loopback(xmpp);
    std::printf("{\"sip\":%d,\"xmpp\":%d}\n", sip_port, xmpp_port);
    std::fflush(stdout);
    sip.socket = accept(sip.listener, nullptr, nullptr);
    xmpp.socket = accept(xmpp.listener, nullptr, nullptr);
    const int epoll = epoll_create1(0);
    const int on = 1;
    for (Wire* const wire : {&sip, &xmpp}) {
        setsockopt(wire->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = wire;
        epoll_ctl(epoll, EPOLL_CTL_ADD, wire->socket, &event);
    }
    std::vector<char> in(std::max(sip.read_size, xmpp.read_size));
    const std::vector<char> out(write_size, ' ');
    std::uint64_t messages = 0;
    std::array<epoll_event, 2> events;
    for (bool is_blocked = false;;) {
        const int count = epoll_wait(epoll, events.data(), 2, is_blocked ? 1 : -1);
        for (int i = 0; i < count; ++i) {
            Wire& wire = *static_cast<Wire*>(events[static_cast<std::size_t>(i)].data.ptr);
            const ssize_t size = recv(wire.socket, in.data(), wire.read_size, MSG_DONTWAIT);
            if (size == 0) {
                return 0;
            }
            wire.received += size > 0 ? static_cast<std::uint64_t>(size) : 0;
        }
        const std::uint64_t complete = from_sip ? sip.received / request : xmpp.received / stanza;
        const std::uint64_t fresh = complete - messages;
        messages = complete;
        sip.due += fresh * (from_sip ? answer : request);
        xmpp.due += from_sip ? fresh * stanza : 0;
        const bool sip_blocked = flush(sip, out);
        is_blocked = flush(xmpp, out) || sip_blocked;
    }
}
