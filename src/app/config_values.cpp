#include "app/config_values.h"

#include "base/arena.h"
#include "base/spelling.h"
#include "base/text.h"
#include "xmpp/jid.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace isthmus::app {

namespace {

std::string shown(std::string_view text) {
    return text::escape_for_log(text, 80);
}

Result<std::string> prepared_name(std::string_view domain, bool in_ascii) {
    Arena arena;
    const auto prepared = xmpp::prepare_domain(domain, arena);
    const auto made = prepared && in_ascii ? xmpp::domain_to_ascii(*prepared, arena) : prepared;
    if (!made) {
        return invalid_config(
            fmt::format("'{}' is not a domain name, as in \"contoso.example\"", shown(domain)));
    }
    return std::string(*made);
}

/// "udp:", "tcp:" or "tls:" taken from the front of `rest`.
Result<sip::Transport> take_transport(std::string_view& rest, std::string_view example) {
    const std::size_t colon = rest.find(':');
    const std::string scheme = text::to_lower(rest.substr(0, colon));
    const std::optional<sip::Transport> found =
        scheme == "udp"   ? std::optional(sip::Transport::Udp)
        : scheme == "tcp" ? std::optional(sip::Transport::Tcp)
        : scheme == "tls" ? std::optional(sip::Transport::Tls)
                          : std::nullopt;
    if (!found || colon == std::string_view::npos) {
        const std::string near = text::nearest(scheme, {"udp", "tcp", "tls"});
        return invalid_config(
            fmt::format("'{}' must begin with udp:, tcp: or tls:{}, as in \"{}\"",
                        shown(rest),
                        near.empty() ? "" : fmt::format(" (the nearest is {}:)", near),
                        example));
    }
    rest.remove_prefix(colon + 1);
    return *found;
}

/// ":PORT" taken from the end of `rest`; 0 if there is none.
Result<std::optional<std::uint16_t>> take_port(std::string_view& rest, std::string_view whole) {
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos || rest.ends_with(']')) {
        return std::optional<std::uint16_t>();
    }
    if (rest.find(':') != colon && !rest.starts_with('[')) {
        return invalid_config(fmt::format(
            "'{}': an IPv6 address is written in brackets, as in \"[2001:db8::1]:5060\"",
            shown(whole)));
    }
    const auto port = text::to_number(rest.substr(colon + 1));
    if (!port || *port > 65535) {
        return invalid_config(fmt::format("'{}' has no valid port: '{}' is no number up to 65535",
                                          shown(whole),
                                          shown(rest.substr(colon + 1))));
    }
    rest = rest.substr(0, colon);
    return std::optional(static_cast<std::uint16_t>(*port));
}

}  // namespace

Error invalid_config(std::string detail) {
    return make_error(
        ErrorKind::Syntax, "IST-CFG-001", "The configuration is not valid.", std::move(detail));
}

std::string database_url(const Config& config) {
    constexpr std::string_view kScheme = "sqlite:";
    return config.database_url.starts_with(kScheme)
               ? fmt::format("{}{}",
                             kScheme,
                             config.in_state_dir(
                                 std::string_view(config.database_url).substr(kScheme.size())))
               : config.database_url;
}

Result<std::string> sip_name(std::string_view domain) {
    return prepared_name(domain, true);
}

Result<std::string> xmpp_name(std::string_view domain) {
    return prepared_name(domain, false);
}

Result<SipAddress> parse_target(std::string_view text) {
    constexpr std::string_view kExample = "tls:sip.contoso.example:5061";
    std::string_view rest = text;
    const auto transport = take_transport(rest, kExample);
    if (!transport) {
        return transport.error();
    }
    const auto port = take_port(rest, text);
    if (!port) {
        return port.error();
    }
    if (rest.empty()) {
        return invalid_config(
            fmt::format("'{}' names no host; write it as in \"{}\"", shown(text), kExample));
    }
    if (*port == std::uint16_t{0}) {
        return invalid_config(fmt::format("'{}': nobody can be reached at port 0", shown(text)));
    }
    const auto literal = net::IpAddress::parse(rest);
    if (literal && literal->is_unspecified()) {
        return invalid_config(
            fmt::format("'{}' is no address that leads to one host; name the host of "
                        "the SIP system, as in \"{}\"",
                        shown(text),
                        kExample));
    }
    if (!literal) {
        if (auto name = sip_name(rest); !name) {
            return name.error();
        }
    }
    return SipAddress{*transport, std::string(rest), port->value_or(0), port->has_value()};
}

Result<sip::ListenAddress> parse_sip_listener(std::string_view text) {
    std::string_view rest = text;
    const auto transport = take_transport(rest, "tls:[::]:5061");
    if (!transport) {
        return transport.error();
    }
    const auto endpoint = parse_listener(rest);
    if (!endpoint) {
        return endpoint.error();
    }
    return sip::ListenAddress{*transport, *endpoint};
}

Result<net::Endpoint> parse_listener(std::string_view text) {
    if (const auto endpoint = net::Endpoint::parse(text)) {
        return *endpoint;
    }
    std::string_view rest = text;
    const auto port = take_port(rest, text);
    if (!port) {
        return port.error();
    }
    if (!port->has_value()) {
        return invalid_config(
            fmt::format("'{}' has no port; write ADDRESS:PORT, as in \"127.0.0.1:9469\" or "
                        "\"[::]:5269\"",
                        shown(text)));
    }
    return invalid_config(
        fmt::format("'{}' is no IP address to listen on; write one of this machine's, "
                    "or \"[::]\" for all",
                    shown(rest)));
}

Result<void> check_name_server(std::string_view text) {
    const std::size_t at = text.find('@');
    const auto port = at == std::string_view::npos ? std::optional<std::uint64_t>(53)
                                                   : text::to_number(text.substr(at + 1));
    if (net::IpAddress::parse(text.substr(0, at)) && port && *port != 0 && *port <= 65535) {
        return {};
    }
    return invalid_config(
        fmt::format("'{}' is no name server; write ADDRESS or ADDRESS@PORT, as in "
                    "\"192.0.2.53\" or \"127.0.0.1@5353\"",
                    shown(text)));
}

}  // namespace isthmus::app
