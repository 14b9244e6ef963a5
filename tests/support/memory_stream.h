// One end of a stream in memory; see memory_wire.h.
#pragma once

#include "support/memory_wire.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace isthmus::test {

inline Error end_of_stream() {
    return make_error(ErrorKind::Unreachable, "the peer closed the connection");
}

inline Error reset_error() {
    return make_error(ErrorKind::Unreachable, "the connection was lost", "connection reset");
}

inline Error handshake_error() {
    return make_error(ErrorKind::Unreachable, "IST-TLS-002", "TLS failed", "handshake failure");
}

/// What travels: octets, or an event of the connection.
struct Segment {
    enum class Kind { Plain, Secure, ClientHello, ServerHello, Alert, End, Reset };
    Kind kind = Kind::Plain;
    std::string octets = {};
    net::TlsOptions options = {};
    std::optional<net::PeerCertificate> certificate = std::nullopt;
};

class MemoryStream final : public net::ByteStream {
  public:
    MemoryStream(MemoryHost& host, net::Endpoint local, net::Endpoint remote)
        : host_(host), wire_(host.wire_), local_(local), remote_(remote) {
        wire_.streams_.insert(this);
    }

    MemoryStream(const MemoryStream&) = delete;
    MemoryStream& operator=(const MemoryStream&) = delete;
    MemoryStream(MemoryStream&&) = delete;
    MemoryStream& operator=(MemoryStream&&) = delete;

    ~MemoryStream() override {
        wire_.streams_.erase(this);
        *alive_ = false;
        if (!is_closed_) {
            transmit({.kind = Segment::Kind::Reset});
        }
        if (peer_ != nullptr) {
            peer_->peer_ = nullptr;
        }
    }

    static void join(MemoryStream& a, MemoryStream& b) {
        a.peer_ = &b;
        b.peer_ = &a;
    }

    void set_handler(net::StreamHandler* handler) override {
        handler_ = handler;
        hand_over_soon();
    }

    Buffer& output() override { return output_; }

    void flush() override {
        if (!std::exchange(is_marked_, true)) {
            wire_.loop_.at_end_of_turn([this, alive = alive_] {
                if (*alive) {
                    is_marked_ = false;
                    send_output();
                }
            });
        }
    }

    std::uint64_t appended() const override { return handed_ + output_.size(); }

    void start_tls(std::shared_ptr<const net::TlsContext> /*context*/,
                   net::TlsOptions options) override {
        send_output();
        inbox_.clear();
        tls_ = Tls::Handshake;
        options_ = std::move(options);
        if (options_.role == net::TlsRole::Client && !host_.stalls_handshakes_) {
            transmit({.kind = Segment::Kind::ClientHello,
                      .options = options_,
                      .certificate = host_.certificate_});
        }
    }

    bool is_secure() const override { return tls_ == Tls::Up; }

    const net::PeerCertificate* peer_certificate() const override {
        return tls_ == Tls::Up && certificate_ ? &*certificate_ : nullptr;
    }

    std::string_view tls_version() const override {
        const bool is_old = host_.only_tls12_ || (peer_ != nullptr && peer_->host_.only_tls12_);
        return !is_secure() ? "" : is_old ? "TLSv1.2" : "TLSv1.3";
    }

    std::string_view tls_cipher() const override {
        return is_secure() ? "TLS_AES_256_GCM_SHA384" : "";
    }

    std::string_view alpn() const override { return alpn_; }

    const net::Endpoint& local() const override { return local_; }

    const net::Endpoint& remote() const override { return remote_; }

    void pause_reading(bool paused) override {
        is_paused_ = paused;
        hand_over_soon();
    }

    void shut_down() override {
        is_ending_ = true;
        flush();
    }

    /// As if a router between the two had lost the connection.
    void cut() {
        wire_.loop_.post([this, alive = alive_] {
            if (*alive) {
                close(reset_error());
            }
        });
    }

  private:
    enum class Tls { None, Handshake, Up };

    void transmit(Segment segment) {
        if (peer_ == nullptr) {
            return;
        }
        TimePoint arrival = std::max(last_arrival_, wire_.loop_.now() + wire_.latency_);
        last_arrival_ = arrival;
        wire_.loop_.post_after(
            arrival - wire_.loop_.now(),
            [to = peer_, alive = peer_->alive_, segment = std::move(segment)]() mutable {
                if (*alive) {
                    to->arrive(std::move(segment));
                }
            });
    }

    void send_output() {
        if (is_closed_ || tls_ == Tls::Handshake) {
            return;
        }
        std::size_t unread = peer_ == nullptr ? 0 : peer_->inbox_.size() + on_the_way_;
        std::size_t room = wire_.window_ > unread ? wire_.window_ - unread : 0;
        std::size_t size = std::min(room, output_.size());
        if (size != 0) {
            send_octets(output_.view().substr(0, size));
            output_.consume(size);
            handed_ += size;
            wire_.loop_.post([this, alive = alive_, total = handed_] {
                if (*alive && !is_closed_ && handler_ != nullptr) {
                    handler_->on_written(total);
                }
            });
        }
        if (is_ending_ && output_.empty()) {
            transmit({.kind = Segment::Kind::End});
            wire_.loop_.post([this, alive = alive_] {
                if (*alive) {
                    close(end_of_stream());
                }
            });
        }
    }

    void send_octets(std::string_view octets) {
        std::size_t piece = wire_.segment_size_ == 0 ? octets.size() : wire_.segment_size_;
        auto kind = tls_ == Tls::Up ? Segment::Kind::Secure : Segment::Kind::Plain;
        for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
            std::string_view part = octets.substr(0, piece);
            on_the_way_ += part.size();
            transmit({.kind = kind, .octets = std::string(part)});
        }
    }

    void arrive(Segment segment) {
        if (peer_ != nullptr) {
            peer_->on_the_way_ -= std::min(peer_->on_the_way_, segment.octets.size());
        }
        if (is_closed_) {
            return;
        }
        switch (segment.kind) {
            case Segment::Kind::Plain:
                return tls_ == Tls::None ? take(segment.octets) : fail_handshake();
            case Segment::Kind::Secure:
                return tls_ == Tls::Up ? take(segment.octets) : take("\x17\x03\x03");
            case Segment::Kind::ClientHello:
                return answer_hello(std::move(segment));
            case Segment::Kind::ServerHello:
                certificate_ = std::move(segment.certificate);
                alpn_ = std::move(segment.octets);
                return come_up();
            case Segment::Kind::Alert:
                return close(handshake_error());
            case Segment::Kind::End:
                has_end_arrived_ = true;
                return hand_over();
            case Segment::Kind::Reset:
                return close(reset_error());
        }
    }

    void answer_hello(Segment hello) {
        if (tls_ == Tls::None) {
            return take("\x16\x03\x01");  // a ClientHello where nobody expects one is just octets
        }
        if (tls_ == Tls::Up || host_.stalls_handshakes_) {
            return;
        }
        if (host_.fails_handshakes_ || options_.role == net::TlsRole::Client) {
            return fail_handshake();
        }
        host_.last_server_name_ = hello.options.server_name;
        if (options_.request_peer_certificate) {
            certificate_ = std::move(hello.certificate);
        }
        for (const std::string& ours : options_.alpn) {
            if (alpn_.empty() && std::ranges::count(hello.options.alpn, ours) != 0) {
                alpn_ = ours;
            }
        }
        transmit({.kind = Segment::Kind::ServerHello,
                  .octets = alpn_,
                  .certificate = host_.certificate_});
        come_up();
    }

    void come_up() {
        if (host_.fails_handshakes_) {
            return fail_handshake();
        }
        tls_ = Tls::Up;
        flush();
        if (handler_ != nullptr) {
            handler_->on_secured();
        }
    }

    void fail_handshake() {
        transmit({.kind = Segment::Kind::Alert});
        close(handshake_error());
    }

    void take(std::string_view octets) {
        inbox_.append(octets);
        hand_over();
    }

    void hand_over() {
        if (is_closed_ || is_paused_ || handler_ == nullptr) {
            return;
        }
        if (!inbox_.empty() && !hand_over_inbox()) {
            return;
        }
        if (has_end_arrived_) {
            close(end_of_stream());
        }
    }

    /// False: do not touch this stream any more, or not now.
    bool hand_over_inbox() {
        auto alive = alive_;
        Tls before = tls_;
        std::size_t done = handler_->on_octets(inbox_.view());
        if (!*alive) {
            return false;
        }
        if (tls_ == before) {
            inbox_.consume(done);
        }
        if (peer_ != nullptr && !peer_->output_.empty()) {
            peer_->flush();
        }
        return !is_paused_;
    }

    void hand_over_soon() {
        if (!inbox_.empty() || has_end_arrived_) {
            wire_.loop_.post([this, alive = alive_] {
                if (*alive) {
                    hand_over();
                }
            });
        }
    }

    void close(const Error& reason) {
        if (!std::exchange(is_closed_, true) && handler_ != nullptr) {
            handler_->on_closed(reason);
        }
    }

    MemoryHost& host_;
    MemoryWire& wire_;
    net::Endpoint local_;
    net::Endpoint remote_;
    MemoryStream* peer_ = nullptr;
    net::StreamHandler* handler_ = nullptr;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    Buffer output_;
    Buffer inbox_;
    std::uint64_t handed_ = 0;
    std::size_t on_the_way_ = 0;
    TimePoint last_arrival_{};
    net::TlsOptions options_;
    std::optional<net::PeerCertificate> certificate_;
    std::string alpn_;
    Tls tls_ = Tls::None;
    bool is_marked_ = false;
    bool is_paused_ = false;
    bool is_ending_ = false;
    bool has_end_arrived_ = false;
    bool is_closed_ = false;
};

}  // namespace isthmus::test
