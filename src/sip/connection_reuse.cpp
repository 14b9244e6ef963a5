// Requests that go back on the connection that the peer has opened: RFC 5923. Over TLS only, where
// the connection says who is at its other end.
#include "sip/locate.h"
#include "sip/next_hop.h"
#include "sip/transport.h"

#include <algorithm>

namespace isthmus::sip {

void Connection::note_alias(const Via& via) {
    if (has_looked_for_alias_ || side_ != Side::Accepted || origin_.transport != Transport::Tls) {
        return;
    }
    has_looked_for_alias_ = true;
    if (find_param(via.params, "alias")) {
        alias_port_ = via.port == 0 ? default_port(Transport::Tls) : via.port;
    }
}

Connection* Transports::reusable(const std::vector<net::Endpoint>& endpoints, int peer) const {
    for (const auto& [connection, owned] : connections_) {
        const Origin& origin = connection->origin();
        // The host of sent-by may be anybody's: where the connection comes from is what counts.
        const net::Endpoint alias{origin.remote.address, connection->alias_port()};
        if (alias.port != 0 && connection->is_open() && origin.peer == peer && peer >= 0 &&
            std::ranges::find(endpoints, alias) != endpoints.end()) {
            return connection;
        }
    }
    return nullptr;
}

bool Way::reuse() {
    Connection* const found = hop_.around_.transports.reusable(endpoints_, hop_.target().peer);
    // Abuse case C14: it may have been accepted as the peer's, and still not be for this domain.
    if (found == nullptr || hop_.check_certificate(found->origin().certificate)) {
        return false;
    }
    attach(*found);
    is_opening_ = false;
    is_open_ = true;
    while (Traveller* traveller = is_open_ ? waiting_.pop() : nullptr) {
        hop_.around_.handler.on_way(*traveller, *this);
    }
    return true;
}

}  // namespace isthmus::sip
