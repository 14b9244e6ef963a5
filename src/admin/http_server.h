// HTTP/1.1 listeners on the control thread: the admin API on a unix socket, metrics and health on
// TCP. Bounded in size, time and connections (abuse case G12). The only file that knows Beast.
#pragma once

#include "admin/http.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace isthmus::admin {

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
    /// author of a request is the local user at the other end, as the kernel says.
    Result<void> listen_unix(const std::string& path, HttpHandler handler);
    /// "127.0.0.1:9469"; answers the actual address.
    Result<std::string> listen_tcp(const std::string& where, HttpHandler handler);
    void close();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace isthmus::admin
