// Descriptors and socket addresses of the kernel's interface, as values.
#pragma once

#include "base/result.h"
#include "net/address.h"

#include <sys/socket.h>

#include <string_view>
#include <utility>

namespace isthmus::net {

/// Owns a file descriptor.
class Descriptor {
  public:
    Descriptor() = default;

    explicit Descriptor(int number) : number_(number) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~Descriptor() { reset(); }

    int get() const { return number_; }

    bool is_open() const { return number_ >= 0; }

    void reset();

  private:
    int number_ = -1;
};

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// `family` AF_INET6 writes an IPv4 address in its mapped form, for a socket bound to [::].
SocketAddress to_socket_address(const Endpoint& endpoint, int family);
Endpoint to_endpoint(const SocketAddress& address);
int family_of(const Endpoint& endpoint);
Endpoint local_endpoint(int descriptor);

/// Why that address cannot be listened on, for the administrator: the code tells a taken address
/// from a forbidden one, the detail has the address and how to find out more.
Error listen_error(const Endpoint& at, int type, int error);

/// A non-blocking socket bound to `at`; [::] hears IPv4 as well, or is 0.0.0.0 where the kernel has
/// no IPv6.
Result<Descriptor> bind_socket(const Endpoint& at, int type);

/// strerror as a string, thread-safe.
std::string describe_errno(int number);

}  // namespace isthmus::net
