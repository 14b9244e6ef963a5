#include "net/address.h"

#include "base/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace isthmus::net {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Block {
    std::array<std::uint8_t, 4> address;
    int prefix;
};

// RFC 6890: what is not a public unicast address. The documentation blocks are left out: nothing
// answers there, and labs use them.
constexpr Block kSpecialV4[] = {
    {{0, 0, 0, 0}, 8},
    {{10, 0, 0, 0}, 8},
    {{100, 64, 0, 0}, 10},
    {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16},
    {{172, 16, 0, 0}, 12},
    {{192, 0, 0, 0}, 24},
    {{192, 168, 0, 0}, 16},
    {{198, 18, 0, 0}, 15},
    {{224, 0, 0, 0}, 4},
    {{240, 0, 0, 0}, 4},
};

bool has_prefix(std::string_view octets, std::span<const std::uint8_t> start, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (std::memcmp(octets.data(), start.data(), whole) != 0) {
        return false;
    }
    const int rest = bits % 8;
    return rest == 0 ||
           ((static_cast<std::uint8_t>(octets[whole]) ^ start[whole]) >> (8 - rest)) == 0;
}

bool is_special_v4(std::string_view octets) {
    return std::ranges::any_of(kSpecialV4, [&](const Block& block) {
        return has_prefix(octets, block.address, block.prefix);
    });
}

bool is_special_v6(std::string_view octets) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(octets[i]); };
    if (std::ranges::all_of(octets.substr(0, 12), [](char c) { return c == 0; })) {
        return true;  // ::, ::1 and the IPv4-compatible addresses nobody uses rightly
    }
    if ((at(0) & 0xfeU) == 0xfcU || at(0) == 0xffU || (at(0) == 0xfeU && at(1) >= 0x80U)) {
        return true;  // RFC 4193, multicast, link-local and the former site-local
    }
    // An address that carries an IPv4 address leads to that one: RFC 6052 §2.1, RFC 3056 §2.
    constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xff, 0x9b};
    if (has_prefix(octets, kNat64, 96)) {
        return is_special_v4(octets.substr(12));
    }
    return at(0) == 0x20U && at(1) == 0x02U && is_special_v4(octets.substr(2, 4));
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) {
    IpAddress address;
    std::ranges::copy(octets, address.octets_.begin());
    return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& octets) {
    if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets.begin())) {
        return v4({octets[12], octets[13], octets[14], octets[15]});
    }
    IpAddress address;
    address.v4_ = false;
    address.octets_ = octets;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
    if (bracketed) {
        text = text.substr(1, text.size() - 2);
    }
    char copy[INET6_ADDRSTRLEN];
    if (text.empty() || text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    copy[text.copy(copy, sizeof copy - 1)] = '\0';
    if (std::array<std::uint8_t, 4> octets{};
        !bracketed && inet_pton(AF_INET, copy, octets.data()) == 1) {
        return v4(octets);
    }
    if (std::array<std::uint8_t, 16> octets{}; inet_pton(AF_INET6, copy, octets.data()) == 1) {
        return v6(octets);
    }
    return std::nullopt;
}

bool IpAddress::is_loopback() const {
    if (v4_) {
        return octets_[0] == 127;
    }
    return octets_.back() == 1 &&
           std::all_of(octets_.begin(), octets_.end() - 1, [](auto octet) { return octet == 0; });
}

bool IpAddress::is_special() const {
    return v4_ ? is_special_v4(octets()) : is_special_v6(octets());
}

bool IpAddress::is_unspecified() const {
    return std::ranges::all_of(octets_, [](auto octet) { return octet == 0; });
}

std::string IpAddress::to_string() const {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(v4_ ? AF_INET : AF_INET6, octets_.data(), text, sizeof text);
    return text;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view host = text.substr(0, colon);
    const auto address = IpAddress::parse(host);
    const auto port = text::to_number(text.substr(colon + 1));
    const bool bracketed = host.starts_with('[');
    if (!address || !port || *port > 65535 ||
        (!bracketed && host.find(':') != std::string_view::npos)) {
        return std::nullopt;
    }
    return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::to_string() const {
    const std::string text =
        address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
    return text + ":" + std::to_string(port);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const int whole = address->is_v4() ? 32 : 128;
    if (slash == std::string_view::npos) {
        return Cidr{*address, whole};
    }
    const auto number = text::to_number(text.substr(slash + 1));
    if (!number || *number > 128) {
        return std::nullopt;
    }
    // "::ffff:10.0.0.0/104" is the IPv4 block 10.0.0.0/8.
    const bool mapped =
        address->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos;
    const int prefix = static_cast<int>(*number) - (mapped ? 96 : 0);
    if (prefix < 0 || prefix > whole) {
        return std::nullopt;
    }
    return Cidr{*address, prefix};
}

bool Cidr::contains(const IpAddress& other) const {
    if (address.is_v4() != other.is_v4()) {
        return false;
    }
    const std::string_view ours = address.octets();
    return has_prefix(
        other.octets(), {reinterpret_cast<const std::uint8_t*>(ours.data()), ours.size()}, prefix);
}

}  // namespace isthmus::net
