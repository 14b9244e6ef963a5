#include "app/config_checks.h"

#include "app/config_values.h"
#include "base/spelling.h"
#include "base/text.h"
#include "net/static_names.h"
#include "xmpp/locate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace isthmus::app {

namespace {

constexpr std::size_t kLongestSocketPath = 107;  // unix(7)

/// One run over one configuration.
class Checks {
  public:
    Checks(const Config& config, Findings& findings) : config_(config), findings_(findings) {}

    void run() {
        check_server();
        check_sip();
        check_xmpp();
        check_component();
        check_dns();
        check_rest();
    }

  private:
    void fault(const At& at, std::string_view sentence) {
        findings_.fault(config_.places.find(at), fmt::format("{}: {}", name_of(at), sentence));
    }

    void warn(const At& at, std::string_view code, std::string_view sentence) {
        findings_.warn(config_.places.find(at), code, fmt::format("{}: {}", name_of(at), sentence));
    }

    /// Whether it is good; if not the fault is noted.
    template <class T>
    bool take(const At& at, const Result<T>& made) {
        if (!made) {
            fault(at, made.error().detail);
        }
        return made.has_value();
    }

    /// A list of domains: each is one, none is there twice. Returns them as SIP compares them.
    std::set<std::string> check_domains(std::string_view table,
                                        std::string_view key,
                                        const std::vector<std::string>& domains) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < domains.size(); ++i) {
            const At at{table, key, static_cast<int>(i)};
            const auto name = sip_name(domains[i]);
            if (take(at, name) && !seen.insert(*name).second) {
                fault(at, fmt::format("'{}' is listed twice; remove one", shown(domains[i])));
            }
        }
        return seen;
    }

    template <class Parse>
    void check_listeners(std::string_view table,
                         std::string_view key,
                         const std::vector<std::string>& addresses,
                         const Parse& parse) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            const At at{table, key, static_cast<int>(i)};
            if (take(at, parse(addresses[i])) && !addresses[i].ends_with(":0") &&
                !seen.insert(addresses[i]).second) {
                fault(at, fmt::format("'{}' is listed twice; remove one", shown(addresses[i])));
            }
        }
    }

    static std::string shown(std::string_view text) { return text::escape_for_log(text, 80); }

    void check_server();
    void check_sip();
    void check_peer(std::size_t index, const std::set<std::string>& served);
    void check_peer_origin(const std::string& table, const SipPeerConfig& peer);
    void check_xmpp();
    void check_component();
    void check_dns();
    void check_static(const std::string& name, const std::vector<std::string>& records);
    void check_rest();
    void check_certificate_use();

    const Config& config_;
    Findings& findings_;
    std::map<std::string, std::string> peer_of_domain_;  ///< by the domain, as compared
};

void Checks::check_server() {
    const At name{"server", "name"};
    if (!config_.server_name.empty()) {
        take(name, sip_name(config_.server_name));
    } else if (!config_.places.has(name)) {
        findings_.fault(config_.places.find(name),
                        "[server] name is required: the public name of this gateway, as in "
                        "\"gateway.contoso.example\"");
    } else {
        fault(name,
              "it must be the public name of this gateway, as in "
              "\"gateway.contoso.example\"");
    }
    constexpr std::string_view kScheme = "sqlite:";
    const At url{"database", "url"};
    const bool is_postgres = config_.database_url.starts_with("postgresql://") ||
                             config_.database_url.starts_with("postgres://");
    if (!config_.database_url.starts_with(kScheme) && !is_postgres) {
        fault(url,
              fmt::format("it must begin with sqlite: or postgresql://, as in "
                          "\"sqlite:isthmus.db\"; found '{}'",
                          shown(config_.database_url.substr(0, config_.database_url.find(':')))));
    } else if (config_.database_url.size() == kScheme.size()) {
        fault(url, "it names no file; write it as in \"sqlite:isthmus.db\"");
    }
}

void Checks::check_sip() {
    check_listeners("sip", "listen", config_.sip_listen, parse_sip_listener);
    const auto served = check_domains("sip", "domains", config_.sip_domains);
    for (std::size_t i = 0; i < config_.sip_peers.size(); ++i) {
        check_peer(i, served);
    }
    for (std::size_t i = 0; i < config_.sip_domains.size(); ++i) {
        const auto name = sip_name(config_.sip_domains[i]);
        if (name && !config_.home_enabled && !peer_of_domain_.contains(*name)) {
            warn({"sip", "domains", static_cast<int>(i)},
                 "IST-CFG-002",
                 fmt::format("no SIP peer reaches the users of '{0}'; add a [[sip.peer]] with "
                             "domains = [\"{0}\"], or set [home] enabled = true",
                             shown(config_.sip_domains[i])));
        }
    }
}

void Checks::check_peer(std::size_t index, const std::set<std::string>& served) {
    const SipPeerConfig& peer = config_.sip_peers[index];
    const std::string table = fmt::format("sip.peer[{}]", index);
    if (peer.name.empty()) {
        fault({table, "name"}, "it is required: how logs and metrics call this peer");
    }
    for (std::size_t i = 0; i < index; ++i) {
        if (!peer.name.empty() && config_.sip_peers[i].name == peer.name) {
            fault({table, "name"},
                  fmt::format("there is another peer '{}'; give each its own name",
                              shown(peer.name)));
            break;
        }
    }
    if (peer.target.empty()) {
        fault({table, "target"},
              "it is required: where the SIP system is, as in \"tls:sip.contoso.example:5061\"");
    } else {
        take({table, "target"}, parse_target(peer.target));
    }
    const auto domains = check_domains(table, "domains", peer.domains);
    for (const std::string& domain : domains) {
        const auto [first, is_new] = peer_of_domain_.emplace(domain, peer.name);
        if (!is_new) {
            warn({table, "domains"},
                 "IST-CFG-002",
                 fmt::format("the users of '{}' are reached through peer '{}', which is listed "
                             "first; this one may only send for them",
                             shown(domain),
                             shown(first->second)));
        }
        if (!served.contains(domain)) {
            warn({table, "domains"},
                 "IST-CFG-002",
                 fmt::format("'{0}' is not a domain of ours, so that its users are refused; add "
                             "\"{0}\" to [sip] domains",
                             shown(domain)));
        }
    }
    check_peer_origin(table, peer);
}

void Checks::check_peer_origin(const std::string& table, const SipPeerConfig& peer) {
    for (std::size_t i = 0; i < peer.certificate_names.size(); ++i) {
        const std::string_view name = peer.certificate_names[i];
        take({table, "certificate_names", static_cast<int>(i)},
             sip_name(name.starts_with("*.") ? name.substr(2) : name));
    }
    for (std::size_t i = 0; i < peer.addresses.size(); ++i) {
        if (!net::Cidr::parse(peer.addresses[i])) {
            fault({table, "addresses", static_cast<int>(i)},
                  fmt::format("'{}' is no address or block of addresses, as in \"192.0.2.7\" or "
                              "\"192.0.2.0/24\"",
                              shown(peer.addresses[i])));
        }
    }
    if (peer.username.empty() != peer.password_file.empty()) {
        const char* missing = peer.username.empty() ? "username" : "password_file";
        fault({table, peer.username.empty() ? "password_file" : "username"},
              fmt::format("{} is missing; digest credentials need both", missing));
    }
    const auto target = parse_target(peer.target);
    if (target && target->transport != sip::Transport::Tls && peer.addresses.empty() &&
        !net::IpAddress::parse(target->host)) {
        warn({table, "target"},
             "IST-CFG-002",
             fmt::format("what '{}' sends will be refused: without TLS a peer is recognised by its "
                         "address; list it, as in addresses = [\"192.0.2.7\"]",
                         shown(peer.name)));
    }
}

void Checks::check_xmpp() {
    check_listeners("xmpp", "listen", config_.xmpp_listen, parse_listener);
    check_listeners("xmpp", "direct_tls_listen", config_.xmpp_direct_tls_listen, parse_listener);
    check_domains("xmpp", "domains", config_.xmpp_domains);
    const auto& ours = config_.xmpp_domains.empty() ? config_.sip_domains : config_.xmpp_domains;
    const auto holds = [](const std::vector<std::string>& list, const std::string& one) {
        return std::ranges::find(list, one) != list.end();
    };
    for (const auto& [xmpp, sip] : config_.xmpp_domain_map) {
        const At at{"xmpp.domain_map", xmpp};
        take(at, xmpp_name(xmpp));
        if (!take(at, sip_name(sip))) {
            continue;
        }
        if (!holds(config_.sip_domains, sip)) {
            const std::string near = text::nearest(sip, config_.sip_domains);
            fault(at,
                  fmt::format("'{}' is not in [sip] domains{}",
                              shown(sip),
                              near.empty() ? "" : fmt::format("; the nearest is '{}'", near)));
        }
        if (!holds(ours, xmpp)) {
            warn(at,
                 "IST-CFG-002",
                 fmt::format("it has no effect: '{}' is not in [xmpp] domains", shown(xmpp)));
        }
    }
}

void Checks::check_component() {
    const std::string_view table = "xmpp.component";
    if (config_.component_server.empty()) {
        if (!config_.component_domain.empty() || !config_.component_secret_file.empty()) {
            fault({table, config_.component_domain.empty() ? "secret_file" : "domain"},
                  "server is missing; write it as in \"127.0.0.1:5347\"");
        }
        return;
    }
    const auto place = xmpp::HostPort::parse(config_.component_server, 5347);
    if (place.port == 0 || (!net::IpAddress::parse(place.host) && !sip_name(place.host))) {
        fault({table, "server"},
              fmt::format("'{}' is no HOST:PORT, as in \"127.0.0.1:5347\"",
                          shown(config_.component_server)));
    }
    if (config_.component_domain.empty()) {
        fault({table, "server"}, "domain is missing: the domain that the XMPP server routes to us");
    } else {
        take({table, "domain"}, xmpp_name(config_.component_domain));
    }
    if (config_.component_secret_file.empty()) {
        fault({table, "server"},
              "secret_file is missing: a file with the secret that the XMPP server knows");
    }
}

void Checks::check_dns() {
    for (std::size_t i = 0; i < config_.dns_servers.size(); ++i) {
        take({"dns", "servers", static_cast<int>(i)}, check_name_server(config_.dns_servers[i]));
    }
    for (std::size_t i = 0; i < config_.dns_unsigned_domains.size(); ++i) {
        const At at{"dns", "unsigned_domains", static_cast<int>(i)};
        take(at, sip_name(config_.dns_unsigned_domains[i]));
        if (config_.dns_trust_anchor_file.empty()) {
            fault(at, "without trust_anchor_file nothing is expected to be signed");
        }
    }
    for (const auto& [name, records] : config_.dns_static) {
        check_static(name, records);
    }
}

void Checks::check_static(const std::string& name, const std::vector<std::string>& records) {
    const bool is_service = name.starts_with('_');
    std::string_view host = name;
    while (host.starts_with('_') && host.find('.') != std::string_view::npos) {
        host.remove_prefix(host.find('.') + 1);
    }
    if (!sip_name(host)) {
        fault({"dns.static", name},
              "the name is neither a host, as in \"xmpp.fabrikam.example\", nor a service, as in "
              "\"_xmpp-server._tcp.fabrikam.example\"");
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        const bool is_address = net::IpAddress::parse(text::trim(records[i])).has_value();
        const bool is_record = net::StaticNames::parse({{name, {records[i]}}}).has_value();
        if (is_record && is_address != is_service) {
            continue;
        }
        fault({"dns.static", name, static_cast<int>(i)},
              fmt::format("'{}' is {}",
                          shown(records[i]),
                          is_service ? "no service record \"PRIORITY WEIGHT PORT HOST\", as in \"0 "
                                       "0 5269 xmpp.fabrikam.example\""
                                     : "no address, as in \"192.0.2.7\""));
    }
}

void Checks::check_rest() {
    check_listeners("admin", "listen", config_.admin_listen, parse_listener);
    if (!config_.metrics_listen.empty()) {
        take({"metrics", "listen"}, parse_listener(config_.metrics_listen));
    }
    const At socket{"admin", "unix_socket"};
    const std::string path = config_.in_state_dir(config_.admin_unix_socket);
    if (config_.admin_unix_socket.empty()) {
        fault(socket, "it must name a file: nobody could change anything, as in \"admin.sock\"");
    } else if (path.size() > kLongestSocketPath) {
        fault(socket,
              fmt::format("'{}' is longer than the {} octets that a socket may have; choose a "
                          "shorter state_dir, or a short absolute path here",
                          shown(path),
                          kLongestSocketPath));
    }
    if (!config_.cluster_url.empty()) {
        warn({"cluster", "url"}, "IST-CFG-002", "this version runs as a single node");
    }
    check_certificate_use();
}

void Checks::check_certificate_use() {
    const bool has_certificate = !config_.tls_certificate_file.empty();
    if (has_certificate == config_.tls_private_key_file.empty()) {
        fault({"tls", has_certificate ? "certificate_file" : "private_key_file"},
              fmt::format("{} is missing; a certificate and its key belong together",
                          has_certificate ? "private_key_file" : "certificate_file"));
    }
    if (has_certificate) {
        return;
    }
    for (std::size_t i = 0; i < config_.sip_listen.size(); ++i) {
        const auto listener = parse_sip_listener(config_.sip_listen[i]);
        if (listener && listener->transport == sip::Transport::Tls) {
            warn({"sip", "listen", static_cast<int>(i)},
                 "IST-CERT-003",
                 fmt::format("'{}' cannot finish a handshake without a certificate; set "
                             "certificate_file and private_key_file in [tls]",
                             shown(config_.sip_listen[i])));
        }
    }
    if (!config_.xmpp_listen.empty()) {
        warn({"xmpp", "listen"},
             "IST-CERT-003",
             "partners that require TLS cannot reach us without a certificate; set "
             "certificate_file and private_key_file in [tls]");
    }
}

}  // namespace

void check_values(const Config& config, Findings& findings) {
    Checks(config, findings).run();
}

}  // namespace isthmus::app
