#include "gateway/sender.h"

#include "base/text.h"

namespace isthmus::gateway {

namespace {

Denial denial(int status,
              std::string_view code,
              std::string_view text,
              Outcome outcome = Outcome::Denied) {
    return {.answer = {.status = status}, .code = code, .text = text, .outcome = outcome};
}

}  // namespace

std::string_view compared_host(std::string_view host, Arena& arena) {
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    for (const char c : host) {
        if (c != text::lower(c)) {
            char* to = arena.chars(host.size());
            for (std::size_t i = 0; i < host.size(); ++i) {
                to[i] = text::lower(host[i]);
            }
            return {to, host.size()};
        }
    }
    return host;
}

std::optional<sip::Uri> asserted_identity(const sip::Request& request) {
    for (const sip::HeaderField& field : request.headers) {
        if (field.id != sip::HeaderId::PAssertedIdentity) {
            continue;
        }
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::string_view value = rest;
            const auto identity = sip::parse_name_addr(value, &rest);
            if (!identity) {
                return std::nullopt;
            }
            if (identity->uri.is_sip()) {
                return identity->uri.text == request.from.uri.text ? std::nullopt
                                                                   : std::optional(identity->uri);
            }
        }
    }
    return std::nullopt;
}

std::optional<Denial> prove_sender(const sip::Request& request,
                                   const sip::Origin& origin,
                                   const Admission& admission,
                                   Arena& arena,
                                   ProvedSender& into) {
    // The sender is proved before anything it says is believed.
    if (origin.peer < 0) {
        return denial(403, "IST-AUTH-002", "not a SIP peer");
    }
    into.domain = compared_host(request.from.uri.host, arena);
    // Nearly always the account key itself; a wrong guess costs nothing.
    admission.policy().prefetch(request.from.uri.user, into.domain);
    const ServedDomain* served = admission.served_sip(into.domain);
    if (!admission.may_assert(origin.peer, into.domain)) {
        return denial(403, "IST-AUTH-001", into.domain);
    }
    if (served == nullptr) {
        return denial(403, "IST-POL-006", into.domain);
    }
    const auto addresses = translate::addresses_of(request, arena, served->xmpp);
    if (!addresses) {
        Denial denied = denial(0, "IST-SIP-001", {}, Outcome::Invalid);
        denied.answer = addresses.error();
        denied.text = denied.answer.reason;
        return denied;
    }
    into.addresses = *addresses;
    const xmpp::Jid& to = into.addresses.to.jid;
    if (admission.served_xmpp(to.domain) != nullptr) {
        // Our own users are reached through their SIP system, never through us (gap G-18).
        return denial(482, "IST-SIP-004", "the recipient is one of our own");
    }
    const auto key = xmpp::account_key(into.addresses.from.jid.local, arena);
    if (!key) {
        return denial(403, "IST-SIP-001", "the sender cannot be an XMPP user", Outcome::Invalid);
    }
    into.user = *key;
    into.decision = admission.decide(into.query());
    into.is_decided = true;
    if (!into.decision.is_allowed()) {
        Denial denied = denial(403, policy::gate_code(into.decision.gate), to.domain);
        denied.step = "policy";
        return denied;
    }
    return std::nullopt;
}

}  // namespace isthmus::gateway
