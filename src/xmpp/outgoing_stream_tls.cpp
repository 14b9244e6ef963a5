// Whether an outgoing stream becomes TLS, or goes on in clear text, or ends.
#include "xml/writer.h"
#include "xmpp/outgoing_stream.h"

#include <string>
#include <utility>

namespace isthmus::xmpp {

Actions OutgoingStream::on_clear_features(const StreamFeatures& features, Buffer& out) {
    const LinkPolicy& policy = purpose_.policy;
    // Abuse case B01: neither stanzas nor keys in clear text.
    const bool must_use_tls = policy.tls == Negotiation::Required || is_encryption_expected_;
    // RFC 7590 §3.1: the offer may have been taken out on the way. Before 1.0 there is no TLS.
    const bool may_ask = features.starttls || (must_use_tls && !is_old_);
    if (may_ask && may_use_tls(policy) && purpose_.has_tls) {
        xml::Writer(out).empty("starttls", ns::kTls);
        is_unoffered_ = !features.starttls;
        state_ = State::Proceed;
        return {};
    }
    if (must_use_tls) {
        return fail(StreamCondition::PolicyViolation, no_encryption(), false, out);
    }
    if (features.starttls_required) {
        return fail(StreamCondition::PolicyViolation,
                    make_error(ErrorKind::Unreachable,
                               "IST-TLS-003",
                               "the remote server requires encryption",
                               "starttls is required there and not supported here"),
                    false,
                    out);
    }
    return authenticate(false, out);
}

Error OutgoingStream::no_encryption(std::string_view said) const {
    std::string why = !purpose_.has_tls ? "we have no certificate to offer TLS with"
                      : is_encryption_expected_
                          ? "no starttls among the features, though DNS has TLSA records"
                          : "no starttls among the features";
    if (is_unoffered_) {
        why += said.empty() ? "; it was asked for all the same, without success"
                            : "; it was asked for all the same, and answered: ";
        why += said;
    }
    return make_error(ErrorKind::Unreachable,
                      "IST-TLS-001",
                      "the remote server offers no encryption",
                      std::move(why));
}

bool OutgoingStream::waits_for_unoffered_tls() const {
    return is_unoffered_ && (state_ == State::Closed ? closed_at_ : state_) == State::Proceed;
}

}  // namespace isthmus::xmpp
