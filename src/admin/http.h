// An HTTP request and its answer as plain values, so that the API is tested without sockets.
#pragma once

#include "control/author.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace isthmus::admin {

struct HttpRequest {
    std::string method;
    std::string path;                          ///< decoded, without query
    std::map<std::string, std::string> query;  ///< decoded
    std::string body;
    control::Author author;  ///< who asks, as the listener proved it
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string allow;  ///< 405 only
};

/// Called once, on the thread of the request.
using HttpReply = std::function<void(HttpResponse)>;
/// Replies within the call or later; the request lives as long as the call.
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

/// "/a%20b?x=1" into path and query; false on bad escapes, NUL, or a path that is not absolute.
bool parse_target(std::string_view target, HttpRequest& into);

}  // namespace isthmus::admin
