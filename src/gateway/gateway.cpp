#include "gateway/gateway.h"

#include "gateway/explanation.h"
#include "gateway/sender.h"

#include <utility>

namespace isthmus::gateway {

namespace {

xmpp::Negotiation as_link(policy::Negotiation negotiation) {
    switch (negotiation) {
        case policy::Negotiation::Required:
            return xmpp::Negotiation::Required;
        case policy::Negotiation::Optional:
            return xmpp::Negotiation::Optional;
        default:
            return xmpp::Negotiation::NotSupported;
    }
}

/// A request whose response nobody waits for.
class Unanswered final : public sip::IncomingRequest {
  public:
    void respond(const sip::OutgoingResponse& /*response*/) override {}
};

}  // namespace

Gateway::Gateway(GatewayConfig config, Timers& timers, Random& random, metrics::Registry& metrics)
    : config_(std::move(config)),
      timers_(timers),
      random_(random),
      metrics_(metrics),
      admission_(config_),
      counters_(metrics, timers),
      traces_(admission_, timers),
      presence_(config_, admission_, counters_, timers, random, metrics),
      messages_(config_, admission_, counters_, traces_, presence_, timers, random),
      session_listing_(admission_) {}

void Gateway::attach(SipSide& sip_side,
                     sip::SessionPort& events,
                     xmpp::Server& server,
                     subscriptions::Store& store) {
    server_ = &server;
    sessions_ =
        sip::make_sessions({.idle = config_.session_idle, .max_sessions = config_.max_sessions},
                           events,
                           timers_,
                           random_,
                           metrics_,
                           messages_);
    messages_.attach(sip_side, *sessions_, server);
    session_listing_.add('i', *sessions_);
    presence_.attach(sip_side, events, server, store);
}

std::shared_ptr<const policy::Policy> Gateway::set_policy(
    std::shared_ptr<const policy::Policy> policy) {
    counters_.set_policy(*policy);
    auto before = admission_.set_policy(std::move(policy));
    if (server_ != nullptr) {
        // In this order: a partner that was removed is told before its streams close.
        presence_.recheck([this] { server_->recheck_partners(); });
    }
    return before;
}

int Gateway::identify(const sip::Origin& origin) {
    return admission_.identify(origin);
}

void Gateway::on_request(const sip::Request& request,
                         const sip::Origin& origin,
                         std::unique_ptr<sip::IncomingRequest> transaction) {
    if (!request.to.tag() && admission_.believes_identity(origin.peer)) {
        if (const auto identity = asserted_identity(request)) {
            sip::Request asserted = request;
            asserted.from.uri = *identity;
            return dispatch(asserted, origin, std::move(transaction));
        }
    }
    dispatch(request, origin, std::move(transaction));
}

void Gateway::dispatch(const sip::Request& request,
                       const sip::Origin& origin,
                       std::unique_ptr<sip::IncomingRequest> transaction) {
    switch (request.method) {
        case sip::Method::Subscribe:
            return presence_.on_subscribe(request, origin, std::move(transaction));
        case sip::Method::Notify:
            return presence_.on_notify(request, origin, std::move(transaction));
        case sip::Method::Message:
        case sip::Method::Options:
            if (!request.to.tag()) {
                return messages_.on_request(request, origin, std::move(transaction));
            }
            return sessions_->on_request(request, origin, std::move(transaction));
        default:
            return sessions_->on_request(request, origin, std::move(transaction));
    }
}

void Gateway::on_benotify(const sip::Request& request, const sip::Origin& origin) {
    presence_.on_notify(request, origin, std::make_unique<Unanswered>());
}

bool Gateway::on_ack(const sip::Request& request, const sip::Origin& origin) {
    return sessions_->on_ack(request, origin);
}

void Gateway::on_notify_ahead(std::string_view call_id) {
    presence_.ahead().expect_notify(call_id);
}

void Gateway::on_presence_ahead(const xmpp::Jid& from, const xmpp::Jid& to) {
    if (const ServedDomain* served = admission_.served_xmpp(to.domain)) {
        presence_.ahead().expect_presence(to.local, served->sip, from.local, from.domain);
    }
}

void Gateway::on_message(const xmpp::Message& message) {
    messages_.on_message(message);
}

void Gateway::on_presence(const xmpp::Presence& presence) {
    presence_.on_presence(presence);
}

void Gateway::on_sent(std::uint64_t cookie) {
    if ((cookie & PresenceFlow::kCookie) == 0) {
        messages_.on_sent(cookie);
    } else {
        presence_.on_sent(cookie);
    }
}

void Gateway::on_not_sent(std::uint64_t cookie, const Error& error) {
    if ((cookie & PresenceFlow::kCookie) == 0) {
        messages_.on_not_sent(cookie, error);
    } else {
        presence_.on_not_sent(cookie, error);
    }
}

void Gateway::on_link(std::string_view remote_domain, xmpp::LinkEvent event) {
    presence_.on_link(remote_domain, event);
}

Error Gateway::link_refusal(std::string_view remote_domain) {
    const policy::Decision decision = admission_.policy().decide_link(remote_domain);
    if (decision.is_allowed()) {  // one of our own
        return StanzaHandler::link_refusal(remote_domain);
    }
    if (decision.block != nullptr) {
        counters_.count_block(*decision.block);
    }
    return make_error(ErrorKind::Forbidden,
                      policy::gate_code(decision.gate),
                      "no federation with that domain",
                      explain_in_full({decision, {{}, {}, remote_domain}}));
}

std::optional<xmpp::LinkPolicy> Gateway::link_policy(std::string_view remote_domain) {
    const policy::Partner* partner = admission_.policy().usable_partner_of(remote_domain);
    if (partner == nullptr) {
        return std::nullopt;
    }
    return link_policy_of(*partner);
}

xmpp::LinkPolicy link_policy_of(const policy::Partner& partner) {
    return {.tls = as_link(partner.tls_negotiation),
            .sasl = as_link(partner.sasl_negotiation),
            .dialback = partner.support_dialback_negotiation,
            .proxy_fqdn = partner.proxy_fqdn,
            // Abuse case B19: a public provider must not choose among our own machines.
            .may_be_private = partner.partner_type == policy::PartnerType::Federated ||
                              partner.allow_private_addresses,
            .pinned_certificates = partner.pinned_certificate,
            .allow_posh = partner.allow_posh,
            .partner = partner.domain,
            .connection_limit = partner.connection_limit.value_or(0),
            .keep_alive = partner.enable_keep_alive};
}

}  // namespace isthmus::gateway
