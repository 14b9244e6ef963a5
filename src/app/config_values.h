// What the texts of the configuration mean, in the form that the wings want: the same functions
// check the file and build the wings. The detail of an error is one sentence for the administrator,
// with an example.
#pragma once

#include "app/config.h"
#include "base/result.h"
#include "net/address.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::app {

/// The refusal of a configuration.
Error invalid_config(std::string detail);
/// As the store wants it; config_checks has seen to the scheme.
std::string database_url(const Config& config);
/// A domain as SIP compares it: lower-case A-labels.
Result<std::string> sip_name(std::string_view domain);
/// A domain as XMPP compares it: prepared U-labels.
Result<std::string> xmpp_name(std::string_view domain);

struct SipAddress {
    sip::Transport transport = sip::Transport::Tcp;
    std::string host;  ///< as written: IPv6 in brackets
    std::uint16_t port = 0;
    bool has_port = false;
};

/// "tls:HOST[:PORT]" of a peer.
Result<SipAddress> parse_target(std::string_view text);
/// "tls:ADDRESS:PORT" to listen on.
Result<sip::ListenAddress> parse_sip_listener(std::string_view text);
/// "ADDRESS:PORT" to listen on.
Result<net::Endpoint> parse_listener(std::string_view text);
/// Nothing, or why libunbound will not take it: "ADDRESS" or "ADDRESS@PORT".
Result<void> check_name_server(std::string_view text);

}  // namespace isthmus::app
