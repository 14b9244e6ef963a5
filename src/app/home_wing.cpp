#include "app/home_wing.h"

#include "base/text.h"
#include "store/home_store.h"

#include <algorithm>
#include <utility>

namespace isthmus::app {

namespace {

using sip::Method;

constexpr std::string_view kName = "home";
constexpr std::size_t kPerAddress = 1024;  // an office comes from one address
constexpr double kStrangersPerSecond = 2000;
constexpr double kStrangersBurst = 4000;
constexpr std::size_t kAnswerFactor = 3;

/// What the flows take from a SIP system.
bool is_for_flows(Method method) {
    return method != Method::Register && method != Method::Publish && method != Method::Service;
}

home::HomeConfig config_of(const Config& config, const gateway::GatewayConfig& flows) {
    home::HomeConfig made;
    made.domains = flows.peers.back().domains;
    made.registrar.max_devices = config.home_max_devices;
    made.md5_only = config.home_md5_only;
    return made;
}

}  // namespace

std::optional<gateway::SipPeer> home_peer(const Config& config,
                                          const gateway::GatewayConfig& flows) {
    if (!config.home_enabled) {
        return std::nullopt;
    }
    gateway::SipPeer made{.name = std::string(kName)};
    for (const gateway::ServedDomain& domain : flows.domains) {
        const bool is_behind = std::ranges::any_of(flows.peers, [&](const gateway::SipPeer& peer) {
            return std::ranges::find(peer.domains, domain.sip) != peer.domains.end();
        });
        if (!is_behind) {
            made.domains.push_back(domain.sip);
        }
    }
    return made;
}

void open_for_devices(const Config& config, sip::UserAgentConfig& to) {
    if (!config.home_enabled) {
        return;
    }
    for (const Method method : {Method::Register, Method::Publish, Method::Service}) {
        to.methods.push_back(method);
    }
    to.allow_events = "presence, presence.winfo";
    to.option_tags = {"adhoclist", "categoryList", "eventlist", "gruu", "outbound", "path"};
    to.has_sessions = true;
    to.max_connections += config.home_max_devices;
    to.max_connections_per_address = kPerAddress;
    to.strangers_per_second = kStrangersPerSecond;
    to.strangers_burst = kStrangersBurst;
    to.answer_factor = kAnswerFactor;
    to.peer_names.emplace_back(kName);
}

HomeWing::HomeWing(const Config& config,
                   const gateway::GatewayConfig& flows,
                   gateway::Gateway& gateway,
                   SubscriptionQueue& queue,
                   Timers& timers,
                   Random& random,
                   metrics::Registry& metrics)
    : gateway_(gateway),
      queue_(queue),
      server_name_(config.server_name),
      domains_(flows.peers.back().domains),
      peer_(static_cast<int>(flows.peers.size()) - 1),
      loopback_(timers, random),
      home_(config_of(config, flows), *this, timers, random, metrics) {
    loopback_.attach(
        kFlows,
        [this](const sip::Request& request, std::unique_ptr<sip::IncomingRequest> transaction) {
            pass_to_flows(request, std::move(transaction), false);
        });
    loopback_.attach(
        kHome,
        [this](const sip::Request& request, std::unique_ptr<sip::IncomingRequest> transaction) {
            home_.on_flow_request(request, std::move(transaction));
        });
}

void HomeWing::attach(sip::UserAgent& user_agent, gateway::SipPeers& peers) {
    user_agent_ = &user_agent;
    peers_ = &peers;
}

bool HomeWing::is_home(std::string_view sip_domain) const {
    return std::ranges::find(domains_, sip_domain) != domains_.end();
}

// --- sip::RequestHandler ----------------------------------------------------------------------

void HomeWing::on_request(const sip::Request& request,
                          const sip::Origin& origin,
                          std::unique_ptr<sip::IncomingRequest> transaction) {
    if (origin.peer < 0 || origin.peer == peer_) {
        return home_.on_request(request, origin, std::move(transaction));
    }
    if (!is_for_flows(request.method)) {
        return transaction->respond(405);
    }
    gateway_.on_request(request, origin, std::move(transaction));
}

void HomeWing::on_notify_ahead(std::string_view call_id) {
    gateway_.on_notify_ahead(call_id);
}

void HomeWing::on_flow_closed(std::uint64_t flow) {
    home_.on_flow_closed(flow);
}

void HomeWing::on_benotify(const sip::Request& request, const sip::Origin& origin) {
    if (origin.peer >= 0 && origin.peer != peer_) {
        gateway_.on_benotify(request, origin);
    }
}

bool HomeWing::on_ack(const sip::Request& request, const sip::Origin& origin) {
    return origin.peer < 0 || origin.peer == peer_ ? home_.on_ack(request, origin)
                                                   : gateway_.on_ack(request, origin);
}

// --- gateway::SipSide, sip::SessionPort -------------------------------------------------------

bool HomeWing::serves(std::string_view sip_domain) const {
    return is_home(sip_domain) || peers_->serves(sip_domain);
}

bool HomeWing::is_congestion_safe(std::string_view sip_domain) const {
    // A device that has come by UDP and does not take what is too long for it says so itself.
    return is_home(sip_domain) || peers_->is_congestion_safe(sip_domain);
}

bool HomeWing::uses_sessions(std::string_view user, std::string_view sip_domain) const {
    return !is_home(sip_domain) && peers_->uses_sessions(user, sip_domain);
}

void HomeWing::on_left(std::string_view user,
                       std::string_view contact,
                       std::string_view sip_domain) {
    if (is_home(sip_domain)) {
        home_.on_left(user, contact);
    }
}

void HomeWing::acknowledge(const sip::OutgoingRequest& request,
                           std::string_view sip_domain,
                           std::string_view next_hop) {
    if (!is_home(sip_domain)) {
        peers_->acknowledge(request, sip_domain, next_hop);
    }
}

/// Both ends' INVITEs go by the same user agent, which knows them by their handlers.
void HomeWing::cancel(const sip::ResponseHandler& handler, std::uint64_t cookie) {
    user_agent_->cancel(handler, cookie);
}

sip::PresencePreference HomeWing::presence(std::string_view sip_domain) const {
    return is_home(sip_domain) ? sip::PresencePreference::Pidf : peers_->presence(sip_domain);
}

void HomeWing::send(const sip::OutgoingRequest& request,
                    std::string_view sip_domain,
                    sip::ResponseHandler& handler,
                    std::uint64_t cookie) {
    if (is_home(sip_domain)) {
        return loopback_.send(kHome, request, handler, cookie);
    }
    static_cast<gateway::SipSide*>(peers_)->send(request, sip_domain, handler, cookie);
}

void HomeWing::send(const sip::OutgoingRequest& request,
                    std::string_view sip_domain,
                    std::string_view next_hop,
                    sip::ResponseHandler& handler,
                    std::uint64_t cookie) {
    if (is_home(sip_domain)) {
        return loopback_.send(kHome, request, handler, cookie);
    }
    static_cast<sip::SessionPort*>(peers_)->send(request, sip_domain, next_hop, handler, cookie);
}

std::string_view HomeWing::contact(std::string_view sip_domain) const {
    return is_home(sip_domain) ? contact() : peers_->contact(sip_domain);
}

// --- home::Outside ----------------------------------------------------------------------------

void HomeWing::send_to_flows(const sip::OutgoingRequest& request,
                             sip::ResponseHandler& handler,
                             std::uint64_t cookie) {
    loopback_.send(kFlows, request, handler, cookie);
}

void HomeWing::pass_to_flows(const sip::Request& request,
                             std::unique_ptr<sip::IncomingRequest> transaction,
                             bool is_in_session) {
    sip::Origin origin;
    origin.transport = sip::Transport::Tls;
    origin.peer = peer_;
    origin.is_in_session = is_in_session;
    if (request.count(sip::HeaderId::PAssertedIdentity) == 0) {
        return gateway_.on_request(request, origin, std::move(transaction));
    }
    // RFC 3325 §5: no device asserts who it is; From has been proved.
    sip::Request proved = request;
    std::erase_if(proved.headers, [](const sip::HeaderField& field) {
        return field.id == sip::HeaderId::PAssertedIdentity;
    });
    gateway_.on_request(proved, origin, std::move(transaction));
}

void HomeWing::send_to_device(const sip::OutgoingRequest& request,
                              const sip::Target& target,
                              sip::ResponseHandler& handler,
                              std::uint64_t cookie) {
    user_agent_->send(request, target, handler, cookie);
}

void HomeWing::acknowledge(const sip::OutgoingRequest& request, const sip::Target& target) {
    user_agent_->acknowledge(request, target);
}

void HomeWing::prove(std::uint64_t flow) {
    user_agent_->set_peer(flow, peer_);
}

void HomeWing::close(std::uint64_t flow) {
    user_agent_->close_flow(flow);
}

std::string_view HomeWing::contact() const {
    if (contact_.empty()) {
        for (const sip::Transport transport :
             {sip::Transport::Tls, sip::Transport::Tcp, sip::Transport::Udp}) {
            const std::string host = user_agent_->contact_host(transport);
            if (!host.empty()) {
                contact_ = "<sip:" + host +
                           ";transport=" + text::to_lower(sip::transport_name(transport)) + ">";
                break;
            }
        }
    }
    return contact_;
}

void HomeWing::save(std::string_view user,
                    home::DocumentKind kind,
                    std::string body,
                    home::Outside::Done done) {
    queue_.save(
        store::HomeDocument{.user = std::string(user),
                            .kind = kind == home::DocumentKind::Contacts ? "contacts" : "presence",
                            .body = std::move(body)},
        std::move(done));
}

void HomeWing::remove_contact(std::string_view user, std::string_view jid) {
    gateway_.subscriptions().remove_contact(user, jid, [](const Result<void>&) {});
}

void HomeWing::leave(std::string_view user, std::string_view contact) {
    gateway_.on_left(user, contact);
}

}  // namespace isthmus::app
