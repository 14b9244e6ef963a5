// Connects as any client would and tells which certificate is presented; whether it is any good is
// for others to say. Blocking: for a thread that may wait.
#pragma once

#include "base/result.h"
#include "net/address.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace isthmus::net {

struct Probe {
    enum class Protocol : std::uint8_t {
        Tls,   ///< TLS at once: SIP, HTTPS, XMPP direct TLS
        Xmpp,  ///< STARTTLS between servers (RFC 6120 §5)
    };

    std::vector<Endpoint> addresses;  ///< tried in order
    Protocol protocol = Protocol::Tls;
    std::string name;  ///< SNI and, in XMPP, whom the stream is for; empty: none
    std::chrono::milliseconds patience{5000};
};

struct Presented {
    Endpoint address;
    std::string tls_version;
    std::string cipher;
    std::vector<std::string> chain;  ///< PEM, as it was sent, the server's own first
};

/// Unreachable with IST-TCP-001, Timeout, or Syntax with IST-TLS-002 and the step in the detail.
Result<Presented> present(const Probe& probe);

/// By the machine's own resolver, which may take its time. Unreachable with IST-DNS-002.
Result<std::vector<Endpoint>> look_up(const std::string& host, std::uint16_t port);

}  // namespace isthmus::net
