#include "xmpp/stream_connection.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

namespace {

constexpr Duration kLinger = std::chrono::seconds(5);
// Abuse case A20: keep-alives are one octet a minute or so, not a flood.
constexpr std::size_t kIdleBurst = 1024;
constexpr std::size_t kIdlePerSecond = 16;

}  // namespace

xml::Limits limits_of(std::size_t octets) {
    xml::Limits limits;
    limits.max_element_octets = octets;
    return limits;
}

StreamConnection::StreamConnection(Timers& timers, xml::Limits limits, Duration stanza_deadline)
    : timers_(timers),
      parser_(*this, limits),
      stanza_deadline_(stanza_deadline),
      deadline_(timers, [this] { on_deadline(); }),
      rest_(timers,
            [this] {
                if (!has_ended_) {
                    stream_->pause_reading(false);
                }
            }),
      idle_since_(timers.now()),
      idle_allowance_(kIdleBurst) {}

void StreamConnection::adopt(std::unique_ptr<net::ByteStream> stream) {
    set_aside_.reset();
    stream_ = std::move(stream);
    stream_->set_handler(this);
    last_heard_ = timers_.now();
}

void StreamConnection::set_aside() {
    set_aside_ = std::move(stream_);
}

void StreamConnection::want_tls() {
    turn_ = Turn::Tls;
    parser_.stop();
}

void StreamConnection::want_restart() {
    turn_ = Turn::Restart;
    parser_.stop();
}

void StreamConnection::want_rest(Duration rest) {
    turn_ = Turn::Rest;
    parser_.stop();
    stream_->pause_reading(true);
    rest_.arm(rest);
}

void StreamConnection::want_pause() {
    turn_ = Turn::Rest;
    parser_.stop();
    stream_->pause_reading(true);
}

void StreamConnection::go_on() {
    stream_->pause_reading(false);
}

void StreamConnection::start_tls(std::shared_ptr<const net::TlsContext> context,
                                 net::TlsOptions options) {
    parser_.restart();
    deadline_.cancel();
    stream_->start_tls(std::move(context), std::move(options));
}

void StreamConnection::describe_stream(LinkStatus& status) const {
    if (stream_ == nullptr) {
        return;
    }
    status.octets_in = octets_in_;
    status.octets_out = stream_->appended();
    if (const net::PeerCertificate* shown = stream_->peer_certificate()) {
        status.certificate = *shown;
    }
}

std::size_t StreamConnection::on_octets(std::string_view unread) {
    std::size_t done = 0;
    has_moved_on_ = false;
    last_heard_ = timers_.now();
    while (!has_ended_ && !is_finishing_) {
        done += parser_.feed(unread.substr(done));
        if (parser_.fault() != xml::Fault::None) {
            const bool is_large = parser_.fault() == xml::Fault::TooLarge;
            handle_fault(condition_of(parser_.fault()),
                         is_large ? "IST-LIM-001" : "IST-XMPP-001",
                         parser_.fault_detail());
            break;
        }
        if (!take_turn(done != unread.size())) {
            break;
        }
    }
    octets_in_ += done;
    // After the end of the stream, whatever follows is thrown away.
    if (has_ended_ || is_finishing_) {
        return unread.size();
    }
    if (done != 0 && !has_moved_on_ && !may_be_idle(done)) {
        handle_fault(StreamCondition::PolicyViolation, "IST-LIM-003", "a flood of white space");
        return unread.size();
    }
    watch_stanza(has_moved_on_);
    return done;
}

/// True: there may be more to parse in what was read.
bool StreamConnection::take_turn(bool has_octets_behind) {
    switch (std::exchange(turn_, Turn::None)) {
        case Turn::None:
        case Turn::Rest:
            return false;
        case Turn::Tls:
            handle_tls_turn(has_octets_behind);
            return false;
        case Turn::Restart:
            parser_.restart();
            return has_octets_behind;
    }
    return false;
}

/// Octets were consumed that belong to nothing: white space between stanzas.
bool StreamConnection::may_be_idle(std::size_t octets) {
    const TimePoint now = timers_.now();
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - idle_since_).count();
    const std::size_t earned = static_cast<std::size_t>(seconds) * kIdlePerSecond;
    if (earned != 0) {
        idle_allowance_ = std::min(kIdleBurst, idle_allowance_ + earned);
        idle_since_ = now;
    }
    if (idle_allowance_ < octets) {
        return false;
    }
    idle_allowance_ -= octets;
    return true;
}

void StreamConnection::watch_stanza(bool has_moved_on) {
    // Abuse case A06: from the first octet of an element to its last.
    if (awaits_end_) {
        return;
    }
    if (!parser_.is_inside_element()) {
        deadline_.cancel();
    } else if (has_moved_on || !deadline_.is_armed()) {
        deadline_.arm(stanza_deadline_);
    }
}

void StreamConnection::on_deadline() {
    if (has_ended_) {
        return;
    }
    if (is_finishing_) {
        const Error why = make_error(ErrorKind::Timeout, "", "the peer does not close");
        end();
        return handle_closed(why);
    }
    if (awaits_end_) {
        return finish();
    }
    handle_fault(StreamCondition::PolicyViolation, "IST-XMPP-001", "a stanza took too long");
}

void StreamConnection::on_written(std::uint64_t total) {
    if (!has_ended_) {
        handle_written(total);
    }
}

void StreamConnection::on_secured() {
    if (!has_ended_) {
        handle_secured();
    }
}

void StreamConnection::on_closed(const Error& reason) {
    if (!has_ended_ && !goes_on_without(reason)) {
        end();
        handle_closed(reason);
    }
}

void StreamConnection::on_stream_open(const xml::Element& root, std::string_view default_ns) {
    if (!has_ended_ && !is_finishing_) {
        has_moved_on_ = true;
        handle_header(StreamHeader::read(root, default_ns));
    }
}

void StreamConnection::on_element(const xml::Element& element) {
    if (!has_ended_ && !is_finishing_) {
        has_moved_on_ = true;
        handle_element(element);
    }
}

void StreamConnection::on_stream_close() {
    if (has_ended_ || is_finishing_) {
        return;
    }
    if (awaits_end_) {
        was_end_answered_ = true;
        return finish();
    }
    handle_end();
}

void StreamConnection::finish() {
    if (has_ended_ || std::exchange(is_finishing_, true)) {
        return;
    }
    parser_.stop();
    rest_.cancel();
    deadline_.arm(kLinger);
    stream_->shut_down();
}

void StreamConnection::finish_when_answered() {
    if (has_ended_ || is_finishing_ || std::exchange(awaits_end_, true)) {
        return;
    }
    flush();
    deadline_.arm(kLinger);
}

void StreamConnection::end() {
    has_ended_ = true;
    deadline_.cancel();
    rest_.cancel();
}

void Graveyard::sweep() {
    std::erase_if(buried_, [](const auto& connection) { return connection->has_ended(); });
    if (!buried_.empty()) {
        timer_.arm(std::chrono::seconds(1));
    }
}

}  // namespace isthmus::xmpp
