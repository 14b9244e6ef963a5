// What others have to set up so that the gateway is found and routed to, ready to copy: DNS
// records, firewall rules, the SIP side.
#include "base/text.h"
#include "control/doctor.h"
#include "control/sip_peer_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

struct Port {
    std::string transport;  ///< tcp, udp
    std::string number;
    std::string purpose;
};

/// Of "tls:[::]:5061" or "[::]:5269".
Port port_of(const std::string& listener, std::string purpose) {
    return {listener.starts_with("udp:") ? "udp" : "tcp",
            listener.substr(listener.rfind(':') + 1),
            std::move(purpose)};
}

std::vector<Port> ports_of(const LocalFacts& facts) {
    std::vector<Port> made;
    const auto add = [&made](Port port) {
        const bool is_there = std::ranges::any_of(made, [&](const Port& one) {
            return one.transport == port.transport && one.number == port.number;
        });
        if (!is_there) {
            made.push_back(std::move(port));
        }
    };
    for (const std::string& one : facts.xmpp_listeners) {
        add(port_of(one, "XMPP, from everywhere"));
    }
    for (const std::string& one : facts.sip_listeners) {
        add(port_of(one, "SIP, from the SIP peers"));
    }
    return made;
}

Instruction records_for(const LocalFacts& facts) {
    Instruction made{"DNS records, to be published for partners", {}};
    std::string port = "5269";
    if (!facts.xmpp_listeners.empty()) {
        port = port_of(facts.xmpp_listeners.front(), {}).number;
    }
    for (const std::string& domain : facts.xmpp_domains) {
        made.lines.push_back(fmt::format(
            "_xmpp-server._tcp.{}. 3600 IN SRV 0 0 {} {}.", domain, port, facts.server_name));
    }
    made.lines.push_back(fmt::format("{}. 3600 IN A PUBLIC-IPV4-ADDRESS", facts.server_name));
    made.lines.push_back(fmt::format("{}. 3600 IN AAAA PUBLIC-IPV6-ADDRESS", facts.server_name));
    return made;
}

Instruction firewall_for(const LocalFacts& facts) {
    Instruction made{"Firewall on the gateway (nftables)", {}};
    for (const Port& port : ports_of(facts)) {
        made.lines.push_back(
            fmt::format("nft add rule inet filter input {} dport {} accept comment \"{}\"",
                        port.transport,
                        port.number,
                        port.purpose));
    }
    made.lines.emplace_back(
        "nft add rule inet filter output tcp dport { 5269, 5270 } accept comment \"XMPP, to "
        "everywhere\"");
    return made;
}

}  // namespace

std::vector<Instruction> instructions_for(const LocalFacts& facts, const policy::Policy& policy) {
    std::vector<Instruction> made;
    if (facts.component_server.empty()) {
        made.push_back(records_for(facts));
    }
    made.push_back(firewall_for(facts));
    for (const SipPeerFacts& peer : facts.peers) {
        for (Instruction& one : instructions_for(facts, peer, policy)) {
            made.push_back(std::move(one));
        }
    }
    return made;
}

}  // namespace isthmus::control
