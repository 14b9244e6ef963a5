// The TLS half of TcpStream: the handshake with the pool's help, and records in and out.
#include "net/stream_errors.h"
#include "net/tcp_stream.h"

#include <algorithm>
#include <utility>

namespace isthmus::net {

namespace {

constexpr Duration kHandshakeDeadline = std::chrono::seconds(10);
constexpr std::size_t kHandshakeRead = 16UL * 1024;
constexpr std::size_t kEncryptSize = 256UL * 1024;

}  // namespace

void TcpStream::start_tls(std::shared_ptr<const TlsContext> context, TlsOptions options) {
    if (phase_ != Phase::Plain || closed_ || closing_) {
        return;
    }
    phase_ = Phase::StartingTls;
    plain_before_tls_ = output_.size();
    input_.clear();
    HandshakeOwner& owner = *this;
    handshake_ = std::make_shared<Handshake>(owner, std::move(context), std::move(options));
    deadline_.arm(kHandshakeDeadline);
    at_end_of_turn();
    update_interest();
}

void TcpStream::begin_handshake() {
    phase_ = Phase::Handshaking;
    if (handshake_->session->role() == TlsRole::Client) {
        submit_handshake();
    }
}

void TcpStream::submit_handshake() {
    is_stepping_ = true;
    shared_.handshakes.submit(handshake_);
}

void TcpStream::receive_handshake() {
    if (read_some(handshake_->session->incoming(), kHandshakeRead) != 0) {
        submit_handshake();
        update_interest();
    }
}

void TcpStream::on_handshake_step(TlsSession::Step step) {
    is_stepping_ = false;
    if (end_ || closing_) {
        return;
    }
    wire_.append(handshake_->session->outgoing().view());
    handshake_->session->outgoing().clear();
    at_end_of_turn();
    if (step == TlsSession::Step::Failed) {
        end(tls_failed(handshake_->session->error()));
    }
    if (step != TlsSession::Step::Done) {
        return;
    }
    session_ = std::move(handshake_->session);
    handshake_.reset();
    deadline_.cancel();
    phase_ = Phase::Secure;
    if (!survives([this] { handler_->on_secured(); })) {
        return;
    }
    // Application data may have come in the same segment as the last handshake message.
    Buffer unread = shared_.spare.take();
    decrypt(session_->incoming().view(), unread);
    session_->incoming() = {};
    if (unread.empty() || paused_ || closing_ || deliver(unread)) {
        keep(unread);
    }
}

std::optional<PeerCertificate> TcpStream::judge_again(const TlsContext& context) const {
    return session_ ? session_->judge_again(context) : std::nullopt;
}

const PeerCertificate* TcpStream::peer_certificate() const {
    return session_ ? session_->peer_certificate() : nullptr;
}

std::string_view TcpStream::tls_version() const {
    return session_ ? session_->version() : "";
}

std::string_view TcpStream::tls_cipher() const {
    return session_ ? session_->cipher() : "";
}

std::string_view TcpStream::alpn() const {
    return session_ ? session_->alpn() : "";
}

void TcpStream::decrypt(std::string_view cipher, Buffer& unread) {
    switch (session_->decrypt(cipher, unread)) {
        case TlsSession::Read::Open:
            break;
        case TlsSession::Read::Ended:
            end(orderly_end());
            break;
        case TlsSession::Read::Failed:
            end(tls_failed(session_->error()));
            break;
    }
    if (!session_->outgoing().empty()) {
        at_end_of_turn();
    }
}

/// Takes so much of the output, or a great part of it, and appends the records.
bool TcpStream::seal(std::size_t size, Buffer& to) {
    size = std::min(size, kEncryptSize);
    if (!session_->encrypt(output_.view().substr(0, size), to)) {
        end(tls_failed(session_->error()));
        return false;
    }
    output_.consume(size);
    taken_ += size;
    return true;
}

void TcpStream::send_secure() {
    Buffer& cipher = shared_.cipher;
    while (!output_.empty() && !kernel_full_) {
        cipher.clear();
        if (!seal(output_.size(), cipher)) {
            return;
        }
        const std::size_t sent = transmit(cipher.view());
        if (sent == cipher.size()) {
            written_ = taken_;
        } else {
            wire_.append(cipher.view().substr(sent));
        }
    }
}

}  // namespace isthmus::net
