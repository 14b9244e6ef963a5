#include "net/tcp_stream.h"

#include "net/stream_errors.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace isthmus::net {

namespace {

constexpr std::size_t kReadSize = 128UL * 1024;
constexpr std::size_t kReadPerTurn = 256UL * 1024;
// What is left of a message up to this size is copied in front of the next read; more stays in a
// buffer of the stream's own.
constexpr std::size_t kCarried = 16UL * 1024;
// Up to so much of what OpenSSL has to say waits for the stream's own first records.
constexpr std::size_t kJoined = 16UL * 1024;
// No message may be this long; parsers refuse far below.
constexpr std::size_t kMaxUnread = 16UL * 1024 * 1024;
constexpr Duration kCloseDeadline = std::chrono::seconds(5);
// After this time without acknowledgement the kernel gives the connection up.
constexpr unsigned kUserTimeoutMs = 60'000;

}  // namespace

TcpStream::TcpStream(StreamShared& shared, Descriptor socket, const Endpoint& remote)
    : Watch(shared.loop),
      EndOfTurn(shared.loop),
      shared_(shared),
      socket_(std::move(socket)),
      local_(local_endpoint(socket_.get())),
      remote_(remote),
      deadline_(shared.loop.timers(), [this] {
          end(closing_ ? orderly_end() : tls_failed("the handshake took too long"));
      }) {
    const int yes = 1;
    setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(
        socket_.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
    update_interest();
}

TcpStream::~TcpStream() {
    if (shared_.in_call == this) {
        shared_.in_call = nullptr;
    }
    if (handshake_) {
        handshake_->abandon();
    }
    shared_.spare.give(std::move(input_));
    shared_.spare.give(std::move(output_));
    forget();
}

Buffer& TcpStream::output() {
    if (output_.capacity() == 0) {
        output_ = shared_.spare.take();
    }
    return output_;
}

void TcpStream::flush() {
    if (!kernel_full_) {
        at_end_of_turn();
    }
}

void TcpStream::pause_reading(bool paused) {
    if (closed_ || paused == paused_) {
        return;
    }
    paused_ = paused;
    if (!paused && !input_.empty()) {
        deliver_again_ = true;
        at_end_of_turn();
    }
    update_interest();
}

void TcpStream::shut_down() {
    if (closed_ || closing_) {
        return;
    }
    closing_ = true;
    deadline_.arm(kCloseDeadline);
    at_end_of_turn();
    update_interest();
}

void TcpStream::update_interest() {
    const bool may_read = closing_ || (!paused_ && !is_stepping_ && phase_ != Phase::StartingTls);
    if (!watch(socket_.get(), may_read && !end_, kernel_full_)) {
        end(broken(describe_errno(errno)));
    }
}

void TcpStream::end(Error reason) {
    if (!end_) {
        end_ = std::make_unique<Error>(std::move(reason));
        at_end_of_turn();
    }
}

void TcpStream::close() {
    closed_ = true;
    deadline_.cancel();
    forget();
    socket_.reset();
    if (handshake_) {
        handshake_->abandon();
        handshake_.reset();
    }
    const std::unique_ptr<Error> reason = std::move(end_);
    if (handler_ != nullptr) {
        handler_->on_closed(*reason);
    }
}

void TcpStream::on_ready(bool readable, bool writable) {
    if (writable) {
        kernel_full_ = false;
        at_end_of_turn();
    }
    if (!readable || end_) {
        return;
    }
    if (closing_) {
        discard_input();
    } else if (phase_ == Phase::Handshaking) {
        receive_handshake();
    } else {
        receive();
    }
}

void TcpStream::on_end_of_turn() {
    if (closed_) {
        return;
    }
    if (deliver_again_ && !paused_ && !closing_) {
        deliver_again_ = false;
        Buffer unread = std::move(input_);
        if (!deliver(unread)) {
            return;
        }
        keep(unread);
    }
    send_output();
    if (!report_written()) {
        return;
    }
    if (end_) {
        // What came before the end is still the handler's, who rests.
        if (!paused_ || input_.empty() || closing_) {
            close();
        }
        return;
    }
    if (phase_ == Phase::StartingTls && plain_before_tls_ == 0) {
        begin_handshake();
    }
    if (closing_ && !kernel_full_) {
        finish_closing();
    }
    update_interest();
}

std::size_t TcpStream::read_some(Buffer& to, std::size_t size) {
    char* room = to.prepare(size);
    ssize_t got = 0;
    do {
        got = recv(socket_.get(), room, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        to.commit(static_cast<std::size_t>(got));
        return static_cast<std::size_t>(got);
    }
    if (got < 0 && errno == EAGAIN) {
        return 0;
    }
    std::string detail = got < 0 ? describe_errno(errno) : "";
    if (phase_ == Phase::Handshaking && !closing_) {
        end(tls_failed(got < 0 ? std::move(detail) : "closed during the handshake"));
    } else if (phase_ == Phase::Secure && !closing_ && got == 0) {
        end(broken("closed without TLS close_notify"));
    } else {
        end(got == 0 ? orderly_end() : broken(std::move(detail)));
    }
    return 0;
}

std::size_t TcpStream::read_plain_or_secure(Buffer& unread) {
    if (phase_ != Phase::Secure) {
        return read_some(unread, kReadSize);
    }
    Buffer& cipher = shared_.cipher;
    cipher.clear();
    const std::size_t got = read_some(cipher, kReadSize);
    if (got != 0) {
        decrypt(cipher.view(), unread);
    }
    return got;
}

void TcpStream::receive() {
    Buffer& unread = input_.size() > kCarried ? input_ : shared_.plain;
    if (&unread != &input_) {
        unread.clear();
        unread.append(input_.view());
        shared_.spare.give(std::move(input_));
    }
    const Phase phase = phase_;
    for (std::size_t total = 0; total < kReadPerTurn;) {
        const std::size_t before = unread.size();
        const std::size_t got = read_plain_or_secure(unread);
        if (unread.size() > before && !deliver(unread)) {
            return;
        }
        if (got < kReadSize || paused_ || closing_ || end_ || phase_ != phase) {
            break;
        }
        total += got;
    }
    keep(unread);
}

bool TcpStream::deliver(Buffer& unread) {
    const Phase phase = phase_;
    std::size_t used = 0;
    if (!survives([&] { used = handler_->on_octets(unread.view()); })) {
        return false;
    }
    unread.consume(std::min(used, unread.size()));
    if (phase_ != phase || closing_) {
        unread.clear();  // RFC 6120 §5.3.3: nothing learnt in the clear counts after STARTTLS
    }
    if (unread.size() > kMaxUnread) {
        end(broken("a message of more than 16 MiB"));
    }
    return true;
}

/// What the handler left stays in input_; an empty buffer goes back to the others.
void TcpStream::keep(Buffer& unread) {
    if (unread.empty()) {
        if (&unread != &shared_.plain) {
            shared_.spare.give(std::move(unread));
        }
    } else if (&unread == &shared_.plain) {
        input_ = shared_.spare.take();
        input_.append(unread.view());
        unread.clear();
    } else if (&unread != &input_) {
        input_ = std::move(unread);
    }
}

void TcpStream::discard_input() {
    Buffer& octets = shared_.plain;
    octets.clear();
    read_some(octets, kReadSize);
    octets.clear();
}

std::size_t TcpStream::transmit(std::string_view octets) {
    ssize_t sent = 0;
    do {
        sent = send(socket_.get(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) {
        end(broken(describe_errno(errno)));
        return 0;
    }
    const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    kernel_full_ = taken < octets.size();
    return taken;
}

void TcpStream::send_output() {
    if (kernel_full_ || fin_sent_) {
        return;
    }
    if (session_ && !session_->outgoing().empty()) {
        wire_.append(session_->outgoing().view());
        session_->outgoing().clear();
    }
    if (!wire_.empty()) {
        const bool may_join = phase_ == Phase::Secure && !output_.empty();
        if (may_join && wire_.size() <= kJoined && !seal(output_.size(), wire_)) {
            return;
        }
        wire_.consume(transmit(wire_.view()));
        if (!wire_.empty()) {
            return;
        }
        wire_.shrink(0);
        written_ = taken_;
    }
    switch (phase_) {
        case Phase::Plain:
            send_plain(output_.size());
            break;
        case Phase::StartingTls:
            send_plain(plain_before_tls_);
            break;
        case Phase::Handshaking:
            break;
        case Phase::Secure:
            send_secure();
            break;
    }
}

void TcpStream::send_plain(std::size_t size) {
    if (size == 0) {
        return;
    }
    const std::size_t sent = transmit(output_.view().substr(0, size));
    output_.consume(sent);
    plain_before_tls_ -= std::min(plain_before_tls_, sent);
    taken_ += sent;
    written_ = taken_;
}

bool TcpStream::report_written() {
    if (output_.empty()) {
        shared_.spare.give(std::move(output_));
    }
    if (written_ == reported_) {
        return true;
    }
    reported_ = written_;
    return survives([this] { handler_->on_written(written_); });
}

void TcpStream::finish_closing() {
    const bool is_drained = output_.empty() && wire_.empty();
    if (fin_sent_ || (phase_ != Phase::Handshaking && !is_drained)) {
        return;
    }
    if (phase_ == Phase::Secure) {
        session_->close(shared_.cipher);
        transmit(shared_.cipher.view());
    }
    // The peer reads all of it before our close: a reset would throw it away. Then its own end
    // comes, or the deadline.
    fin_sent_ = true;
    ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace isthmus::net
