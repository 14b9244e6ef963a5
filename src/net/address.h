// IP addresses, endpoints and CIDR blocks as values. No sockets, no names.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::net {

/// An IPv4 address is held as IPv4; an IPv4-mapped IPv6 address becomes IPv4 when parsed or
/// received, so that one host has one spelling. Zone ids are not kept.
class IpAddress {
  public:
    IpAddress() = default;
    static IpAddress v4(std::array<std::uint8_t, 4> octets);
    static IpAddress v6(const std::array<std::uint8_t, 16>& octets);
    /// Dotted quad or RFC 4291 text, IPv6 with or without brackets; nothing on anything else.
    static std::optional<IpAddress> parse(std::string_view text);

    bool is_v4() const { return v4_; }

    /// 4 or 16 octets in network order.
    std::string_view octets() const {
        return {reinterpret_cast<const char*>(octets_.data()), v4_ ? 4U : 16U};
    }

    bool is_loopback() const;
    /// RFC 1918, RFC 4193, link-local, loopback, unspecified, multicast: what DNS answers for a
    /// public partner must not lead to (abuse case B19).
    bool is_special() const;
    bool is_unspecified() const;
    std::string to_string() const;

    auto operator<=>(const IpAddress&) const = default;

  private:
    bool v4_ = true;
    std::array<std::uint8_t, 16> octets_{};
};

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    /// "192.0.2.1:5060" or "[2001:db8::1]:5060"; the port is required.
    static std::optional<Endpoint> parse(std::string_view text);
    std::string to_string() const;
    auto operator<=>(const Endpoint&) const = default;
};

struct Cidr {
    IpAddress address;
    int prefix = 0;

    /// "10.0.0.0/8", or a plain address (whole length).
    static std::optional<Cidr> parse(std::string_view text);
    bool contains(const IpAddress& other) const;
};

}  // namespace isthmus::net
