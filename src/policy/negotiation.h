// TLS x SASL x dialback of a partner: which ways of authenticating are left, and what the
// administrator should know about the combination. The 18 rows of the original.
#pragma once

#include "policy/partner.h"

#include <cstdint>
#include <string>

namespace isthmus::policy {

struct NegotiationVerdict {
    enum class Status : std::uint8_t { Good, Warn, Invalid };

    Status status = Status::Good;
    bool sasl_over_tls = false;
    bool tls_dialback = false;
    bool tcp_dialback = false;
    /// The original's form does not save it, though its shell does.
    bool is_refused_by_panel = false;
    std::string sentence;  ///< why it is not Good; empty if it is

    /// "SASL over TLS, else TLS dialback", in the order in which they are tried.
    std::string methods() const;
};

NegotiationVerdict judge(Negotiation tls, Negotiation sasl, bool dialback);

inline NegotiationVerdict judge(const Partner& partner) {
    return judge(
        partner.tls_negotiation, partner.sasl_negotiation, partner.support_dialback_negotiation);
}

}  // namespace isthmus::policy
