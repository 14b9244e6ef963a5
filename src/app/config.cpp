#include "app/config.h"

#include "app/config_checks.h"
#include "app/config_reader.h"
#include "app/directory_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace isthmus::app {

namespace {

void read_peers(Findings& findings, const toml::node* node, std::vector<SipPeerConfig>& to) {
    const toml::array* peers = node != nullptr ? node->as_array() : nullptr;
    if (node != nullptr && peers == nullptr) {
        findings.fault(place_of(node->source()),
                       "write each SIP peer as its own [[sip.peer]], in double brackets");
    }
    if (peers == nullptr) {
        return;
    }
    for (const toml::node& item : *peers) {
        SipPeerConfig peer;
        TableReader table(
            findings, item.as_table(), "[[sip.peer]]", fmt::format("sip.peer[{}]", to.size()));
        table.take("name", peer.name);
        table.one_of("kind", peer.kind, {"simple", "lync"});
        table.one_of(
            "presence_format", peer.presence_format, {"auto", "categories", "msrtc", "pidf"});
        peer.asserted_identity = peer.kind == "lync";
        table.take("asserted_identity", peer.asserted_identity);
        table.one_of("min_tls_version", peer.min_tls_version, {"1.2", "1.3"});
        table.take("target", peer.target);
        table.take("domains", peer.domains);
        table.take("certificate_names", peer.certificate_names);
        table.take("addresses", peer.addresses);
        table.take("username", peer.username);
        table.take("password_file", peer.password_file);
        table.finish();
        to.push_back(std::move(peer));
    }
}

void read_sip(Findings& findings, TableReader table, Config& config) {
    table.take("listen", config.sip_listen);
    table.take("domains", config.sip_domains);
    read_peers(findings, table.node("peer"), config.sip_peers);
    table.finish();
}

void read_xmpp(TableReader table, Config& config) {
    table.take("listen", config.xmpp_listen);
    table.take("direct_tls_listen", config.xmpp_direct_tls_listen);
    table.take("domains", config.xmpp_domains);
    table.take("domain_map", config.xmpp_domain_map);
    auto component = table.table("component");
    component.take("server", config.component_server);
    component.take("domain", config.component_domain);
    component.take("secret_file", config.component_secret_file);
    component.finish();
    table.finish();
}

void read_dns(TableReader table, Config& config) {
    table.take("servers", config.dns_servers);
    table.take("trust_anchor_file", config.dns_trust_anchor_file);
    table.take("unsigned_domains", config.dns_unsigned_domains);
    table.take("static", config.dns_static);
    table.finish();
}

void read_home(TableReader table, Config& config) {
    table.take("enabled", config.home_enabled);
    table.take("max_devices", config.home_max_devices, 1, 1'000'000);
    table.take("md5_only", config.home_md5_only);
    table.finish();
}

void read_oidc(TableReader& admin, OidcConfig& config) {
    auto table = admin.table("oidc");
    table.take("issuer", config.issuer);
    table.take("client_id", config.client_id);
    table.take("client_secret_file", config.client_secret_file);
    table.take("redirect_url", config.redirect_url);
    table.take("scope", config.scope);
    table.take("name_claim", config.name_claim);
    table.take("role_claim", config.role_claim);
    table.take("roles", config.roles);
    table.finish();
    if (table.raw() == nullptr) {
        return;
    }
    const toml::table& at = *table.raw();
    if (!config.issuer.starts_with("https://") || config.client_id.empty()) {
        table.fault(at, "[admin.oidc] needs issuer, an https:// URL, and client_id");
    }
    if (!config.redirect_url.empty() && !config.redirect_url.starts_with("https://")) {
        table.fault(at, "redirect_url must be an https:// URL");
    }
    constexpr std::string_view kRoles[] = {"admin", "user-admin", "viewer", "helpdesk", "tracer"};
    for (const auto& [value, role] : config.roles) {
        if (std::ranges::find(kRoles, role) == std::end(kRoles)) {
            table.fault(at,
                        fmt::format("[admin.oidc.roles] '{}': the role must be one of {}",
                                    value,
                                    fmt::join(kRoles, ", ")));
        }
    }
}

void read_rest(TableReader& root, Config& config) {
    auto tls = root.table("tls");
    tls.one_of("trust", config.tls_trust, {"system", "none"});
    tls.take("extra_ca_files", config.tls_extra_ca_files);
    tls.take("crl_files", config.tls_crl_files);
    tls.one_of("min_version", config.tls_min_version, {"1.2", "1.3"});
    tls.take("certificate_file", config.tls_certificate_file);
    tls.take("private_key_file", config.tls_private_key_file);
    tls.finish();
    auto admin = root.table("admin");
    admin.take("listen", config.admin_listen);
    admin.take("unix_socket", config.admin_unix_socket);
    admin.take("names", config.admin_names);
    read_oidc(admin, config.oidc);
    admin.finish();
    auto metrics = root.table("metrics");
    metrics.take("listen", config.metrics_listen);
    metrics.finish();
    auto log = root.table("log");
    log.one_of("format", config.log_format, {"json", "text"});
    log.one_of("level", config.log_level, {"trace", "debug", "info", "warning", "error"});
    log.finish();
    auto limits = root.table("limits");
    limits.take("max_sip_bytes", config.max_sip_bytes, 1300, 16 << 20);
    // RFC 6120 §13.12: a stanza limit below 10000 octets is not allowed.
    limits.take("max_stanza_bytes", config.max_stanza_bytes, 10000, 64 << 20);
    limits.take("max_message_chars", config.max_message_chars, 1, 1 << 20);
    limits.take("max_pending_messages", config.max_pending_messages, 1, 10'000'000);
    limits.take("drain_seconds", config.drain_seconds, 0, 3600);
    limits.take("notify_interval_seconds", config.notify_interval_seconds, 0, 3600);
    limits.take("dialog_check_seconds", config.dialog_check_seconds, 0, 3600);
    limits.take("max_pairs", config.max_pairs, 1, 10'000'000);
    limits.take("subscribe_rate", config.subscribe_rate, 1, 100'000);
    limits.take("subscribe_burst", config.subscribe_burst, 1, 1'000'000);
    limits.finish();
    auto cluster = root.table("cluster");
    cluster.take("url", config.cluster_url);
    cluster.finish();
}

void read_all(Findings& findings, const toml::table& document, Config& config) {
    note_places(document, config.places);
    TableReader root(findings, &document, "the file", "");
    auto server = root.table("server");
    server.take("name", config.server_name);
    server.take("state_dir", config.state_dir);
    server.finish();
    auto database = root.table("database");
    database.take("url", config.database_url);
    database.finish();
    read_sip(findings, root.table("sip"), config);
    read_xmpp(root.table("xmpp"), config);
    read_dns(root.table("dns"), config);
    read_home(root.table("home"), config);
    read_rest(root, config);
    read_directory(root.table("directory"), config.directory);
    root.finish();
}

void resolve(std::string& path, const std::string& folder) {
    if (!path.empty() && !path.starts_with('/') && folder != ".") {
        path = fmt::format("{}/{}", folder, path);
    }
}

void resolve_files(Config& config, const std::string& folder) {
    resolve(config.state_dir, folder);
    resolve(config.tls_certificate_file, folder);
    resolve(config.tls_private_key_file, folder);
    resolve(config.component_secret_file, folder);
    resolve(config.oidc.client_secret_file, folder);
    for (std::string& path : config.tls_extra_ca_files) {
        resolve(path, folder);
    }
    for (std::string& path : config.tls_crl_files) {
        resolve(path, folder);
    }
    resolve(config.dns_trust_anchor_file, folder);
    for (SipPeerConfig& peer : config.sip_peers) {
        resolve(peer.password_file, folder);
    }
    resolve(config.directory.password_file, folder);
    for (std::string& path : config.directory.ca_files) {
        resolve(path, folder);
    }
}

Error refused(std::string faults) {
    return make_error(ErrorKind::Syntax,
                      "IST-CFG-001",
                      "The configuration file is not valid.",
                      std::move(faults));
}

Result<Config> read_and_check(std::string_view text,
                              const std::string& name,
                              const std::string& folder,
                              bool with_files) {
    Findings findings(name);
    toml::table document;
    try {
        document = toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        findings.fault(place_of(error.source()), error.description());
        return refused(findings.faults());
    }
    Config config;
    config.file = name;
    read_all(findings, document, config);
    resolve_files(config, folder);
    check_values(config, findings);
    check_directory(config, findings);
    if (with_files) {
        check_files(config, findings);
    }
    if (findings.has_faults()) {
        return refused(findings.faults());
    }
    config.warnings = findings.warnings();
    config.keys = findings.take_keys();
    return config;
}

}  // namespace

std::string Config::in_state_dir(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", state_dir, path);
}

boost::json::object Config::shown(bool is_effective) const {
    return {
        {"file", file}, {"effective", is_effective}, {"config", shown_config(keys, is_effective)}};
}

std::string Config::locate(const At& at) const {
    const Place place = places.find(at);
    return place.line == 0
               ? fmt::format("{}: {}: ", file, name_of(at))
               : fmt::format("{}:{}:{}: {}: ", file, place.line, place.column, name_of(at));
}

Result<Config> parse_config(std::string_view text,
                            const std::string& name,
                            const std::string& folder) {
    return read_and_check(text, name, folder, false);
}

ConfigKeys known_keys() {
    Findings findings("");
    Config config;
    // One peer, so that its keys are met.
    read_all(findings, toml::parse("[[sip.peer]]\n"), config);
    return findings.take_keys();
}

Result<Config> load_config(const std::string& path) {
    std::error_code unknown;
    const bool is_folder = std::filesystem::is_directory(path, unknown);
    const std::ifstream file(path, std::ios::binary);
    if (!file || is_folder) {
        const std::string why =
            is_folder ? "it is a directory" : std::system_category().message(errno);
        return make_error(ErrorKind::NotFound,
                          "IST-CFG-001",
                          "The configuration file cannot be read.",
                          fmt::format("{}: cannot be read: {}", path, why));
    }
    std::ostringstream text;
    text << file.rdbuf();
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return read_and_check(text.str(), path, folder.empty() ? "." : folder, true);
}

}  // namespace isthmus::app
