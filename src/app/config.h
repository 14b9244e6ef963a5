// The boot configuration: listen addresses, peers, database, log. Nothing an administrator changes
// at run time. docs/configuration.md describes every key.
#pragma once

#include "app/config_findings.h"
#include "base/result.h"
#include "control/directory.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::app {

struct SipPeerConfig {
    std::string name;
    std::string kind = "simple";
    std::string presence_format = "auto";
    bool asserted_identity = false;  ///< default: true for lync
    std::string min_tls_version;     ///< empty: that of [tls]
    std::string target;              ///< "tls:host:port"
    std::vector<std::string> domains;
    std::vector<std::string> certificate_names;
    std::vector<std::string> addresses;
    std::string username;  ///< digest, when the peer challenges
    std::string password_file;
};

struct OidcConfig {
    std::string issuer;
    std::string client_id;
    std::string client_secret_file;
    std::string redirect_url;  ///< empty: below the first admin listener
    std::string scope = "openid profile email";
    std::string name_claim = "preferred_username";
    std::string role_claim = "groups";
    std::map<std::string, std::string> roles;  ///< value of the claim -> role
};

struct Config {
    std::string server_name;
    std::string state_dir = "/var/lib/isthmus";
    std::string database_url = "sqlite:isthmus.db";

    std::vector<std::string> sip_listen = {"tls:[::]:5061"};
    std::vector<std::string> sip_domains;
    std::vector<SipPeerConfig> sip_peers;

    bool home_enabled = false;
    std::size_t home_max_devices = 20'000;
    bool home_md5_only = false;

    std::vector<std::string> xmpp_listen = {"[::]:5269"};
    std::vector<std::string> xmpp_direct_tls_listen;
    std::vector<std::string> xmpp_domains;
    std::map<std::string, std::string> xmpp_domain_map;
    std::string component_server;
    std::string component_domain;
    std::string component_secret_file;

    std::vector<std::string> dns_servers;
    std::string dns_trust_anchor_file;
    std::vector<std::string> dns_unsigned_domains;
    std::map<std::string, std::vector<std::string>> dns_static;

    std::string tls_trust = "system";
    std::vector<std::string> tls_extra_ca_files;
    std::vector<std::string> tls_crl_files;
    std::string tls_min_version = "1.2";
    std::string tls_certificate_file;
    std::string tls_private_key_file;

    std::vector<std::string> admin_listen = {"127.0.0.1:8443"};
    std::string admin_unix_socket = "admin.sock";
    /// What the Host header may say besides server_name, localhost and addresses.
    std::vector<std::string> admin_names;
    OidcConfig oidc;
    std::string metrics_listen = "127.0.0.1:9469";

    std::string log_format = "json";
    std::string log_level = "info";

    std::size_t max_sip_bytes = 65536;
    std::size_t max_stanza_bytes = 262144;
    std::size_t max_message_chars = 8000;
    std::size_t max_pending_messages = 200000;
    std::size_t drain_seconds = 30;
    std::size_t notify_interval_seconds = 5;
    std::size_t dialog_check_seconds = 5;
    std::size_t max_pairs = 2'000'000;
    std::size_t subscribe_rate = 50;
    std::size_t subscribe_burst = 200;

    std::string cluster_url;
    control::DirectorySettings directory;  ///< its url is empty if there is none

    std::string file;  ///< as whoever started the program named it
    Places places;
    std::vector<ConfigWarning> warnings;
    ConfigKeys keys;  ///< all that the reader knows

    /// A path of the configuration, taken relative to state_dir.
    std::string in_state_dir(std::string_view path) const;
    /// {"file", "effective", "config"}, see shown_config().
    boost::json::object shown(bool is_effective) const;
    /// "FILE:LINE:COLUMN: [sip] listen: ", for what is found out about a value later.
    std::string locate(const At& at) const;
};

/// Reads and checks all that can be known before the start: keys, types, values, and the files that
/// are named. Files and `state_dir` are taken relative to the folder of the configuration file.
/// Every fault is one line "FILE:LINE:COLUMN: sentence" in the error's detail (IST-CFG-001).
Result<Config> load_config(const std::string& path);
/// The same without a look at other files; `folder` is what relative paths are taken from.
Result<Config> parse_config(std::string_view text,
                            const std::string& name,
                            const std::string& folder = ".");
/// Every key that a file may have, as if the file were silent.
ConfigKeys known_keys();

}  // namespace isthmus::app
