#include "app/traffic_config.h"

#include "app/config_values.h"
#include "app/home_wing.h"
#include "app/version.h"
#include "base/text.h"
#include "net/address.h"
#include "sip/event_usage.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

namespace isthmus::app {

namespace {

std::string read_secret(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    return std::string(text::trim(text));
}

/// Auto: to each kind what is its own.
sip::PresencePreference presence_of(const SipPeerConfig& config) {
    using enum sip::PresencePreference;
    if (config.presence_format == "auto") {
        return config.kind == "lync" ? Auto : Pidf;
    }
    return config.presence_format == "categories" ? Categories
           : config.presence_format == "msrtc"    ? Msrtc
                                                  : Pidf;
}

Result<gateway::SipPeer> make_peer(const SipPeerConfig& config, std::size_t index) {
    gateway::SipPeer made{.name = config.name};
    const auto target = parse_target(config.target);
    if (!target) {
        return target.error();
    }
    made.target = {.host = target->host,
                   .port = target->port,
                   .transport = target->transport,
                   .use_srv = !target->has_port};
    made.target.peer = static_cast<int>(index);
    made.target.username = config.username;
    if (!config.password_file.empty()) {
        made.target.password = read_secret(config.password_file);
    }
    made.has_sessions = config.kind == "lync";
    made.presence = presence_of(config);
    made.asserts_identity = config.asserted_identity;
    made.target.needs_tls13 = config.min_tls_version == "1.3";
    made.certificate_names = config.certificate_names;
    if (made.certificate_names.empty()) {
        made.certificate_names = {target->host};
    }
    made.target.certificate_names = made.certificate_names;
    for (const std::string& domain : config.domains) {
        auto name = sip_name(domain);
        if (!name) {
            return name.error();
        }
        made.domains.push_back(std::move(*name));
    }
    for (const std::string& text : config.addresses) {
        const auto block = net::Cidr::parse(text);
        if (!block) {
            return invalid_config(
                fmt::format("peer {}: '{}' is no address or CIDR", config.name, text));
        }
        made.addresses.push_back(*block);
    }
    // A target written as an address is a listed address; but a peer that speaks TLS proves itself
    // by its certificate, and not in clear text.
    if (const auto ip = net::IpAddress::parse(target->host);
        ip && made.addresses.empty() && target->transport != sip::Transport::Tls) {
        made.addresses.push_back({*ip, ip->is_v4() ? 32 : 128});
    }
    return made;
}

}  // namespace

Result<gateway::GatewayConfig> make_flows(const Config& config) {
    gateway::GatewayConfig made;
    made.server_name = config.server_name;
    made.read_clock = [] { return TimePoint(std::chrono::steady_clock::now()); };
    made.max_message_chars = config.max_message_chars;
    made.max_stanza_octets = config.max_stanza_bytes;
    made.max_pending = config.max_pending_messages;
    made.notify_interval = std::chrono::seconds(config.notify_interval_seconds);
    made.dialog_check = std::chrono::seconds(config.dialog_check_seconds);
    made.max_pairs = config.max_pairs;
    made.subscribe_rate = static_cast<double>(config.subscribe_rate);
    made.subscribe_burst = static_cast<double>(config.subscribe_burst);
    const auto& xmpp_domains =
        config.xmpp_domains.empty() ? config.sip_domains : config.xmpp_domains;
    for (const std::string& domain : xmpp_domains) {
        const auto mapped = config.xmpp_domain_map.find(domain);
        auto sip = sip_name(mapped == config.xmpp_domain_map.end() ? domain : mapped->second);
        auto xmpp = xmpp_name(domain);
        if (!sip || !xmpp) {
            return sip ? xmpp.error() : sip.error();
        }
        made.domains.push_back({std::move(*sip), std::move(*xmpp)});
    }
    for (std::size_t i = 0; i < config.sip_peers.size(); ++i) {
        auto peer = make_peer(config.sip_peers[i], i);
        if (!peer) {
            return peer.error();
        }
        made.peers.push_back(std::move(*peer));
    }
    if (auto home = home_peer(config, made)) {
        made.peers.push_back(*std::move(home));
    }
    return made;
}

sip::UserAgentConfig make_user_agent_config(const Config& config) {
    sip::UserAgentConfig made;
    made.server_name = config.server_name;
    made.max_message_octets = config.max_sip_bytes;
    made.max_pending_transactions = config.max_pending_messages;
    made.methods = {sip::Method::Message, sip::Method::Subscribe, sip::Method::Notify};
    made.allow_events = sip::kPresencePackage;
    for (const SipPeerConfig& peer : config.sip_peers) {
        made.peer_names.push_back(peer.name);
        made.has_sessions = made.has_sessions || peer.kind == "lync";
    }
    open_for_devices(config, made);
    return made;
}

xmpp::StreamSettings stream_settings(const policy::GatewaySettings& settings) {
    using std::chrono::seconds;
    return {.connection_limit = settings.connection_limit,
            .partner_connection_limit = settings.partner_connection_limit,
            .keep_alive_interval = seconds(settings.keep_alive_interval),
            .stream_establishment_timeout = seconds(settings.stream_establishment_timeout),
            .stream_inactivity_timeout = seconds(settings.stream_inactivity_timeout),
            .dialback_passphrase = settings.dialback_passphrase};
}

xmpp::ServerConfig make_server_config(const Config& config,
                                      const gateway::GatewayConfig& flows,
                                      const policy::Policy& policy) {
    xmpp::ServerConfig made;
    for (const gateway::ServedDomain& domain : flows.domains) {
        made.domains.push_back(domain.xmpp);
    }
    made.version = kVersion;
    made.max_stanza_octets = config.max_stanza_bytes;
    made.streams = stream_settings(policy.gateway());
    made.component_server = config.component_server;
    made.component_domain = config.component_domain;
    if (!config.component_secret_file.empty()) {
        made.component_secret = read_secret(config.component_secret_file);
    }
    return made;
}

}  // namespace isthmus::app
