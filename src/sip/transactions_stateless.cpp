// Answers without a transaction, and how large an answer by UDP may be. RFC 3261 §8.2.7.
#include "sip/transactions.h"
#include "sip/writer.h"

namespace isthmus::sip {

void ServerTransactions::answer_statelessly(const Request& request,
                                            const Source& source,
                                            const OutgoingResponse& response) {
    std::uint64_t hash = hash_.add(request.cseq.number, request.via.branch);
    hash = hash_.add(hash, request.call_id);
    char tag[16];
    for (char& c : tag) {
        c = "0123456789abcdef"[hash & 15U];
        hash >>= 4U;
    }
    Buffer& head = head_;
    head.clear();
    append_response_head(head, request, source.origin.remote, {tag, sizeof tag});
    counters_.response(
        source.origin.peer, TrafficCounters::Direction::Out, request.method, response.status);
    if (source.connection != nullptr) {
        if (source.connection->is_open()) {
            Buffer& output = source.connection->output();
            const std::size_t before = output.size();
            append_response(output, head.view(), response, server_);
            show(output.view().substr(before), source.origin.remote);
            source.connection->flush();
        }
        return;
    }
    if (render_datagram(head.view(), response, source.is_stranger() ? source.octets : 0)) {
        show(scratch_.view(), source.origin.remote);
        source.socket->send(source.origin.remote, scratch_.view());
    }
}

/// Into scratch_. A stranger gets less than it sent, or nothing: its address may be forged (abuse
/// case C11). `limit` 0: no limit.
bool ServerTransactions::render_datagram(std::string_view head,
                                         const OutgoingResponse& response,
                                         std::size_t limit) {
    scratch_.clear();
    append_response(scratch_, head, response, server_);
    // A challenge without its header is no answer at all; success is for those who proved
    // something.
    if (is_challenge(response.status) || response.status / 100 == 2) {
        limit *= answer_factor_;
    }
    if (limit == 0 || scratch_.size() < limit) {
        return true;
    }
    scratch_.clear();
    OutgoingResponse bare;
    bare.status = response.status;
    append_response(scratch_, head, bare, {});
    return scratch_.size() < limit;
}

}  // namespace isthmus::sip
