#include "sip/peer_table.h"

namespace isthmus::sip {

void PeerTable::failed(int peer, const Error& why) {
    PeerHealth* one = find(peer);
    if (one == nullptr) {
        return;
    }
    const bool is_same =
        one->last_error && one->last_error->code == why.code && one->state != PeerHealth::State::Up;
    if (!is_same) {
        one->first_failed_at = timers_.now();
        one->failures = 0;
    }
    ++one->failures;
    one->last_error = why;
    one->failed_at = timers_.now();
    // Our own limits say nothing about the peer.
    if (why.kind != ErrorKind::Limit && one->state != PeerHealth::State::Silent) {
        one->state = PeerHealth::State::Silent;
        one->since = timers_.now();
    }
}

}  // namespace isthmus::sip
