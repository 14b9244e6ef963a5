// What others have to set up so that the gateway is found and routed to, ready to copy: DNS
// records, firewall rules, the SIP side.
#include "base/text.h"
#include "control/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostPartners = 50;

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

/// A port and transport of ours that such a peer can send to.
std::pair<std::string, std::string> way_to_us(const LocalFacts& facts, const std::string& target) {
    const std::string transport = target.substr(0, target.find(':'));
    for (const std::string& one : facts.sip_listeners) {
        if (one.starts_with(transport + ":")) {
            return {transport, port_of(one, {}).number};
        }
    }
    return {transport, transport == "tls" ? "5061" : "5060"};
}

std::vector<std::string> domains_of(const policy::Policy& policy) {
    std::vector<std::string> made;
    for (const policy::Partner& partner : policy.partners()) {
        if (partner.enabled && made.size() < kMostPartners) {
            made.push_back(partner.domain);
            made.insert(
                made.end(), partner.additional_domains.begin(), partner.additional_domains.end());
        }
    }
    if (made.empty()) {
        made.emplace_back("PARTNER-DOMAIN");
    }
    return made;
}

Instruction lync_for(const LocalFacts& facts,
                     const SipPeerFacts& peer,
                     const std::vector<std::string>& partners) {
    const auto [transport, port] = way_to_us(facts, peer.target);
    Instruction made{fmt::format("Lync or Skype for Business ({}): management shell", peer.name),
                     {"# On an Edge pool: each partner's domain is reached through the gateway"}};
    for (const std::string& domain : partners) {
        made.lines.push_back(fmt::format(
            "New-CsAllowedDomain -Identity \"{}\" -ProxyFqdn \"{}\"", domain, facts.server_name));
    }
    made.lines.emplace_back(
        "# Or, for all of them at once, the gateway as hosting provider (port 5061, TLS)");
    made.lines.push_back(
        fmt::format("New-CsHostingProvider -Identity \"XMPP\" -ProxyFqdn \"{}\" -Enabled $True "
                    "-HostsOCSUsers $False -EnabledSharedAddressSpace $False "
                    "-VerificationLevel UseSourceVerification",
                    facts.server_name));
    made.lines.emplace_back("# Without an Edge: the gateway as trusted application, and routes");
    made.lines.push_back(fmt::format(
        "New-CsTrustedApplicationPool -Identity {} -Registrar FRONT-END-POOL -Site SITE "
        "-ComputerFqdn {} -RequiresReplication $False -ThrottleAsServer $True "
        "-TreatAsAuthenticated $True",
        facts.server_name,
        facts.server_name));
    for (const std::string& domain : partners) {
        made.lines.push_back(
            fmt::format("$route = New-CsStaticRoute -TLSRoute -Destination \"{}\" -Port {} "
                        "-MatchUri \"{}\" -UseDefaultCertificate $True",
                        facts.server_name,
                        port,
                        domain));
        made.lines.emplace_back(
            "Set-CsStaticRoutingConfiguration -Identity Global -Route @{Add=$route}");
    }
    made.lines.emplace_back("Enable-CsTopology");
    if (transport != "tls") {
        made.lines.push_back(fmt::format(
            "# [[sip.peer]] {} uses {}: Lync speaks TLS only; write its target as tls:HOST:5061",
            peer.name,
            transport));
    }
    return made;
}

Instruction kamailio_for(const LocalFacts& facts,
                         const SipPeerFacts& peer,
                         const std::vector<std::string>& partners) {
    const auto [transport, port] = way_to_us(facts, peer.target);
    Instruction made{
        fmt::format("Kamailio ({}): in request_route, before your own routes", peer.name), {}};
    std::string condition;
    for (const std::string& domain : partners) {
        condition += fmt::format("{}$rd == \"{}\"", condition.empty() ? "" : " || ", domain);
    }
    made.lines.push_back(
        fmt::format("if (is_method(\"MESSAGE|SUBSCRIBE|NOTIFY|OPTIONS\") && ({})) {{", condition));
    made.lines.push_back(
        fmt::format("    $du = \"sip:{}:{};transport={}\";", facts.server_name, port, transport));
    made.lines.emplace_back("    t_relay();");
    made.lines.emplace_back("    exit;");
    made.lines.emplace_back("}");
    made.lines.push_back(
        fmt::format("# Requests from {} are those of the gateway: let them in without a challenge.",
                    facts.server_name));
    return made;
}

}  // namespace

std::vector<Instruction> instructions_for(const LocalFacts& facts, const policy::Policy& policy) {
    std::vector<Instruction> made;
    if (facts.component_server.empty()) {
        made.push_back(records_for(facts));
    }
    made.push_back(firewall_for(facts));
    const std::vector<std::string> partners = domains_of(policy);
    for (const SipPeerFacts& peer : facts.peers) {
        made.push_back(peer.kind == "lync" ? lync_for(facts, peer, partners)
                                           : kamailio_for(facts, peer, partners));
    }
    return made;
}

}  // namespace isthmus::control
