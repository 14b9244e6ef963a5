#include "net/socket.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace isthmus::net {

void Descriptor::reset() {
    if (is_open()) {
        close(std::exchange(number_, -1));
    }
}

SocketAddress to_socket_address(const Endpoint& endpoint, int family) {
    SocketAddress result;
    const std::string_view octets = endpoint.address.octets();
    if (family == AF_INET) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        std::memcpy(&v4.sin_addr, octets.data(), sizeof v4.sin_addr);
        std::memcpy(&result.storage, &v4, sizeof v4);
        result.size = sizeof v4;
        return result;
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    auto* to = reinterpret_cast<unsigned char*>(&v6.sin6_addr);
    if (!endpoint.address.is_v4()) {
        std::memcpy(to, octets.data(), sizeof v6.sin6_addr);
    } else if (!endpoint.address.is_unspecified()) {
        to[10] = to[11] = 0xff;
        std::memcpy(to + 12, octets.data(), 4);
    }
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
    return result;
}

Endpoint to_endpoint(const SocketAddress& address) {
    if (address.storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.storage, sizeof v4);
        std::array<std::uint8_t, 4> octets{};
        std::memcpy(octets.data(), &v4.sin_addr, octets.size());
        return {IpAddress::v4(octets), ntohs(v4.sin_port)};
    }
    if (address.storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address.storage, sizeof v6);
        std::array<std::uint8_t, 16> octets{};
        std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
        return {IpAddress::v6(octets), ntohs(v6.sin6_port)};
    }
    return {};
}

int family_of(const Endpoint& endpoint) {
    return endpoint.address.is_v4() ? AF_INET : AF_INET6;
}

Endpoint local_endpoint(int descriptor) {
    SocketAddress address;
    getsockname(descriptor, address.get(), &address.size);
    return to_endpoint(address);
}

std::string describe_errno(int number) {
    return std::system_category().message(number);
}

Error listen_error(const Endpoint& at, int type, int error) {
    std::string detail = at.to_string() + ": " + describe_errno(error);
    switch (error) {
        case EADDRINUSE:
            detail += fmt::format("; ss -{} 'sport = :{}' shows by whom",
                                  type == SOCK_DGRAM ? "lunp" : "ltnp",
                                  at.port);
            return make_error(
                ErrorKind::Conflict, "IST-TCP-002", "The address is taken.", std::move(detail));
        case EACCES:
        case EPERM:
            return make_error(ErrorKind::NotAuthorized,
                              "IST-TCP-003",
                              "The port may not be used.",
                              std::move(detail));
        default:
            return make_error(ErrorKind::Unreachable,
                              "IST-TCP-004",
                              "The address cannot be listened on.",
                              std::move(detail));
    }
}

Result<Descriptor> bind_socket(const Endpoint& at, int type) {
    const int kind = type | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int family = family_of(at);
    Descriptor socket(::socket(family, kind, 0));
    if (!socket.is_open() && errno == EAFNOSUPPORT && at.address.is_unspecified()) {
        family = AF_INET;
        socket = Descriptor(::socket(family, kind, 0));
    }
    const int yes = 1;
    const int only_v6 = at.address.is_unspecified() ? 0 : 1;
    const SocketAddress address = to_socket_address(at, family);
    // SO_REUSEADDR on UDP would let a second process share the port unnoticed.
    if (!socket.is_open() ||
        (type == SOCK_STREAM &&
         setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0) ||
        (family == AF_INET6 &&
         setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) < 0) ||
        ::bind(socket.get(), address.get(), address.size) < 0) {
        return listen_error(at, type, errno);
    }
    return socket;
}

}  // namespace isthmus::net
