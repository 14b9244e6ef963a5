// HTTP/1.1 listeners on the control thread: the admin API on a unix socket and over TLS, metrics
// and health on TCP. Bounded in size, time and connections, also of one address (abuse case G12).
// It, http_session and https_client are the only units that know Beast.
#pragma once

#include "admin/http.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace isthmus::net {
class TlsContext;
}

namespace isthmus::admin {

struct HttpSite {
    HttpHandler handler;
    /// Octets of body that a request with this head (no body yet) may bring; 1 MiB without it.
    std::function<std::uint64_t(const HttpRequest& head)> body_limit = {};
    /// Where the body of such a request goes, if not into the memory; may throw.
    std::function<std::shared_ptr<SpoolFile>(const HttpRequest& head)> spool = {};
};

class HttpServer {
  public:
    /// Handlers run inside `context`'s run(), one request at a time.
    explicit HttpServer(boost::asio::io_context& context);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    HttpServer(HttpServer&&) = delete;
    HttpServer& operator=(HttpServer&&) = delete;
    ~HttpServer();

    /// Mode 0660; a socket left behind by a dead process is replaced, a live one is not. The
    /// author of a request is the local user at the other end, as the kernel says, role admin.
    Result<void> listen_unix(const std::string& path, HttpSite site);
    /// "127.0.0.1:9469"; answers the actual address. The author is the address, without a role.
    Result<std::string> listen_tcp(const std::string& where, HttpSite site);
    /// The same with TLS.
    Result<std::string> listen_tls(const std::string& where,
                                   std::shared_ptr<const net::TlsContext> tls,
                                   HttpSite site);
    /// For connections from now on.
    void set_tls(std::shared_ptr<const net::TlsContext> tls);
    void close();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace isthmus::admin
