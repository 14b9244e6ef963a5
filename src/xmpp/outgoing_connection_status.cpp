// What others see of an outgoing connection: where it stands, with whom, for how long.
#include "xmpp/outgoing_connection.h"

namespace isthmus::xmpp {

std::string_view OutgoingConnection::step() const {
    if (stream() != nullptr) {
        return machine_.step();
    }
    // With all addresses tried it is the last connection that failed, not the question for more.
    if (has_tls_failed_ && !connecting_) {
        return "tls";
    }
    return connecting_ || connect_error_ ? "tcp" : "dns";
}

StreamName OutgoingConnection::name() const {
    StreamName name;
    name.partner = machine_.purpose().remote;
    name.is_partner = true;
    name.is_outgoing = true;
    name.stream_id = machine_.id();
    if (stream() != nullptr) {
        name.remote_address = stream()->remote().to_string();
        name.tls_version = stream()->tls_version();
        name.tls_cipher = stream()->tls_cipher();
    }
    return name;
}

void OutgoingConnection::describe(LinkStatus& status) const {
    status.age = environment_.timers.now() - started_;
    describe_stream(status);
    status.vouched_by = vouched_by_;
}

void OutgoingConnection::measure(std::string_view step) {
    const TimePoint now = environment_.timers.now();
    environment_.journal.took(step, now - step_started_);
    step_started_ = now;
}

}  // namespace isthmus::xmpp
