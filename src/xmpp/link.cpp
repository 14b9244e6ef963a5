#include "xmpp/link.h"

#include "xmpp/tapped.h"

#include <algorithm>

namespace isthmus::xmpp {

Link::Link(Environment& environment)
    : environment_(environment),
      outbox_(environment.handler),
      number_(++environment.last_number),
      patience_(environment.timers, [this] { on_patience(); }),
      output_full_(make_error(ErrorKind::Limit,
                              "IST-LIM-002",
                              "the remote server takes messages too slowly",
                              "max_output_octets reached")),
      queue_full_(make_error(ErrorKind::Limit,
                             "IST-LIM-002",
                             "too many messages wait for the remote server",
                             "max_queue_per_link reached")) {}

void Link::show(Tap& tap, const Buffer& buffer, std::size_t before) const {
    show_stanza(tap,
                {.is_out = true,
                 .text = buffer.view().substr(before),
                 .link = "o" + std::to_string(number_),
                 .remote = up_ != nullptr ? up_->remote().to_string() : std::string()});
}

const Error* Link::may_wait(bool may_use_reserve) {
    if (const Error* why = refusal()) {
        return why;
    }
    const ServerConfig& config = environment_.config;
    const auto with_reserve = [may_use_reserve](std::size_t limit) {
        return may_use_reserve ? limit + limit / 4 : limit;
    };
    if (outbox_.waiting() >= with_reserve(config.max_queue_per_link) ||
        outbox_.waiting_octets() > with_reserve(config.max_output_octets)) {
        return &queue_full_;
    }
    return nullptr;
}

const Error* Link::be_full(TimePoint now) {
    full_since_ = std::min(full_since_, now);
    if (!patience_.is_armed()) {
        patience_.arm(environment_.config.queue_patience);
    }
    return &output_full_;
}

void Link::on_written(std::uint64_t total) {
    outbox_.on_written(total);
    // Half: who is told so has something to send.
    if (full_since_ != TimePoint::max() && up_ != nullptr &&
        up_->output().size() <= environment_.config.max_output_octets / 2) {
        full_since_ = TimePoint::max();
        on_drained();
    }
}

void Link::be_up(net::ByteStream& stream) {
    up_ = &stream;
    sent_ = outbox_.waiting();
    full_since_ = TimePoint::max();
    last_used_ = environment_.timers.now();
    has_asked_for_ack_ = false;
}

void Link::come_up(net::ByteStream& stream) {
    be_up(stream);
    outbox_.pour_into(stream, last_used_);
}

void Link::count_from_here() {
    outbox_.begin_acks(false);
    if (outbox_.in_output() != 0) {
        ask_for_ack();
    }
}

void Link::come_up_with_acks(net::ByteStream& stream, bool may_resume) {
    be_up(stream);
    management::write_enable(stream.output(), may_resume);
    outbox_.begin_acks(may_resume);
    outbox_.pour_into(stream, last_used_);
    if (outbox_.in_output() != 0) {
        ask_for_ack();
    }
}

void Link::come_up_resumed(net::ByteStream& stream) {
    be_up(stream);
    outbox_.send_again(stream);
    outbox_.pour_into(stream, last_used_);
    if (outbox_.in_output() != 0) {
        ask_for_ack();
    }
}

void Link::ask_for_ack() {
    if (!has_asked_for_ack_) {
        has_asked_for_ack_ = true;
        management::write_request(up_->output());
        up_->flush();
    }
}

bool Link::on_management(const management::Element& element) {
    using What = management::What;
    switch (element.what) {
        case What::Enabled:
            if (!element.may_resume || element.id.empty()) {
                outbox_.drop_texts();
            }
            return true;
        case What::Failed:
            outbox_.stop_acks();
            return true;
        case What::Answer:
            if (!outbox_.awaits_acks()) {
                return true;
            }
            has_asked_for_ack_ = false;
            if (!element.h || !outbox_.on_acked(*element.h)) {
                return false;
            }
            if (up_ != nullptr && (outbox_.in_output() != 0 || keeps_much())) {
                ask_for_ack();
            }
            return true;
        default:
            return true;
    }
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
    const bool is_late = outbox_.in_output() != 0 && outbox_.oldest_in_output() <= limit;
    if (is_late || (up_ != nullptr && full_since_ <= limit)) {
        full_since_ = TimePoint::max();
        on_stalled(make_error(ErrorKind::Timeout,
                              "IST-XMPP-003",
                              "the remote server does not take messages",
                              outbox_.awaits_acks() ? "nothing was acknowledged in time"
                                                    : "nothing was written for a whole patience"));
    }
    TimePoint oldest = now;
    if (outbox_.waiting() != 0) {
        oldest = outbox_.oldest_waiting();
    }
    if (outbox_.in_output() != 0) {
        oldest = std::min(oldest, outbox_.oldest_in_output());
    }
    const bool is_full = full_since_ != TimePoint::max();
    if (is_full) {
        oldest = std::min(oldest, full_since_);
    }
    if (pending() != 0 || is_full) {
        patience_.arm(oldest + patience - now);
    }
}

void Link::fill(LinkStatus& status) const {
    status.id = "o" + std::to_string(number_);
    status.stanzas_out = sent_ - outbox_.waiting();
    status.queued = outbox_.waiting();
    if (outbox_.waiting() != 0) {
        status.oldest = environment_.timers.now() - outbox_.oldest_waiting();
    }
}

}  // namespace isthmus::xmpp
