// What is told of a link.
#include "xmpp/outgoing_link.h"

#include <utility>

namespace isthmus::xmpp {

std::string OutgoingLink::last_trouble() const {
    if (last_error_) {
        return std::string(last_error_->code) + ": " + last_error_->public_text + " (" +
               last_error_->detail + ")";
    }
    return connection_ != nullptr ? "still at step " + std::string(connection_->step()) : "";
}

LinkStatus OutgoingLink::status() const {
    LinkStatus status;
    status.local_domain = local_;
    status.remote_domain = remote_;
    status.outgoing = true;
    status.state = is_up() ? "up" : "waiting";
    if (carrier_ != nullptr) {
        const StreamName name = carrier_->carrier_name();
        status.tls_version = name.tls_version;
        status.tls_cipher = name.tls_cipher;
        status.remote_address = name.remote_address;
    }
    if (connection_ != nullptr) {
        if (!is_up()) {
            status.state = connection_->stream() != nullptr ? "negotiating" : "connecting";
        }
        const StreamName name = connection_->name();
        status.tls_version = name.tls_version;
        status.tls_cipher = name.tls_cipher;
        status.remote_address = name.remote_address;
        status.stream_id = name.stream_id;
        connection_->describe(status);
    }
    if (mechanism_) {
        status.auth = mechanism_name(*mechanism_);
    }
    status.last_error = trouble_;
    fill(status);
    return status;
}

}  // namespace isthmus::xmpp
