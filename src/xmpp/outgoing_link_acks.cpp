// A link whose stanzas are acknowledged, and the session that outlives its stream (XEP-0198).
#include "xmpp/outgoing_link.h"

namespace isthmus::xmpp {

namespace {

// How long a session is taken to be kept if the peer does not say.
constexpr Duration kDefaultKept = std::chrono::seconds(60);

}  // namespace

void OutgoingLink::on_management(const management::Element& element) {
    if (is_resuming_) {
        return on_resume_answered(element);
    }
    if (element.what == management::What::Enabled && element.may_resume && connection_ != nullptr &&
        !connection_->has_bidi()) {
        resumable_id_ = element.id;
        const Duration kept = element.max.count() != 0 ? Duration(element.max) : kDefaultKept;
        resumable_until_ = environment().timers.now() + kept;
    }
    if (!Link::on_management(element) && connection_ != nullptr) {
        resumable_id_.clear();
        connection_->close(StreamCondition::UndefinedCondition,
                           make_error(ErrorKind::Unreachable,
                                      "IST-XMPP-001",
                                      "the remote server breaks the rules of XMPP",
                                      "it acknowledges stanzas that it was not sent"));
    }
}

void OutgoingLink::on_resume_answered(const management::Element& element) {
    using What = management::What;
    if (element.what != What::Resumed && element.what != What::Failed) {
        return;
    }
    is_resuming_ = false;
    // XEP-0198 §5: the count comes with a refusal as well, if the peer still knows it.
    if (element.h && !outbox().on_acked(*element.h)) {
        give_up_session(fault::unacknowledged());
    }
    net::ByteStream& stream = *connection_->stream();
    if (element.what == What::Resumed && outbox().awaits_acks()) {
        come_up_resumed(stream);
    } else {
        give_up_session(fault::unacknowledged());
        come_up_with_acks(stream, !connection_->has_bidi());
    }
    environment().handler.on_link(remote_, LinkEvent::Up);
}

void OutgoingLink::give_up_session(const Error& why) {
    resumable_id_.clear();
    is_resuming_ = false;
    outbox().fail_output(why);
}

}  // namespace isthmus::xmpp
