#include "gateway/gateway.h"

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

/// Until contacts are kept, nobody has any.
class NoContacts final : public Contacts {
  public:
    bool is_contact(std::string_view /*user*/,
                    std::string_view /*sip_domain*/,
                    const xmpp::Jid& /*contact*/) const override {
        return false;
    }
};

constexpr NoContacts kNoContacts;

}  // namespace

Gateway::Gateway(GatewayConfig config, Timers& timers, Random& random, metrics::Registry& metrics)
    : config_(std::move(config)),
      admission_(config_),
      counters_(metrics),
      messages_(config_, admission_, counters_, kNoContacts, timers, random) {}

void Gateway::attach(SipSide& sip_side, xmpp::Server& server) {
    server_ = &server;
    messages_.attach(sip_side, server);
}

void Gateway::set_policy(std::shared_ptr<const policy::Policy> policy) {
    counters_.set_policy(*policy);
    admission_.set_policy(std::move(policy));
    if (server_ != nullptr) {
        server_->recheck_partners();
    }
}

int Gateway::identify(const sip::Origin& origin) {
    return admission_.identify(origin);
}

void Gateway::on_request(const sip::Request& request,
                         const sip::Origin& origin,
                         std::unique_ptr<sip::IncomingRequest> transaction) {
    messages_.on_request(request, origin, std::move(transaction));
}

void Gateway::on_message(const xmpp::Message& message) {
    messages_.on_message(message);
}

void Gateway::on_presence(const xmpp::Presence& presence) {
    // Presence is a flow of its own, which this version does not have. RFC 6120 §8.3 wants an
    // answer to a request for a subscription; everything else may be left without one.
    if (presence.type == xmpp::PresenceType::Subscribe) {
        server_->send_error(xmpp::Kind::Presence,
                            presence.to,
                            presence.from,
                            presence.id,
                            xmpp::StanzaError::of(xmpp::Condition::FeatureNotImplemented,
                                                  "Presence is not available here."));
    }
}

void Gateway::on_sent(std::uint64_t cookie) {
    messages_.on_sent(cookie);
}

void Gateway::on_not_sent(std::uint64_t cookie, const Error& error) {
    messages_.on_not_sent(cookie, error);
}

std::optional<xmpp::LinkPolicy> Gateway::link_policy(std::string_view remote_domain) {
    const policy::Partner* partner = admission_.policy().usable_partner_of(remote_domain);
    if (partner == nullptr) {
        return std::nullopt;
    }
    return xmpp::LinkPolicy{.tls = as_link(partner->tls_negotiation),
                            .sasl = as_link(partner->sasl_negotiation),
                            .dialback = partner->support_dialback_negotiation,
                            .proxy_fqdn = partner->proxy_fqdn};
}

}  // namespace isthmus::gateway
