#include "gateway/admission.h"

#include <algorithm>

namespace isthmus::gateway {

namespace {

bool is_proved_by_certificate(const SipPeer& peer, const sip::Origin& origin) {
    if (origin.transport != sip::Transport::Tls || origin.certificate == nullptr ||
        (peer.target.needs_tls13 && !origin.is_tls13) || !origin.certificate->is_trusted) {
        return false;
    }
    return std::ranges::any_of(peer.certificate_names, [&](const std::string& name) {
        return net::names_host(*origin.certificate, name) ||
               net::proves_sip_domain(*origin.certificate, name);
    });
}

bool is_at_listed_address(const SipPeer& peer, const sip::Origin& origin) {
    return std::ranges::any_of(peer.addresses, [&](const net::Cidr& block) {
        return block.contains(origin.remote.address);
    });
}

}  // namespace

int Admission::identify(const sip::Origin& origin) const {
    for (std::size_t i = 0; i < config_.peers.size(); ++i) {
        const SipPeer& peer = config_.peers[i];
        if (is_proved_by_certificate(peer, origin) || is_at_listed_address(peer, origin)) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

bool Admission::may_assert(int peer, std::string_view sip_domain) const {
    return peer >= 0 &&
           std::ranges::find(config_.peers[static_cast<std::size_t>(peer)].domains, sip_domain) !=
               config_.peers[static_cast<std::size_t>(peer)].domains.end();
}

policy::Decision Admission::decide_from_xmpp(const policy::Query& query,
                                             const xmpp::Jid& from,
                                             const Contacts& contacts,
                                             Approach approach,
                                             TimePoint now) const {
    policy::Decision decision = policy_->decide(query);
    if (!decision.is_allowed() || !decision.asks_for_contact()) {
        return decision;
    }
    if (approach == Approach::Message && wrote_.size() != 0) {
        const TimePoint* wrote = wrote_.find(key_of(query.user, query.user_domain, from));
        if (wrote != nullptr && now - *wrote <= kAnswerTime) {
            return decision;
        }
    }
    decision.judge_contact(contacts.is_contact(query.user, query.user_domain, from));
    return decision;
}

void Admission::wrote(std::string_view user,
                      std::string_view sip_domain,
                      const xmpp::Jid& to,
                      const policy::Decision& decision,
                      TimePoint now) {
    if (!decision.asks_for_contact()) {
        return;
    }
    while (wrote_.size() != 0 && now - *wrote_.oldest() > kAnswerTime) {
        wrote_.erase_oldest();
    }
    wrote_.touch(key_of(user, sip_domain, to)) = now;
}

std::string_view Admission::refusal_text(const policy::Decision& decision) {
    // One text for the gates that speak of a user, so that it tells nobody who exists.
    const bool is_about_user = decision.gate == policy::Gate::User ||
                               decision.gate == policy::Gate::UserState ||
                               decision.gate == policy::Gate::PartnerType;
    return is_about_user && decision.asks_for_contact()
               ? "This user hears only from people whom he or she has added as a contact."
               : "";
}

std::uint64_t Admission::key_of(std::string_view user,
                                std::string_view sip_domain,
                                const xmpp::Jid& contact) const {
    std::uint64_t key = hash_.seed();
    for (const std::string_view part :
         {user, sip_domain, std::string_view(contact.local), std::string_view(contact.domain)}) {
        key = hash_.add(key, part);
    }
    return key;
}

const ServedDomain* Admission::served_sip(std::string_view sip_domain) const {
    const auto found = std::ranges::find(config_.domains, sip_domain, &ServedDomain::sip);
    return found == config_.domains.end() ? nullptr : &*found;
}

const ServedDomain* Admission::served_xmpp(std::string_view xmpp_domain) const {
    const auto found = std::ranges::find(config_.domains, xmpp_domain, &ServedDomain::xmpp);
    return found == config_.domains.end() ? nullptr : &*found;
}

}  // namespace isthmus::gateway
