// Where to send a request: RFC 3263 §4 as a small machine over net::Resolver. One call gives the
// whole list, best first, so that the caller can fail over (§4.3).
#pragma once

#include "net/address.h"
#include "net/wire.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::sip {

/// The URI's host part and what is known besides.
struct LocateQuery {
    std::string host;                    ///< name or literal, IPv6 with or without brackets
    std::uint16_t port = 0;              ///< 0: none given
    std::optional<Transport> transport;  ///< given by the URI or the configuration
    bool is_secure = false;              ///< sips, or TLS is demanded: nothing else is offered
    std::vector<Transport> usable = {Transport::Tls, Transport::Tcp, Transport::Udp};  ///< by us
    std::size_t max_targets = 16;
};

struct LocatedTarget {
    Transport transport = Transport::Udp;
    net::Endpoint endpoint;
    std::string name;  ///< host name behind the address; for SNI and logs, not for identity
    bool operator==(const LocatedTarget&) const = default;
};

/// Calls `on_done` once, later, unless the handle is destroyed before. Never an empty list: that
/// is the error Unreachable with IST-DNS-002 or -003 (nothing there), or -004 (no answer).
std::unique_ptr<net::Pending> locate(net::Resolver& resolver,
                                     LocateQuery query,
                                     net::LookupHandler<LocatedTarget> on_done);

/// 5061 for TLS, else 5060 (RFC 3261 §19.1.2).
std::uint16_t default_port(Transport transport);

}  // namespace isthmus::sip
