// A link that sends on a stream which it has not opened, for as long as that lasts: one of the
// partner's (XEP-0288), or of another domain of ours (XEP-0220 §2.5).
#include "xmpp/outgoing_link.h"

#include <utility>

namespace isthmus::xmpp {

Carrier::Rider* OutgoingLink::ride(Carrier& carrier) {
    if (connection_ != nullptr || carrier_ != nullptr) {
        return nullptr;  // order is kept on one stream (RFC 6120 §10.1)
    }
    if (asked_ != nullptr) {
        std::exchange(asked_, nullptr)->let_go();
    }
    retry_.cancel();
    give_up_session(fault::unacknowledged());
    carrier_ = &carrier;
    mechanism_ = carrier.mechanism();
    failures_ = 0;
    not_before_ = {};
    refuse_until_ = {};
    last_error_.reset();
    come_up(carrier.wire());
    environment().handler.on_link(remote_, LinkEvent::Up);
    Carrier::Rider& rider = *this;
    return &rider;
}

void OutgoingLink::on_carrier_management(const management::Element& element) {
    using What = management::What;
    if (element.what == What::Answer && !Link::on_management(element) && carrier_ != nullptr) {
        const Error why = make_error(ErrorKind::Unreachable,
                                     "IST-XMPP-001",
                                     "the remote server breaks the rules of XMPP",
                                     "it acknowledges stanzas that it was not sent");
        std::exchange(carrier_, nullptr)->give_up(StreamCondition::UndefinedCondition, why);
        on_carrier_gone(why, false);
    }
}

void OutgoingLink::on_carrier_gone(const Error& why, bool is_at_rest) {
    carrier_ = nullptr;
    stop_sending();
    mechanism_.reset();
    const bool is_loss = !why.code.empty();
    Error reason = why;
    if (!is_loss) {
        reason.code = "IST-XMPP-002";
    } else {
        remember("up", reason);
    }
    give_up_session(reason);
    if (pending() != 0) {
        connect_later();
    }
    environment().handler.on_link(remote_,
                                  is_loss      ? LinkEvent::Lost
                                  : is_at_rest ? LinkEvent::AtRest
                                               : LinkEvent::Closed);
}

OutgoingConnection* OutgoingLink::shared_connection() const {
    return connection_ != nullptr && is_up() && !is_retiring_ && connection_->takes_guests()
               ? connection_.get()
               : nullptr;
}

bool OutgoingLink::asks_for_place(const LinkPolicy& policy) {
    OutgoingConnection* host = may_ask_ ? neighbours_.host_for(*this) : nullptr;
    if (host == nullptr || !may_use_dialback(policy, host->is_secure()) ||
        policy != host->policy()) {
        return false;
    }
    asked_ = &host->invite(local_, *this);
    return true;
}

Carrier::Rider* OutgoingLink::on_place_granted(Carrier& carrier) {
    asked_ = nullptr;
    return ride(carrier);
}

/// Then with a stream of our own.
void OutgoingLink::on_place_refused(const Error& /*why*/) {
    asked_ = nullptr;
    may_ask_ = false;
    if (pending() != 0) {
        connect_later();
    }
}

void OutgoingLink::leave_carrier() {
    if (asked_ != nullptr) {
        std::exchange(asked_, nullptr)->let_go();
    }
    if (carrier_ != nullptr) {
        std::exchange(carrier_, nullptr)->let_go();
        stop_sending();
        mechanism_.reset();
    }
}

}  // namespace isthmus::xmpp
