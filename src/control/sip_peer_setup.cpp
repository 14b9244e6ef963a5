#include "control/sip_peer_setup.h"

#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace isthmus::control {

namespace {

constexpr std::size_t kMostDomains = 500;
constexpr std::size_t kMostOfAList = 100;

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return text::is_alnum(c) || c == '-' || c == '_' || c == '.';
    });
}

bool is_host_of_uri(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return text::is_alnum(c) || c == '-' || c == '.' || c == '[' || c == ']' || c == ':';
    });
}

/// An address, or so many bits of one; whether it is one at all the configuration's check says.
bool is_network(std::string_view address) {
    const std::size_t slash = address.find('/');
    return is_host_of_uri(address.substr(0, slash)) &&
           (slash == std::string_view::npos || text::to_number(address.substr(slash + 1)));
}

bool is_target(std::string_view target) {
    const std::size_t colon = target.find(':');
    const std::string_view transport = target.substr(0, colon);
    return colon != std::string_view::npos &&
           (transport == "tls" || transport == "tcp" || transport == "udp") &&
           is_host_of_uri(target.substr(colon + 1));
}

Error bad_field(std::string_view field, std::string_view why) {
    return make_error(
        ErrorKind::Syntax, "IST-API-001", fmt::format("{} {}", field, why), std::string(field));
}

/// A port and transport of ours that such a peer can send to.
std::pair<std::string, std::string> way_to_us(const LocalFacts& facts, const std::string& target) {
    const std::string transport = target.substr(0, target.find(':'));
    for (const std::string& one : facts.sip_listeners) {
        if (one.starts_with(transport + ":")) {
            return {transport, one.substr(one.rfind(':') + 1)};
        }
    }
    return {transport, transport == "tls" ? "5061" : "5060"};
}

/// Host of "tls:HOST:5061".
std::string host_of(const std::string& target) {
    const std::string rest = target.substr(target.find(':') + 1);
    const std::size_t port = rest.rfind(':');
    return port == std::string::npos || rest.ends_with(']') ? rest : rest.substr(0, port);
}

struct Domains {
    std::vector<std::string> named;
    std::size_t left_out = 0;
};

Domains partner_domains(const policy::Policy& policy) {
    Domains made;
    for (const policy::Partner& partner : policy.partners()) {
        if (!partner.enabled) {
            continue;
        }
        if (made.named.size() >= kMostDomains) {
            made.left_out += 1 + partner.additional_domains.size();
            continue;
        }
        made.named.push_back(partner.domain);
        made.named.insert(
            made.named.end(), partner.additional_domains.begin(), partner.additional_domains.end());
    }
    if (made.named.empty()) {
        made.named.emplace_back("PARTNER-DOMAIN");
    }
    return made;
}

void note_left_out(Instruction& to, const Domains& partners) {
    if (partners.left_out != 0) {
        to.lines.push_back(
            fmt::format("# {} more domains of partners want the same: `isthmus partner list`",
                        partners.left_out));
    }
}

void note_transport(Instruction& to, const SipPeerFacts& peer) {
    if (!peer.target.starts_with("tls:")) {
        to.lines.push_back(fmt::format(
            "# [[sip.peer]] {} uses {}: Lync speaks TLS only; write its target as tls:HOST:5061",
            peer.name,
            peer.target.substr(0, peer.target.find(':'))));
    }
}

/// On the network of the Front End pool; no Edge is involved.
Instruction as_trusted_application(const LocalFacts& facts,
                                   const SipPeerFacts& peer,
                                   const Domains& partners) {
    const std::string port = way_to_us(facts, "tls:").second;
    Instruction made{
        fmt::format("{}, as trusted application with static routes: management shell", peer.name),
        {"# SITE is the SiteId that Get-CsSite shows. DNS needs an A record of the gateway's name,",
         "# and its certificate that name, from an authority that the pool trusts."}};
    made.lines.push_back(fmt::format(
        "New-CsTrustedApplicationPool -Identity {} -Registrar {} -Site SITE "
        "-RequiresReplication $false -ThrottleAsServer $true -TreatAsAuthenticated $true "
        "-OutboundOnly $false",
        facts.server_name,
        host_of(peer.target)));
    made.lines.push_back(fmt::format(
        "New-CsTrustedApplication -ApplicationId isthmus -TrustedApplicationPoolFqdn {} -Port {}",
        facts.server_name,
        port));
    for (const std::string& domain : partners.named) {
        made.lines.push_back(
            fmt::format("$route = New-CsStaticRoute -TLSRoute -Destination \"{}\" -Port {} "
                        "-MatchUri \"{}\" -UseDefaultCertificate $true",
                        facts.server_name,
                        port,
                        domain));
        made.lines.emplace_back(
            "Set-CsStaticRoutingConfiguration -Identity global -Route @{Add=$route}");
    }
    note_left_out(made, partners);
    made.lines.emplace_back("Enable-CsTopology");
    note_transport(made, peer);
    return made;
}

/// Through the Edge, domain by domain.
Instruction as_allowed_domains(const LocalFacts& facts,
                               const SipPeerFacts& peer,
                               const Domains& partners) {
    Instruction made{
        fmt::format("{}, as federated partner through the Edge: management shell", peer.name),
        {"# Lync Server 2013 has no -VerificationLevel here: take the hosting provider there.",
         "# EDGE-POOL is the internal name of the Edge pool.",
         "# -EnablePartnerDiscovery stays as it is: an allowed domain needs no discovery, and",
         "# other partners of yours may.",
         "Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true -UseDnsSrvRouting",
         "Set-CsExternalAccessPolicy -Identity Global -EnableFederationAccess $true"}};
    for (const std::string& domain : partners.named) {
        made.lines.push_back(
            fmt::format("New-CsAllowedDomain -Identity \"{}\" -ProxyFqdn \"{}\" "
                        "-VerificationLevel AlwaysVerifiable -Comment \"Isthmus\"",
                        domain,
                        facts.server_name));
    }
    made.lines.push_back(
        fmt::format("Test-CsFederatedPartner -TargetFqdn EDGE-POOL -Domain {} -ProxyFqdn {}",
                    partners.named.front(),
                    facts.server_name));
    note_left_out(made, partners);
    note_transport(made, peer);
    return made;
}

/// Through the Edge, all domains at once.
Instruction as_hosting_provider(const LocalFacts& facts, const SipPeerFacts& peer) {
    Instruction made{
        fmt::format("{}, as hosting provider through the Edge: management shell", peer.name),
        {"# All XMPP domains at once, Lync Server 2013 too; not with an Edge on a default route.",
         "Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true -UseDnsSrvRouting",
         "Set-CsExternalAccessPolicy -Identity Global -EnableFederationAccess $true"}};
    made.lines.push_back(
        fmt::format("New-CsHostingProvider -Identity \"Isthmus\" -ProxyFqdn \"{}\" -Enabled $true "
                    "-EnabledSharedAddressSpace $false -HostsOCSUsers $false "
                    "-VerificationLevel AlwaysVerifiable",
                    facts.server_name));
    note_transport(made, peer);
    return made;
}

Instruction as_kamailio_routes(const LocalFacts& facts,
                               const SipPeerFacts& peer,
                               const Domains& partners) {
    const auto [transport, port] = way_to_us(facts, peer.target);
    Instruction made{
        fmt::format("Kamailio ({}): in request_route, before your own routes", peer.name), {}};
    std::string condition;
    for (const std::string& domain : partners.named) {
        condition += fmt::format("{}$rd == \"{}\"", condition.empty() ? "" : " || ", domain);
    }
    made.lines.push_back(
        fmt::format("if (is_method(\"MESSAGE|SUBSCRIBE|NOTIFY|OPTIONS\") && ({})) {{", condition));
    made.lines.push_back(
        fmt::format("    $du = \"sip:{}:{};transport={}\";", facts.server_name, port, transport));
    made.lines.emplace_back("    if (is_method(\"SUBSCRIBE\")) record_route();");
    made.lines.emplace_back("    if (!t_relay()) sl_reply_error();");
    made.lines.emplace_back("    exit;");
    made.lines.emplace_back("}");
    note_left_out(made, partners);
    made.lines.emplace_back("# Where loose_route() has succeeded, before t_relay():");
    made.lines.emplace_back("# if (is_method(\"NOTIFY\")) record_route();");
    made.lines.push_back(
        fmt::format("# Requests from {} are those of the gateway: let them in without a challenge.",
                    facts.server_name));
    return made;
}

std::vector<std::string> table_of(const SipPeerFacts& peer) {
    std::vector<std::string> made{"[[sip.peer]]",
                                  fmt::format("name = \"{}\"", peer.name),
                                  fmt::format("kind = \"{}\"", peer.kind),
                                  fmt::format("target = \"{}\"", peer.target)};
    const auto add = [&made](const char* name, const std::vector<std::string>& values) {
        std::vector<std::string> quoted;
        quoted.reserve(values.size());
        for (const std::string& value : values) {
            quoted.push_back(fmt::format("\"{}\"", value));
        }
        made.push_back(fmt::format("{} = [{}]", name, fmt::join(quoted, ", ")));
    };
    add("domains", peer.domains);
    if (!peer.certificate_names.empty()) {
        add("certificate_names", peer.certificate_names);
    }
    if (!peer.addresses.empty()) {
        add("addresses", peer.addresses);
    }
    return made;
}

Result<void> check(const SipPeerOrder& order) {
    if (!is_name(order.name)) {
        return bad_field("name", "must be of letters, digits, - _ and ., 64 at most");
    }
    if (!order.kind.empty() && order.kind != "simple" && order.kind != "lync") {
        return bad_field("kind", "must be simple or lync");
    }
    if (!order.target.empty() && !is_target(order.target)) {
        return bad_field("target", "must be as tls:HOST:PORT, tcp:HOST:PORT or udp:HOST:PORT");
    }
    const auto are = [](const std::vector<std::string>& values, bool (*is_one)(std::string_view)) {
        return values.size() <= kMostOfAList && std::ranges::all_of(values, is_one);
    };
    if (!are(order.domains, is_host_of_uri)) {
        return bad_field("domains", "must be domain names, 100 at most");
    }
    if (!are(order.certificate_names, is_host_of_uri)) {
        return bad_field("certificate_names", "must be host names, 100 at most");
    }
    if (!are(order.addresses, is_network)) {
        return bad_field("addresses",
                         "must be IP addresses or networks as 10.0.0.0/8, 100 at most");
    }
    return {};
}

}  // namespace

std::vector<Instruction> instructions_for(const LocalFacts& facts,
                                          const SipPeerFacts& peer,
                                          const policy::Policy& policy) {
    const Domains partners = partner_domains(policy);
    if (peer.kind != "lync") {
        return {as_kamailio_routes(facts, peer, partners)};
    }
    return {as_trusted_application(facts, peer, partners),
            as_allowed_domains(facts, peer, partners),
            as_hosting_provider(facts, peer)};
}

Result<SipPeerSetup> set_up_peer(const SipPeerOrder& order,
                                 const LocalFacts& facts,
                                 const policy::Policy& policy) {
    if (const auto fine = check(order); !fine) {
        return fine.error();
    }
    SipPeerSetup made;
    const auto known = std::ranges::find(facts.peers, order.name, &SipPeerFacts::name);
    made.peer.name = order.name;
    if (known != facts.peers.end()) {
        made.peer = *known;
    }
    const auto take = [](std::string& to, const std::string& asked, const char* otherwise) {
        to = !asked.empty() ? asked : to.empty() ? otherwise : to;
    };
    take(made.peer.kind, order.kind, "simple");
    take(made.peer.target,
         order.target,
         made.peer.kind == "lync" ? "tls:FRONT-END-POOL:5061" : "tcp:SIP-SERVER:5060");
    const auto take_list = [](std::vector<std::string>& to, const std::vector<std::string>& asked) {
        if (!asked.empty()) {
            to = asked;
        }
    };
    take_list(made.peer.domains, order.domains);
    take_list(made.peer.certificate_names, order.certificate_names);
    take_list(made.peer.addresses, order.addresses);
    if (made.peer.domains.empty()) {
        made.peer.domains = {"SIP-DOMAIN"};
    }
    made.is_configured = known != facts.peers.end() && known->kind == made.peer.kind &&
                         known->target == made.peer.target && known->domains == made.peer.domains &&
                         known->certificate_names == made.peer.certificate_names &&
                         known->addresses == made.peer.addresses;
    made.configuration = table_of(made.peer);
    made.instructions = instructions_for(facts, made.peer, policy);
    return made;
}

}  // namespace isthmus::control
