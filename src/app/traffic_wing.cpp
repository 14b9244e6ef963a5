#include "app/traffic_wing.h"

#include "app/config_values.h"
#include "app/traffic_views.h"
#include "app/version.h"
#include "base/text.h"
#include "net/resolver.h"
#include "net/tls_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

namespace isthmus::app {

namespace {

Error invalid(std::string detail) {
    return make_error(
        ErrorKind::Syntax, "IST-CFG-001", "The configuration is not valid.", std::move(detail));
}

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
            return invalid(fmt::format("peer {}: '{}' is no address or CIDR", config.name, text));
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

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string text_of(std::string_view sentence, std::string_view evidence) {
    if (sentence.ends_with('.')) {
        sentence.remove_suffix(1);
    }
    const bool has_both = !sentence.empty() && !evidence.empty();
    return fmt::format("{}{}{}", sentence, has_both ? ": " : "", evidence);
}

}  // namespace

TrafficWing::TrafficWing(const Config& config,
                         metrics::Registry& metrics,
                         gateway::GatewayConfig flows)
    : server_name_(config.server_name),
      subscription_queue_(loop_, metrics),
      network_(loop_, metrics),
      flows_(std::move(flows)),
      gateway_(flows_, loop_.timers(), random_, metrics),
      drain_timer_(loop_.timers(), [this] { check_drained(); }) {}

TrafficWing::~TrafficWing() {
    stop();
    if (home_ != nullptr) {
        home_->home().abandon();
    }
    gateway_.abandon();
}

Result<std::unique_ptr<TrafficWing>> TrafficWing::create(
    const Config& config,
    std::shared_ptr<const policy::Policy> policy,
    metrics::Registry& metrics) {
    auto flows = make_flows(config);
    if (!flows) {
        return flows.error();
    }
    std::unique_ptr<TrafficWing> made(new TrafficWing(config, metrics, std::move(*flows)));
    net::DnsSettings dns;
    dns.servers = config.dns_servers;
    dns.trust_anchor_file = config.dns_trust_anchor_file;
    dns.unsigned_domains = config.dns_unsigned_domains;
    for (const auto& [name, records] : config.dns_static) {
        dns.static_names[name] = records;
    }
    Tap& tap = made->gateway_.traces();
    auto resolver = net::DnsResolver::create(made->loop_, made->random_, dns);
    if (!resolver) {
        return resolver.error();
    }
    made->resolver_ = std::move(*resolver);
    if (config.home_enabled) {
        made->home_ = std::make_unique<HomeWing>(config,
                                                 made->flows_,
                                                 made->gateway_,
                                                 made->subscription_queue_,
                                                 made->loop_.timers(),
                                                 made->random_,
                                                 metrics);
    }
    sip::RequestHandler& requests =
        made->home_ != nullptr ? static_cast<sip::RequestHandler&>(*made->home_) : made->gateway_;
    sip::UserAgentConfig agent = make_user_agent_config(config);
    agent.tap = &tap;
    made->user_agent_ = sip::make_user_agent(std::move(agent),
                                             made->network_,
                                             *made->resolver_,
                                             made->loop_.timers(),
                                             made->random_,
                                             metrics,
                                             requests);
    made->sip_peers_ = std::make_unique<gateway::SipPeers>(made->flows_, *made->user_agent_);
    xmpp::ServerConfig server = make_server_config(config, made->flows_, *policy);
    server.tap = &tap;
    made->server_ = xmpp::make_server(std::move(server),
                                      made->network_,
                                      *made->resolver_,
                                      made->loop_.timers(),
                                      made->random_,
                                      metrics,
                                      made->gateway_);
    if (made->home_ != nullptr) {
        made->home_->attach(*made->user_agent_, *made->sip_peers_);
        made->gateway_.attach(
            *made->home_, *made->home_, *made->server_, made->subscription_queue_);
        made->gateway_.sessions().add('h', made->home_->home().sessions());
    } else {
        made->gateway_.attach(
            *made->sip_peers_, *made->sip_peers_, *made->server_, made->subscription_queue_);
    }
    made->gateway_.set_policy(std::move(policy));
    made->started_ = made->loop_.timers().now();
    return made;
}

void TrafficWing::start() {
    thread_ = std::thread([this] { loop_.run(); });
}

void TrafficWing::stop() {
    if (thread_.joinable()) {
        loop_.stop();
        thread_.join();
    }
}

Listening TrafficWing::listen(const Config& config) {
    Listening made;
    const auto refuse = [&](const At& at, const Error& why) {
        made.failures.push_back(why);
        made.failures.back().detail = config.locate(at) + why.detail;
    };
    for (std::size_t i = 0; i < config.sip_listen.size(); ++i) {
        const At at{"sip", "listen", static_cast<int>(i)};
        const auto address = parse_sip_listener(config.sip_listen[i]);
        const auto bound = address ? user_agent_->listen({*address})
                                   : Result<std::vector<sip::ListenAddress>>(address.error());
        if (!bound) {
            refuse(at, bound.error());
            continue;
        }
        made.sip.push_back(fmt::format("{}:{}",
                                       text::to_lower(sip::transport_name(address->transport)),
                                       bound->front().endpoint.to_string()));
    }
    const auto listen_for_streams = [&](const char* key,
                                        const std::vector<std::string>& texts,
                                        std::vector<std::string>& opened) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const At at{"xmpp", key, static_cast<int>(i)};
            const auto endpoint = parse_listener(texts[i]);
            const auto bound = endpoint
                                   ? server_->listen({*endpoint}, &opened == &made.xmpp_direct_tls)
                                   : Result<std::vector<net::Endpoint>>(endpoint.error());
            if (!bound) {
                refuse(at, bound.error());
                continue;
            }
            opened.push_back(bound->front().to_string());
            xmpp_listeners_.push_back(opened.back());
        }
    };
    listen_for_streams("listen", config.xmpp_listen, made.xmpp);
    listen_for_streams("direct_tls_listen", config.xmpp_direct_tls_listen, made.xmpp_direct_tls);
    if (made.failures.empty()) {
        is_listening_ = true;
        gateway_.begin();
    }
    return made;
}

std::shared_ptr<const policy::Policy> TrafficWing::set_policy(
    std::shared_ptr<const policy::Policy> policy) {
    server_->set_settings(stream_settings(policy->gateway()));
    auto before = gateway_.set_policy(std::move(policy));
    if (home_ != nullptr) {
        home_->home().recheck();
    }
    return before;
}

void TrafficWing::set_tls(const std::shared_ptr<const net::TlsContext>& sip,
                          const std::shared_ptr<const net::TlsContext>& xmpp) {
    user_agent_->set_tls(sip);
    server_->set_tls(xmpp);
    has_certificate_ = xmpp != nullptr && xmpp->has_certificate();
}

std::vector<control::PeerStatus> TrafficWing::peer_status(TimePoint now) const {
    constexpr std::string_view kStates[] = {"never tried", "up", "not answering"};
    const std::vector<sip::PeerHealth> health = user_agent_->peers();
    std::vector<control::PeerStatus> made;
    for (std::size_t i = 0; i < flows_.peers.size(); ++i) {
        const gateway::SipPeer& peer = flows_.peers[i];
        if (peer.target.host.empty()) {
            continue;  // the home server, which is no system of its own
        }
        control::PeerStatus& one = made.emplace_back();
        one.name = peer.name;
        one.transport = text::to_lower(sip::transport_name(peer.target.transport));
        one.target =
            peer.target.port == 0
                ? fmt::format("{}:{}", one.transport, peer.target.host)
                : fmt::format("{}:{}:{}", one.transport, peer.target.host, peer.target.port);
        if (i >= health.size()) {
            continue;
        }
        const sip::PeerHealth& state = health[i];
        one.state = kStates[static_cast<std::size_t>(state.state)];
        one.pending = state.pending;
        if (state.state != sip::PeerHealth::State::Untried) {
            one.state_seconds = seconds(now - state.since);
        }
        if (state.last_error) {
            one.last_error = {
                .code = std::string(state.last_error->code),
                .step = std::string(PeerTest::step_of(state.last_error->code)),
                .text = text_of(state.last_error->public_text, state.last_error->detail),
                .address = {},
                .age_seconds = seconds(now - state.failed_at),
                .sentence = state.last_error->public_text,
                .evidence = state.last_error->detail,
                .first_age_seconds = seconds(now - state.first_failed_at),
                .count = state.failures,
                .is_over = state.state == sip::PeerHealth::State::Up};
        }
    }
    return made;
}

control::Status TrafficWing::status() {
    const TimePoint now = loop_.timers().now();
    control::Status made;
    made.server_name = server_name_;
    made.state = is_draining_ ? "draining" : is_listening_ ? "running" : "starting";
    made.uptime_seconds = seconds(now - started_);
    made.running_revision = gateway_.policy().revision();
    made.messages_pending = gateway_.pending();
    made.messages_queued = gateway_.queued();
    made.oldest_queued_seconds = seconds(gateway_.oldest_queued());
    for (const xmpp::LinkStatus& link : server_->status()) {
        const policy::Partner* partner = gateway_.policy().partner_of(link.remote_domain);
        made.streams.push_back(
            to_control(link, partner != nullptr ? partner->domain : std::string(), now));
    }
    for (const auto direction : {gateway::Direction::SipToXmpp, gateway::Direction::XmppToSip}) {
        const auto way = static_cast<std::size_t>(direction);
        const auto& ended = gateway_.totals()[way];
        made.messages[way] = std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
        made.failures[way] = made.messages[way] -
                             ended[static_cast<std::size_t>(gateway::Outcome::Delivered)] -
                             ended[static_cast<std::size_t>(gateway::Outcome::Dropped)];
    }
    made.last_message_row = gateway_.last_message_row();
    made.subscriptions = gateway_.subscription_count();
    made.dialogs = gateway_.dialog_count();
    made.presence_changes = gateway_.presence_changes();
    made.xmpp_listeners = xmpp_listeners_;
    made.has_certificate = has_certificate_;
    made.peers = peer_status(now);
    return made;
}

control::MessageCounts TrafficWing::counts() const {
    control::MessageCounts made = to_control(gateway_.totals());
    made.queued = gateway_.queued();
    made.pending = gateway_.pending();
    return made;
}

bool TrafficWing::is_idle() const {
    return gateway_.pending() == 0 && server_->pending() == 0 && user_agent_->pending() == 0 &&
           subscription_queue_.waiting() == 0 && (home_ == nullptr || home_->pending() == 0);
}

void TrafficWing::drain(Duration patience, std::function<void()> on_done) {
    is_draining_ = true;
    on_drained_ = std::move(on_done);
    drain_deadline_ = loop_.timers().now() + patience;
    user_agent_->set_draining(true);
    server_->set_draining(true);
    // One turn at least, so that the answers of this turn leave.
    drain_timer_.arm(std::chrono::milliseconds(20));
}

void TrafficWing::check_drained() {
    if (is_idle() || loop_.timers().now() >= drain_deadline_) {
        std::exchange(on_drained_, nullptr)();
        return;
    }
    drain_timer_.arm(std::chrono::milliseconds(20));
}

}  // namespace isthmus::app
