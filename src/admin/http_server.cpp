#include "admin/http_server.h"

#include "net/socket.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace isthmus::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace {

constexpr std::size_t kMaxConnections = 256;
constexpr std::uint64_t kMaxBody = 1U << 20;
constexpr std::uint32_t kMaxHeader = 16 * 1024;
constexpr auto kPatience = std::chrono::seconds(15);

std::string local_user(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return "unknown";
    }
    passwd entry{};
    passwd* found = nullptr;
    char text[1024];
    getpwuid_r(credentials.uid, &entry, text, sizeof text, &found);
    return found != nullptr ? found->pw_name : fmt::format("uid {}", credentials.uid);
}

template <class Protocol>
class Session : public std::enable_shared_from_this<Session<Protocol>> {
  public:
    Session(typename Protocol::socket socket,
            HttpHandler handler,
            std::shared_ptr<std::size_t> count)
        : stream_(std::move(socket)), handler_(std::move(handler)), count_(std::move(count)) {
        ++*count_;
        if constexpr (std::is_same_v<Protocol, local>) {
            // Who may open the socket is decided by its file mode.
            author_ = {{local_user(stream_.socket().native_handle()), "unix"},
                       control::Role::Admin};
        }
    }

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    Session(Session&&) = delete;
    Session& operator=(Session&&) = delete;

    ~Session() { --*count_; }

    void read() {
        parser_.emplace();
        parser_->body_limit(kMaxBody);
        parser_->header_limit(kMaxHeader);
        stream_.expires_after(kPatience);
        http::async_read(stream_,
                         buffer_,
                         *parser_,
                         [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                             self->on_read(error);
                         });
    }

  private:
    void on_read(beast::error_code error) {
        if (error == http::error::body_limit) {
            answer({413, "text/plain", "The body is too large.\n", {}}, false);
            return;
        }
        if (error == http::error::header_limit || error == http::error::bad_target ||
            error == http::error::bad_method || error == http::error::bad_version) {
            answer({400, "text/plain", "The request is malformed.\n", {}}, false);
            return;
        }
        if (error) {
            return;
        }
        const auto& message = parser_->get();
        HttpRequest request;
        request.method = std::string(message.method_string());
        request.author = author_;
        request.body = message.body();
        if (!parse_target(message.target(), request)) {
            answer({400, "text/plain", "The request target is malformed.\n", {}}, false);
            return;
        }
        // A reply that never comes ends the session when it is let go.
        handler_(request,
                 [self = this->shared_from_this(), keep_alive = message.keep_alive()](
                     HttpResponse response) { self->answer(std::move(response), keep_alive); });
    }

    void answer(HttpResponse response, bool keep_alive) {
        response_.emplace();
        response_->version(11);
        response_->result(static_cast<unsigned>(response.status));
        response_->set(http::field::content_type, response.content_type);
        response_->set(http::field::cache_control, "no-store");
        response_->set("X-Content-Type-Options", "nosniff");
        if (!response.allow.empty()) {
            response_->set(http::field::allow, response.allow);
        }
        response_->keep_alive(keep_alive);
        response_->body() = std::move(response.body);
        response_->prepare_payload();
        stream_.expires_after(kPatience);
        http::async_write(
            stream_,
            *response_,
            [self = this->shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
                if (!error && keep_alive) {
                    self->read();
                }
            });
    }

    beast::basic_stream<Protocol> stream_;
    HttpHandler handler_;
    std::shared_ptr<std::size_t> count_;
    control::Author author_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::optional<http::response<http::string_body>> response_;
};

template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
  public:
    Listener(asio::io_context& context, HttpHandler handler)
        : acceptor(context), retry_(context), handler_(std::move(handler)) {}

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
            if (*self->count_ < kMaxConnections) {
                std::make_shared<Session<Protocol>>(std::move(socket), self->handler_, self->count_)
                    ->read();
            }
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
    asio::steady_timer retry_;
    HttpHandler handler_;
    std::shared_ptr<std::size_t> count_ = std::make_shared<std::size_t>(0);
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

    asio::io_context& context;
    std::vector<std::shared_ptr<Listener<local>>> unix_listeners;
    std::vector<std::shared_ptr<Listener<tcp>>> tcp_listeners;
    std::vector<std::string> paths;
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

Result<void> HttpServer::listen_unix(const std::string& path, HttpHandler handler) {
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
    auto listener = std::make_shared<Listener<local>>(state_->context, std::move(handler));
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

Result<std::string> HttpServer::listen_tcp(const std::string& where, HttpHandler handler) {
    const auto at = net::Endpoint::parse(where);
    if (!at) {
        return make_error(
            ErrorKind::Syntax, "IST-CFG-001", "The address is not ADDRESS:PORT.", where);
    }
    beast::error_code error;
    const auto address = asio::ip::make_address(at->address.to_string());
    auto listener = std::make_shared<Listener<tcp>>(state_->context, std::move(handler));
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
    state_->tcp_listeners.push_back(std::move(listener));
    return address.is_v4() ? fmt::format("{}:{}", actual.address().to_string(), actual.port())
                           : fmt::format("[{}]:{}", actual.address().to_string(), actual.port());
}

}  // namespace isthmus::admin
