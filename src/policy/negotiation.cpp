#include "policy/negotiation.h"

namespace isthmus::policy {

std::string NegotiationVerdict::methods() const {
    std::string made;
    const auto add = [&](bool is_there, const char* name) {
        if (is_there) {
            made += made.empty() ? "" : ", else ";
            made += name;
        }
    };
    add(sasl_over_tls, "SASL over TLS");
    add(tls_dialback, "TLS dialback");
    add(tcp_dialback, "TCP dialback");
    return made.empty() ? "nothing" : made;
}

NegotiationVerdict judge(Negotiation tls, Negotiation sasl, bool dialback) {
    using enum Negotiation;
    using Status = NegotiationVerdict::Status;
    NegotiationVerdict made;
    const bool has_tls = tls != NotSupported;
    const bool has_sasl = sasl != NotSupported;
    made.sasl_over_tls = has_tls && has_sasl;
    made.tls_dialback = dialback && has_tls && !(tls == Required && sasl == Required);
    made.tcp_dialback = dialback && tls != Required;
    made.is_refused_by_panel = !has_tls && has_sasl;
    if (!made.sasl_over_tls && !made.tls_dialback && !made.tcp_dialback) {
        made.status = Status::Invalid;
        made.sentence = "SASL or Dialback must be enabled.";
        if (has_sasl) {
            made.sentence += " SASL needs TLS, which is not supported here.";
        }
    } else if (!has_tls && has_sasl) {
        made.status = Status::Warn;
        made.sentence =
            "SASL requires TLS, which is not supported here: only TCP dialback is left.";
    } else if (tls == Optional && has_sasl) {
        made.status = Status::Warn;
        made.sentence = "SASL requires TLS; optional TLS may fail.";
    } else if (tls == Required && sasl == Required && dialback) {
        made.status = Status::Warn;
        made.sentence = "Dialback is inoperative while both TLS and SASL are required.";
    }
    return made;
}

}  // namespace isthmus::policy
