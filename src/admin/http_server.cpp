#include "admin/http_server.h"

#include "admin/http_session.h"
#include "net/any_stream.h"
#include "net/socket.h"
#include "net/tls_context.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

namespace isthmus::admin {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;
using detail::Release;
using LocalStream = net::StreamOf<beast::basic_stream<local>>;
using PlainStream = net::StreamOf<beast::tcp_stream>;
using TlsStream = net::StreamOf<beast::ssl_stream<beast::tcp_stream>>;

constexpr std::size_t kMaxConnections = 256;
constexpr std::size_t kMaxOfOneAddress = 64;
constexpr std::size_t kMaxHandshakes = 32;

using TlsSource = std::shared_ptr<std::shared_ptr<const net::TlsContext>>;

/// What a listener counts; outlives it with its connections.
struct Counts {
    std::size_t connections = 0;
    std::size_t handshakes = 0;
    std::map<std::string, std::size_t> of_address;
};

/// Nothing if there are too many already.
std::unique_ptr<Release> enter(const std::shared_ptr<Counts>& counts, const std::string& address) {
    if (counts->connections >= kMaxConnections) {
        return nullptr;
    }
    std::size_t& of_address = counts->of_address[address];
    // All local users have one address: the empty one.
    if (!address.empty() && of_address >= kMaxOfOneAddress) {
        return nullptr;
    }
    ++of_address;
    ++counts->connections;
    return std::make_unique<Release>([counts, address] {
        --counts->connections;
        if (const auto found = counts->of_address.find(address); --found->second == 0) {
            counts->of_address.erase(found);
        }
    });
}

/// Who is at the other end, as the listener knows it.
control::Author local_author(int socket) {
    // Who may open the socket is decided by its file mode.
    control::Author author{{"unknown", "unix"}, control::Role::Admin};
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return author;
    }
    passwd entry{};
    passwd* found = nullptr;
    char text[1024];
    getpwuid_r(credentials.uid, &entry, text, sizeof text, &found);
    author.admin = found != nullptr ? found->pw_name : fmt::format("uid {}", credentials.uid);
    return author;
}

template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
  public:
    Listener(asio::io_context& context, HttpSite site, TlsSource tls)
        : acceptor(context), retry_(context), site_(std::move(site)), tls_(std::move(tls)) {}

    void accept() {
        acceptor.async_accept([self = this->shared_from_this()](beast::error_code error,
                                                                typename Protocol::socket socket) {
            if (error == asio::error::operation_aborted) {
                return;
            }
            if (error) {
                // Out of descriptors: trying again at once would spin.
                self->retry_.expires_after(std::chrono::milliseconds(100));
                self->retry_.async_wait([self](beast::error_code cancelled) {
                    if (!cancelled) {
                        self->accept();
                    }
                });
                return;
            }
            self->serve(std::move(socket));
            self->accept();
        });
    }

    void close() {
        beast::error_code ignored;
        acceptor.close(ignored);
        retry_.cancel();
    }

    typename Protocol::acceptor acceptor;

  private:
    void serve(typename Protocol::socket socket) {
        if constexpr (std::is_same_v<Protocol, local>) {
            if (auto place = enter(counts_, {})) {
                control::Author author = local_author(socket.native_handle());
                detail::serve(std::make_unique<LocalStream>(std::move(socket)),
                              site_,
                              std::move(author),
                              std::move(place));
            }
        } else {
            beast::error_code error;
            const auto peer = socket.remote_endpoint(error);
            if (error) {
                return;
            }
            serve_address(std::move(socket), peer.address());
        }
    }

    void serve_address(tcp::socket socket, asio::ip::address address) {
        if (address.is_v6() && address.to_v6().is_v4_mapped()) {
            address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
        }
        const control::Author author{{"", address.to_string()}, control::Role::None};
        auto place = enter(counts_, author.origin);
        if (!place) {
            return;
        }
        if (!tls_) {
            detail::serve(
                std::make_unique<PlainStream>(std::move(socket)), site_, author, std::move(place));
            return;
        }
        if (counts_->handshakes >= kMaxHandshakes) {
            return;
        }
        ++counts_->handshakes;
        // Asio's context frees what it is given; ours is shared.
        SSL_CTX* native = (*tls_)->native();
        SSL_CTX_up_ref(native);
        asio::ssl::context context(native);
        detail::serve(std::make_unique<TlsStream>(beast::tcp_stream(std::move(socket)), context),
                      site_,
                      author,
                      std::move(place),
                      [counts = counts_] { --counts->handshakes; });
    }

    asio::steady_timer retry_;
    HttpSite site_;
    TlsSource tls_;
    std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

/// Of a socket in the file system.
Error listen_error(const std::string& path, const beast::error_code& error) {
    return make_error(ErrorKind::Unreachable,
                      "IST-TCP-004",
                      "The admin socket cannot be made.",
                      fmt::format("{}: {}", path, error.message()));
}

}  // namespace

struct HttpServer::State {
    explicit State(asio::io_context& io) : context(io) {}

    Result<std::string> listen(const std::string& where, HttpSite site, const TlsSource& secure);

    asio::io_context& context;
    std::vector<std::shared_ptr<Listener<local>>> unix_listeners;
    std::vector<std::shared_ptr<Listener<tcp>>> tcp_listeners;
    std::vector<std::string> paths;
    TlsSource tls = std::make_shared<std::shared_ptr<const net::TlsContext>>();
};

HttpServer::HttpServer(asio::io_context& context) : state_(std::make_shared<State>(context)) {}

HttpServer::~HttpServer() {
    close();
}

void HttpServer::close() {
    for (const auto& listener : state_->unix_listeners) {
        listener->close();
    }
    for (const auto& listener : state_->tcp_listeners) {
        listener->close();
    }
    for (const std::string& path : state_->paths) {
        ::unlink(path.c_str());
    }
    state_->unix_listeners.clear();
    state_->tcp_listeners.clear();
    state_->paths.clear();
}

Result<void> HttpServer::listen_unix(const std::string& path, HttpSite site) {
    beast::error_code error;
    {
        local::socket probe(state_->context);
        probe.connect(local::endpoint(path), error);
        if (!error) {
            return make_error(ErrorKind::Conflict,
                              "IST-CFG-003",
                              "Another gateway runs on this state directory.",
                              path + " answers already");
        }
    }
    ::unlink(path.c_str());
    auto listener = std::make_shared<Listener<local>>(state_->context, std::move(site), nullptr);
    listener->acceptor.open(local(), error);
    const mode_t before = ::umask(0117);
    if (!error) {
        listener->acceptor.bind(local::endpoint(path), error);
    }
    ::umask(before);
    if (!error) {
        listener->acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return listen_error(path, error);
    }
    listener->accept();
    state_->unix_listeners.push_back(std::move(listener));
    state_->paths.push_back(path);
    return {};
}

Result<std::string> HttpServer::State::listen(const std::string& where,
                                              HttpSite site,
                                              const TlsSource& secure) {
    const auto at = net::Endpoint::parse(where);
    if (!at) {
        return make_error(
            ErrorKind::Syntax, "IST-CFG-001", "The address is not ADDRESS:PORT.", where);
    }
    beast::error_code error;
    const auto address = asio::ip::make_address(at->address.to_string());
    auto listener = std::make_shared<Listener<tcp>>(context, std::move(site), secure);
    listener->acceptor.open(address.is_v4() ? tcp::v4() : tcp::v6(), error);
    if (!error) {
        listener->acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
        listener->acceptor.bind({address, at->port}, error);
    }
    if (!error) {
        listener->acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return net::listen_error(*at, SOCK_STREAM, error.value());
    }
    const auto actual = listener->acceptor.local_endpoint();
    listener->accept();
    tcp_listeners.push_back(std::move(listener));
    return address.is_v4() ? fmt::format("{}:{}", actual.address().to_string(), actual.port())
                           : fmt::format("[{}]:{}", actual.address().to_string(), actual.port());
}

Result<std::string> HttpServer::listen_tcp(const std::string& where, HttpSite site) {
    return state_->listen(where, std::move(site), nullptr);
}

Result<std::string> HttpServer::listen_tls(const std::string& where,
                                           std::shared_ptr<const net::TlsContext> tls,
                                           HttpSite site) {
    set_tls(std::move(tls));
    return state_->listen(where, std::move(site), state_->tls);
}

void HttpServer::set_tls(std::shared_ptr<const net::TlsContext> tls) {
    *state_->tls = std::move(tls);
}

}  // namespace isthmus::admin
