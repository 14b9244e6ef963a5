#include "net/tcp_listener.h"

#include "base/log.h"

#include <cerrno>
#include <utility>

namespace isthmus::net {

namespace {

// Few enough that running connections are served between two crowds of new ones.
constexpr int kAcceptsPerTurn = 64;
constexpr Duration kRest = std::chrono::milliseconds(100);

/// Errors of the one connection, not of the listener: accept(2).
bool concerns_one_connection(int error) {
    return error == ECONNABORTED || error == EPROTO || error == EINTR || error == EPERM ||
           error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
           error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

}  // namespace

Result<std::unique_ptr<Acceptor>> TcpListener::start(StreamShared& shared,
                                                     Descriptor socket,
                                                     AcceptHandler on_accept,
                                                     metrics::Counter& failures) {
    if (::listen(socket.get(), SOMAXCONN) < 0) {
        return listen_error(local_endpoint(socket.get()), SOCK_STREAM, errno);
    }
    return std::unique_ptr<Acceptor>(
        std::make_unique<TcpListener>(shared, std::move(socket), std::move(on_accept), failures));
}

TcpListener::TcpListener(StreamShared& shared,
                         Descriptor socket,
                         AcceptHandler on_accept,
                         metrics::Counter& failures)
    : Watch(shared.loop),
      shared_(shared),
      socket_(std::move(socket)),
      local_(local_endpoint(socket_.get())),
      on_accept_(std::move(on_accept)),
      failures_(failures),
      retry_(shared.loop.timers(), [this] { hear(); }) {
    hear();
}

TcpListener::~TcpListener() {
    if (gone_ != nullptr) {
        *gone_ = true;
    }
    forget();
}

void TcpListener::hear() {
    if (!watch(socket_.get(), true, false)) {
        rest(errno);
    }
}

void TcpListener::on_ready(bool /*readable*/, bool /*writable*/) {
    bool gone = false;
    gone_ = &gone;
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        SocketAddress from;
        Descriptor socket(
            accept4(socket_.get(), from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket.is_open()) {
            is_resting_ = false;
            on_accept_(std::make_unique<TcpStream>(shared_, std::move(socket), to_endpoint(from)));
            if (gone) {
                return;
            }
        } else if (!concerns_one_connection(errno)) {
            if (errno != EAGAIN) {
                rest(errno);
            }
            break;
        }
    }
    gone_ = nullptr;
}

/// Out of descriptors or memory: the connection stays in the kernel's queue, and asking again at
/// once would only burn time (abuse case C16).
void TcpListener::rest(int error) {
    failures_.add();
    forget();
    retry_.arm(kRest);
    if (!std::exchange(is_resting_, true)) {
        log::event(log::Level::Warning,
                   "net.accept",
                   {{"code", "IST-LIM-004"},
                    {"local_addr", local_.to_string()},
                    {"msg", describe_errno(error)}});
    }
}

}  // namespace isthmus::net
