#include "app/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <sstream>
#include <utility>

namespace isthmus::app {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substitute}));
        }
    }
    return row.back();
}

class Reader {
  public:
    explicit Reader(std::string name) : name_(std::move(name)) {}

    void fault(const toml::node& at, const std::string& sentence) {
        faults_.push_back(fmt::format(
            "{}:{}:{}: {}", name_, at.source().begin.line, at.source().begin.column, sentence));
    }

    /// One table: take() each known key, then finish() names what was not known.
    class Table {
      public:
        Table(Reader& reader, const toml::table* table, std::string title)
            : reader_(reader), table_(table), title_(std::move(title)) {}

        void take(std::string_view key, std::string& to) {
            read(key, "a string", [&](const toml::node& node) {
                const auto value = node.value_exact<std::string>();
                return value ? (to = *value, true) : false;
            });
        }

        void take(std::string_view key, std::size_t& to, std::int64_t least, std::int64_t most) {
            read(key,
                 fmt::format("a whole number from {} to {}", least, most),
                 [&](const toml::node& node) {
                     const auto value = node.value_exact<std::int64_t>();
                     const bool good = value && *value >= least && *value <= most;
                     return good ? (to = static_cast<std::size_t>(*value), true) : false;
                 });
        }

        void take(std::string_view key, std::vector<std::string>& to) {
            read(key, "a list of strings", [&](const toml::node& node) {
                return strings(node, to);
            });
        }

        void take(std::string_view key, std::map<std::string, std::string>& to) {
            read(key, "a table of strings", [&](const toml::node& node) {
                const toml::table* table = node.as_table();
                for (const auto& [name, value] : table != nullptr ? *table : toml::table{}) {
                    const auto text = value.value_exact<std::string>();
                    if (!text) {
                        return false;
                    }
                    to[std::string(name.str())] = *text;
                }
                return table != nullptr;
            });
        }

        void one_of(std::string_view key,
                    std::string& to,
                    std::initializer_list<std::string_view> values) {
            read(key,
                 fmt::format("one of {}", fmt::join(values, ", ")),
                 [&](const toml::node& node) {
                     const auto value = node.value_exact<std::string>();
                     const bool good = value && std::ranges::find(values, *value) != values.end();
                     return good ? (to = *value, true) : false;
                 });
        }

        void known(std::string_view key) { known_.emplace_back(key); }

        const toml::node* node(std::string_view key) {
            known(key);
            return table_ == nullptr ? nullptr : table_->get(key);
        }

        Table table(std::string_view key) {
            const toml::node* found = node(key);
            if (found != nullptr && !found->is_table()) {
                reader_.fault(*found, fmt::format("{} must be a table", key));
            }
            return {
                reader_, found != nullptr ? found->as_table() : nullptr, fmt::format("[{}]", key)};
        }

        const toml::table* raw() const { return table_; }

        void finish() const {
            if (table_ == nullptr) {
                return;
            }
            for (const auto& [key, value] : *table_) {
                if (std::ranges::find(known_, key.str()) != known_.end()) {
                    continue;
                }
                const auto nearest =
                    std::ranges::min_element(known_, {}, [&](const std::string& known_key) {
                        return edit_distance(known_key, key.str());
                    });
                reader_.fault(value,
                              fmt::format("unknown key '{}' in {}; the nearest is '{}'",
                                          key.str(),
                                          title_,
                                          nearest == known_.end() ? "" : *nearest));
            }
        }

        static bool strings(const toml::node& node, std::vector<std::string>& to) {
            const toml::array* array = node.as_array();
            if (array == nullptr) {
                return false;
            }
            to.clear();
            for (const toml::node& item : *array) {
                const auto text = item.value_exact<std::string>();
                if (!text) {
                    return false;
                }
                to.push_back(*text);
            }
            return true;
        }

      private:
        void read(std::string_view key,
                  const std::string& wanted,
                  const std::function<bool(const toml::node&)>& convert) {
            const toml::node* found = node(key);
            if (found != nullptr && !convert(*found)) {
                reader_.fault(*found, fmt::format("{} must be {}", key, wanted));
            }
        }

        Reader& reader_;
        const toml::table* table_;
        std::string title_;
        std::vector<std::string> known_;
    };

    const std::vector<std::string>& faults() const { return faults_; }

  private:
    std::string name_;
    std::vector<std::string> faults_;
};

void read_peers(Reader& reader, const toml::node* node, std::vector<SipPeerConfig>& to) {
    const toml::array* peers = node != nullptr ? node->as_array() : nullptr;
    if (node != nullptr && peers == nullptr) {
        reader.fault(*node, "write each SIP peer as its own [[sip.peer]]");
    }
    if (peers == nullptr) {
        return;
    }
    for (const toml::node& item : *peers) {
        SipPeerConfig peer;
        Reader::Table table(reader, item.as_table(), "[[sip.peer]]");
        table.take("name", peer.name);
        table.one_of("kind", peer.kind, {"simple", "lync"});
        table.take("target", peer.target);
        table.take("domains", peer.domains);
        table.take("certificate_names", peer.certificate_names);
        table.take("addresses", peer.addresses);
        table.take("username", peer.username);
        table.take("password_file", peer.password_file);
        table.finish();
        if (peer.name.empty() || peer.target.empty()) {
            reader.fault(item, "a [[sip.peer]] needs name and target");
        }
        to.push_back(std::move(peer));
    }
}

void read_sip(Reader& reader, Reader::Table table, Config& config) {
    table.take("listen", config.sip_listen);
    table.take("domains", config.sip_domains);
    read_peers(reader, table.node("peer"), config.sip_peers);
    table.finish();
}

void read_xmpp(Reader::Table table, Config& config) {
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

void read_dns(Reader& reader, Reader::Table table, Config& config) {
    table.take("servers", config.dns_servers);
    auto fixed = table.table("static");
    if (fixed.raw() != nullptr) {
        for (const auto& [name, value] : *fixed.raw()) {
            if (!Reader::Table::strings(value, config.dns_static[std::string(name.str())])) {
                reader.fault(value, "a static record is a list of strings");
            }
        }
    }
    table.finish();
}

void read_oidc(Reader& reader, Reader::Table& admin, OidcConfig& config) {
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
        reader.fault(at, "[admin.oidc] needs issuer, an https:// URL, and client_id");
    }
    if (!config.redirect_url.empty() && !config.redirect_url.starts_with("https://")) {
        reader.fault(at, "redirect_url must be an https:// URL");
    }
    constexpr std::string_view kRoles[] = {"admin", "user-admin", "viewer", "helpdesk", "tracer"};
    for (const auto& [value, role] : config.roles) {
        if (std::ranges::find(kRoles, role) == std::end(kRoles)) {
            reader.fault(at,
                         fmt::format("[admin.oidc.roles] '{}': the role must be one of {}",
                                     value,
                                     fmt::join(kRoles, ", ")));
        }
    }
}

void read_rest(Reader& reader, Reader::Table& root, Config& config) {
    auto tls = root.table("tls");
    tls.one_of("trust", config.tls_trust, {"system", "none"});
    tls.take("extra_ca_files", config.tls_extra_ca_files);
    tls.one_of("min_version", config.tls_min_version, {"1.2", "1.3"});
    tls.take("certificate_file", config.tls_certificate_file);
    tls.take("private_key_file", config.tls_private_key_file);
    tls.finish();
    auto admin = root.table("admin");
    admin.take("listen", config.admin_listen);
    admin.take("unix_socket", config.admin_unix_socket);
    admin.take("names", config.admin_names);
    read_oidc(reader, admin, config.oidc);
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
    limits.finish();
    auto cluster = root.table("cluster");
    cluster.take("url", config.cluster_url);
    cluster.finish();
}

}  // namespace

std::string Config::in_state_dir(std::string_view path) const {
    return path.starts_with('/') ? std::string(path) : fmt::format("{}/{}", state_dir, path);
}

Result<Config> parse_config(std::string_view text, const std::string& name) {
    toml::table document;
    try {
        document = toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        return make_error(ErrorKind::Syntax,
                          "IST-CFG-001",
                          "The configuration file is not valid.",
                          fmt::format("{}:{}:{}: {}",
                                      name,
                                      error.source().begin.line,
                                      error.source().begin.column,
                                      error.description()));
    }
    Config config;
    Reader reader(name);
    Reader::Table root(reader, &document, "the file");
    auto server = root.table("server");
    server.take("name", config.server_name);
    server.take("state_dir", config.state_dir);
    server.finish();
    if (config.server_name.empty()) {
        reader.fault(document, "[server] name is required: the gateway's public FQDN");
    }
    auto database = root.table("database");
    database.take("url", config.database_url);
    database.finish();
    read_sip(reader, root.table("sip"), config);
    read_xmpp(root.table("xmpp"), config);
    read_dns(reader, root.table("dns"), config);
    auto home = root.table("home");
    if (const toml::node* enabled = home.node("enabled"); enabled != nullptr) {
        if (enabled->value_or(false)) {
            reader.fault(*enabled, "the home server is not part of this version; set it to false");
        }
    }
    home.finish();
    read_rest(reader, root, config);
    root.finish();
    if (!reader.faults().empty()) {
        return make_error(ErrorKind::Syntax,
                          "IST-CFG-001",
                          "The configuration file is not valid.",
                          fmt::format("{}", fmt::join(reader.faults(), "\n")));
    }
    return config;
}

Result<Config> load_config(const std::string& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        return make_error(ErrorKind::NotFound,
                          "IST-CFG-001",
                          "The configuration file cannot be read.",
                          path + ": cannot be read");
    }
    return parse_config(text.str(), path);
}

}  // namespace isthmus::app
