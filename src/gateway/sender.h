// Who sends a SIP request, and may he talk to whom it goes to: the steps that every request outside
// a dialog takes before it is believed. RFC 3261 §26, RFC 7247 §6; gaps G-18, G-22.
#pragma once

#include "base/arena.h"
#include "gateway/admission.h"
#include "gateway/counters.h"
#include "translate/message.h"

#include <optional>
#include <string_view>

namespace isthmus::gateway {

/// Views live as long as the request and the arena.
struct ProvedSender {
    std::string_view domain;  ///< SIP domain, as compared
    std::string_view user;    ///< account key
    translate::XmppAddresses addresses;
    policy::Decision decision;
    bool is_decided = false;  ///< policy was asked

    policy::Query query() const {
        return {.user = user, .user_domain = domain, .remote_domain = addresses.to.jid.domain};
    }
};

struct Denial {
    translate::Refusal answer;  ///< tells that policy refused, not which rule
    std::string_view code;
    std::string_view text;  ///< evidence, for the log
    std::string_view step = "admission";
    Outcome outcome = Outcome::Denied;
};

/// Nothing: the request may be acted upon, and `into` is complete.
std::optional<Denial> prove_sender(const sip::Request& request,
                                   const sip::Origin& origin,
                                   const Admission& admission,
                                   Arena& arena,
                                   ProvedSender& into);

/// The sip URI that the request's P-Asserted-Identity has beside any tel URI, where it is not that
/// of From (RFC 3325 §9.1).
std::optional<sip::Uri> asserted_identity(const sip::Request& request);

/// Host of a SIP URI as domains are compared: lower case, no final dot (RFC 3261 §19.1.4).
std::string_view compared_host(std::string_view host, Arena& arena);

}  // namespace isthmus::gateway
