#include "sip/grammar.h"

#include "net/address.h"

#include <string>

namespace isthmus::sip::grammar {

namespace {

constexpr std::size_t kMaxHost = 255;

// RFC 3261 §25.1 IPv6reference; `at` is the opening bracket.
bool parse_ipv6(std::string_view text, std::size_t& at, std::string_view& host) {
    const std::size_t close = text.find(']', at);
    if (close == std::string_view::npos || close - at > 48) {
        return false;
    }
    const std::string_view inside = text.substr(at + 1, close - at - 1);
    host = text.substr(at, close - at + 1);
    at = close + 1;
    if (inside.find(':') == std::string_view::npos) {
        return false;
    }
    // RFC 5118 §4.10: the grammar of RFC 3261 allowed a third colon before an IPv4 tail.
    const std::size_t colons = inside.find(":::");
    if (colons != std::string_view::npos) {
        std::string mended(inside);
        mended.erase(colons, 1);
        return net::IpAddress::parse(mended).has_value();
    }
    return net::IpAddress::parse(inside).has_value();
}

// A name whose last label starts with a digit must be an IPv4 address.
bool is_ipv4(std::string_view text) {
    int parts = 0;
    std::size_t at = 0;
    for (;;) {
        unsigned value = 0;
        const std::size_t start = at;
        while (at < text.size() && text::is_digit(text[at]) && at - start < 4) {
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        }
        if (at == start || at - start > 3 || value > 255) {
            return false;
        }
        ++parts;
        if (at == text.size()) {
            return parts == 4;
        }
        if (text[at++] != '.') {
            return false;
        }
    }
}

}  // namespace

bool parse_host(std::string_view text, std::size_t& at, std::string_view& host) {
    if (at < text.size() && text[at] == '[') {
        return parse_ipv6(text, at, host);
    }
    const std::size_t start = at;
    std::size_t label = at;
    std::size_t last_label = at;
    for (; at < text.size() && is(text[at], kHost); ++at) {
        if (text[at] == '.') {
            if (at == label || text[at - 1] == '-') {
                return false;
            }
            label = at + 1;
            continue;
        }
        if (at == label) {
            if (text[at] == '-') {
                return false;
            }
            last_label = at;
        }
    }
    host = text.substr(start, at - start);
    if (host.empty() || host.size() > kMaxHost || host.back() == '-') {
        return false;
    }
    return text::is_alpha(text[last_label]) || is_ipv4(host);
}

bool parse_port(std::string_view text, std::size_t& at, std::uint16_t& port) {
    unsigned value = 0;
    const std::size_t start = at;
    while (at < text.size() && text::is_digit(text[at])) {
        value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        if (value > 65535) {
            return false;
        }
    }
    port = static_cast<std::uint16_t>(value);
    return at != start && value != 0;
}

bool parse_u32(std::string_view text, std::uint32_t& value) {
    std::uint64_t sum = 0;
    for (const char c : text) {
        if (!text::is_digit(c)) {
            return false;
        }
        sum = sum * 10 + static_cast<unsigned>(c - '0');
        if (sum > 0xFFFFFFFFU) {
            return false;
        }
    }
    value = static_cast<std::uint32_t>(sum);
    return !text.empty();
}

}  // namespace isthmus::sip::grammar
