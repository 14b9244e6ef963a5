#include "sip/connection.h"

#include "base/prefetch.h"

#include <algorithm>
#include <array>
#include <utility>

namespace isthmus::sip {

void ConnectionUser::attach(Connection& connection) {
    detach();
    connection_ = &connection;
    next_user_ = connection.users_;
    user_link_ = &connection.users_;
    if (next_user_ != nullptr) {
        next_user_->user_link_ = &next_user_;
    }
    connection.users_ = this;
}

void ConnectionUser::detach() {
    if (user_link_ == nullptr) {
        return;
    }
    *user_link_ = next_user_;
    if (next_user_ != nullptr) {
        next_user_->user_link_ = user_link_;
    }
    if (connection_->opener_ == this) {
        connection_->opener_ = nullptr;
    }
    connection_ = nullptr;
    next_user_ = nullptr;
    user_link_ = nullptr;
}

Connection::Connection(std::unique_ptr<net::ByteStream> stream,
                       Transport transport,
                       Side side,
                       const ConnectionLimits& limits,
                       Timers& timers,
                       ConnectionHandler& handler)
    : stream_(std::move(stream)),
      handler_(handler),
      limits_(limits),
      timers_(timers),
      watch_(timers, [this] { on_watch(); }),
      last_message_(timers.now()),
      last_heard_(timers.now()),
      framer_(limits.message_octets),
      side_(side) {
    origin_.transport = transport;
    origin_.remote = stream_->remote();
    origin_.local = stream_->local();
}

Connection::~Connection() {
    while (users_ != nullptr) {
        users_->detach();
    }
}

void Connection::start(std::shared_ptr<const net::TlsContext> context,
                       net::TlsOptions options,
                       ConnectionOpener* opener) {
    if (opener != nullptr) {
        opener_ = opener;
        opener->attach(*this);
    }
    stream_->set_handler(this);
    if (origin_.transport == Transport::Tls) {
        stream_->start_tls(std::move(context), std::move(options));
        watch();
    } else {
        open();
    }
}

void Connection::flush() {
    stream_->flush();
    // A peer that sends requests but reads no answers must not fill our memory.
    if (!is_paused_ && stream_->output().size() > limits_.output_pause) {
        is_paused_ = true;
        stream_->pause_reading(true);
    }
}

void Connection::shut_down() {
    if (state_ == State::Closed || state_ == State::Closing) {
        return;
    }
    state_ = State::Closing;
    last_message_ = timers_.now();
    stream_->shut_down();
    watch();
}

void Connection::abort(const Error& reason) {
    close(reason);
}

std::size_t Connection::on_octets(std::string_view unread) {
    if (state_ != State::Open) {
        return unread.size();
    }
    last_heard_ = timers_.now();
    if (std::exchange(pinged_, std::nullopt) && unread == "\r\n" && !framer_.is_inside_message()) {
        // A pong; two of them are no ping.
        answers_pings_ = true;
        watch();  // the next ping is due before the end that was waited for
        return unread.size();
    }
    std::size_t done = 0;
    bool has_message = false;
    bool is_whole = true;
    while (state_ == State::Open && is_whole) {
        std::array<Frame, kLookAhead> frames;
        std::size_t count = 0;
        while (count < frames.size() && is_whole) {
            const Frame& frame = frames[count] = framer_.next(unread.substr(done));
            done += frame.consumed;
            is_whole = frame.kind != Frame::Kind::NeedMore;
            count += is_whole ? 1 : 0;
            if (frame.kind == Frame::Kind::Message) {
                handler_.on_frame_ahead(frame);
            }
        }
        has_message = has_message || count != 0;
        for (std::size_t i = 0; i < count && state_ == State::Open; ++i) {
            take(frames[i]);
        }
    }
    if (has_message) {
        last_message_ = timers_.now();
    }
    if (!framer_.is_inside_message()) {
        message_began_ = TimePoint::max();
    } else if (has_message || message_began_ == TimePoint::max()) {
        message_began_ = timers_.now();
        watch();
    }
    return done;
}

void Connection::take(const Frame& frame) {
    if (frame.kind == Frame::Kind::Ping) {
        stream_->output().append("\r\n");  // RFC 5626 §4.4.1
        flush();
    } else {
        handler_.on_frame(*this, frame);
    }
}

void Connection::on_written(std::uint64_t /*total*/) {
    if (is_paused_ && stream_->output().size() < limits_.output_pause / 4) {
        is_paused_ = false;
        stream_->pause_reading(false);
    }
}

void Connection::on_secured() {
    if (state_ == State::Handshake) {
        open();
    }
}

void Connection::on_closed(const Error& reason) {
    close(reason);
}

void Connection::open() {
    state_ = State::Open;
    last_message_ = timers_.now();
    origin_.certificate = stream_->peer_certificate();
    origin_.is_tls13 = stream_->tls_version() == "TLSv1.3";
    was_open_ = true;
    handler_.on_open(*this);
    if (ConnectionOpener* opener = std::exchange(opener_, nullptr)) {
        if (auto error = opener->on_connection_open(*this)) {
            return close(*error);
        }
    }
    watch();
}

void Connection::close(const Error& reason) {
    if (state_ == State::Closed) {
        return;
    }
    state_ = State::Closed;
    watch_.cancel();
    while (users_ != nullptr) {
        ConnectionUser& user = *users_;
        user.detach();
        user.on_connection_lost(reason);
    }
    handler_.on_closed(*this, reason);
}

bool Connection::is_in_use() const {
    // The opener, who expects nothing, was the first and so is the last.
    for (const ConnectionUser* user = users_; user != nullptr; user = user->next_user_) {
        if (user->is_expecting()) {
            return true;
        }
    }
    return false;
}

TimePoint Connection::deadline() const {
    switch (state_) {
        case State::Handshake:
        case State::Closing:
            return last_message_ + limits_.handshake;
        case State::Open: {
            const bool is_theirs = side_ == Side::Accepted;
            const Duration idle = is_theirs && origin_.peer < 0       ? limits_.idle_stranger
                                  : is_theirs && !counts_as_stranger_ ? limits_.idle_device
                                                                      : limits_.idle;
            const TimePoint end =
                std::min(is_in_use() ? timers_.now() + idle : last_message_ + idle, ping_due());
            return message_began_ == TimePoint::max()
                       ? end
                       : std::min(end, message_began_ + limits_.message);
        }
        case State::Closed:
            break;
    }
    return TimePoint::max();
}

TimePoint Connection::ping_due() const {
    if (!sends_pings() || (pinged_ && !answers_pings_)) {
        return TimePoint::max();
    }
    return pinged_ ? *pinged_ + limits_.pong : last_heard_ + limits_.ping;
}

bool Connection::keep_alive() {
    if (pinged_) {
        return true;
    }
    pinged_ = timers_.now();
    stream_->output().append("\r\n\r\n");
    flush();
    return false;
}

/// Makes sure that on_watch() comes no later than the deadline; coming early costs little, so that
/// traffic does not have to move the timer.
void Connection::watch() {
    const TimePoint at = deadline();
    if (at != TimePoint::max() && (!watch_.is_armed() || at < watch_at_)) {
        watch_at_ = at;
        watch_.arm(at - timers_.now());
    }
}

void Connection::on_watch() {
    if (timers_.now() < deadline()) {
        watch();
        return;
    }
    switch (state_) {
        case State::Handshake:
            return close(make_error(
                ErrorKind::Timeout, "IST-TLS-002", "TLS failed", "the handshake took too long"));
        case State::Closing:
            return close(make_error(ErrorKind::Timeout, "closed", "peer did not read the rest"));
        case State::Open:
            if (timers_.now() >= ping_due()) {
                // RFC 5626 §4.4.1: without a pong the connection is as good as gone.
                if (keep_alive()) {
                    return close(make_error(ErrorKind::Timeout,
                                            "IST-SIP-010",
                                            "the SIP peer is silent",
                                            "no answer to a keep-alive within 10 s"));
                }
                return watch();
            }
            if (message_began_ != TimePoint::max()) {
                return close(make_error(ErrorKind::Timeout,
                                        "IST-LIM-014",
                                        "closed",
                                        "20 s after its first octet a message was not complete"));
            }
            return shut_down();
        case State::Closed:
            break;
    }
}

}  // namespace isthmus::sip
