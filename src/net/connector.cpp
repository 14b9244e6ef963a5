#include "net/connector.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace isthmus::net {

namespace {

constexpr Duration kStagger = std::chrono::milliseconds(250);  // RFC 8305 §5
constexpr std::size_t kMaxFailureText = 1000;

}  // namespace

class Connector::Attempt final : Watch {
  public:
    Attempt(Connector& owner, Descriptor socket, const Endpoint& to)
        : Watch(owner.shared_.loop),
          owner_(owner),
          socket_(std::move(socket)),
          to_(to),
          patience_(owner.shared_.loop.timers(), [this] { fail("no answer"); }) {
        if (watch(socket_.get(), false, true)) {
            patience_.arm(owner.patience_);
        } else {
            fail(describe_errno(errno));
        }
    }

    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    Attempt(Attempt&&) = delete;
    Attempt& operator=(Attempt&&) = delete;

    virtual ~Attempt() { forget(); }

    bool is_running() const { return socket_.is_open(); }

  private:
    void on_ready(bool /*readable*/, bool /*writable*/) override {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            fail(describe_errno(error));
            return;
        }
        patience_.cancel();
        forget();
        owner_.attempt_won(std::move(socket_), to_);
    }

    void fail(const std::string& reason) {
        patience_.cancel();
        forget();
        socket_.reset();
        owner_.attempt_failed(to_, reason);
    }

    Connector& owner_;
    Descriptor socket_;
    Endpoint to_;
    Timer patience_;
};

Connector::Connector(StreamShared& shared,
                     std::vector<Endpoint> addresses,
                     Duration patience,
                     ConnectHandler on_done)
    : EndOfTurn(shared.loop),
      shared_(shared),
      addresses_(std::move(addresses)),
      patience_(patience),
      on_done_(std::move(on_done)),
      stagger_(shared.loop.timers(), [this] {
          is_due_ = true;
          at_end_of_turn();
      }) {
    at_end_of_turn();
}

Connector::~Connector() = default;

bool Connector::is_running() const {
    return std::ranges::any_of(attempts_,
                               [](const auto& attempt) { return attempt->is_running(); });
}

void Connector::on_end_of_turn() {
    if (!winner_.is_open()) {
        // RFC 8305 §5: the next address after 250 ms, or as soon as none is under way.
        while (next_ < addresses_.size() && (is_due_ || !is_running())) {
            start_next();
        }
        if (is_running()) {
            return;
        }
    }
    stagger_.cancel();
    attempts_.clear();
    const ConnectHandler on_done = std::move(on_done_);
    if (winner_.is_open()) {
        on_done(std::unique_ptr<ByteStream>(
            std::make_unique<TcpStream>(shared_, std::move(winner_), winner_address_)));
    } else {
        on_done(make_error(ErrorKind::Unreachable,
                           "IST-TCP-001",
                           "No address accepted a connection.",
                           failures_.empty() ? "no address" : failures_));
    }
}

void Connector::start_next() {
    const Endpoint& to = addresses_[next_++];
    Descriptor socket(::socket(family_of(to), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const SocketAddress address = to_socket_address(to, family_of(to));
    if (!socket.is_open() ||
        (::connect(socket.get(), address.get(), address.size) < 0 && errno != EINPROGRESS)) {
        note_failure(to, describe_errno(errno));
        return;
    }
    is_due_ = false;
    attempts_.push_back(std::make_unique<Attempt>(*this, std::move(socket), to));
    if (next_ < addresses_.size()) {
        stagger_.arm(kStagger);
    }
}

void Connector::note_failure(const Endpoint& to, const std::string& reason) {
    if (failures_.size() < kMaxFailureText) {
        failures_ += (failures_.empty() ? "" : "; ") + to.to_string() + ": " + reason;
    }
}

void Connector::attempt_failed(const Endpoint& to, const std::string& reason) {
    note_failure(to, reason);
    at_end_of_turn();
}

void Connector::attempt_won(Descriptor socket, const Endpoint& to) {
    if (!winner_.is_open()) {
        winner_ = std::move(socket);
        winner_address_ = to;
        at_end_of_turn();
    }
}

}  // namespace isthmus::net
