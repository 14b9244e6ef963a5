#include "app/traffic_wing.h"

#include "app/config_values.h"
#include "app/traffic_config.h"
#include "app/traffic_views.h"
#include "base/text.h"
#include "net/resolver.h"
#include "net/tls_context.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace isthmus::app {

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
    const std::vector<sip::PeerHealth> health = user_agent_->peers();
    std::vector<control::PeerStatus> made;
    for (std::size_t i = 0; i < flows_.peers.size(); ++i) {
        const gateway::SipPeer& peer = flows_.peers[i];
        if (!peer.target.host.empty()) {  // else the home server, which is no system of its own
            made.push_back(to_control(peer, i < health.size() ? &health[i] : nullptr, now));
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
        const auto& ended = gateway_.counters().totals()[way];
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

control::Usage TrafficWing::usage(const control::UsageQuestion& question) {
    const gateway::Counters& counters = gateway_.counters();
    const TimePoint now = loop_.timers().now();
    const double wall =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    control::Usage made;
    for (const std::string& partner : question.partners) {
        const auto last = counters.last_delivered(partner);
        made.last_message_at.push_back(last ? wall - seconds(now - *last) : 0);
    }
    for (const std::string& block : question.blocks) {
        made.block_hits.push_back(counters.block_hits(block));
    }
    return made;
}

control::MessageCounts TrafficWing::counts() const {
    control::MessageCounts made = to_control(gateway_.counters().totals());
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
