#include "xmpp/link.h"

#include <algorithm>

namespace isthmus::xmpp {

Link::Link(Environment& environment)
    : environment_(environment),
      outbox_(environment.handler),
      patience_(environment.timers, [this] { on_patience(); }),
      output_full_(make_error(ErrorKind::Limit,
                              "IST-LIM-002",
                              "the remote server takes messages too slowly",
                              "max_output_octets reached")),
      queue_full_(make_error(ErrorKind::Limit,
                             "IST-LIM-002",
                             "too many messages wait for the remote server",
                             "max_queue_per_link reached")) {}

const Error* Link::may_wait() {
    if (const Error* why = refusal()) {
        return why;
    }
    const ServerConfig& config = environment_.config;
    if (outbox_.waiting() >= config.max_queue_per_link ||
        outbox_.waiting_octets() > config.max_output_octets) {
        return &queue_full_;
    }
    return nullptr;
}

void Link::come_up(net::ByteStream& stream) {
    up_ = &stream;
    outbox_.pour_into(stream, environment_.timers.now());
}

void Link::on_patience() {
    const TimePoint now = environment_.timers.now();
    const Duration patience = environment_.config.queue_patience;
    const TimePoint limit = now - patience;
    if (outbox_.waiting() != 0 && outbox_.oldest_waiting() <= limit) {
        outbox_.expire(limit,
                       make_error(ErrorKind::Timeout,
                                  "IST-XMPP-003",
                                  "the remote server could not be reached in time",
                                  last_trouble()));
    }
    if (outbox_.in_output() != 0 && outbox_.oldest_in_output() <= limit) {
        on_stalled(make_error(ErrorKind::Timeout,
                              "IST-XMPP-003",
                              "the remote server does not take messages",
                              "nothing was written for a whole patience"));
    }
    TimePoint oldest = now;
    if (outbox_.waiting() != 0) {
        oldest = outbox_.oldest_waiting();
    }
    if (outbox_.in_output() != 0) {
        oldest = std::min(oldest, outbox_.oldest_in_output());
    }
    if (pending() != 0) {
        patience_.arm(oldest + patience - now);
    }
}

void Link::fill(LinkStatus& status) const {
    status.queued = outbox_.waiting();
    if (outbox_.waiting() != 0) {
        status.oldest = environment_.timers.now() - outbox_.oldest_waiting();
    }
}

}  // namespace isthmus::xmpp
