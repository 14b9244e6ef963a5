// A plain HTTPS client for calls to an identity provider: blocking, for a thread of its own.
// Bounded: 10 seconds, 256 KiB, no redirects, certificates verified. Knows Beast, as the server
// does.
#pragma once

#include "base/result.h"

#include <functional>
#include <string>
#include <vector>

namespace isthmus::admin {

struct HttpsRequest {
    std::string url;  ///< "https://HOST[:PORT]/PATH"
    std::string method = "GET";
    std::string body;
    std::string content_type;
    std::string authorization;
};

struct HttpsAnswer {
    int status = 0;
    std::string body;
};

/// Any thread; blocks. The error's detail says what failed.
using Fetch = std::function<Result<HttpsAnswer>(const HttpsRequest&)>;

struct HttpsTrust {
    bool is_system = true;
    std::vector<std::string> ca_files;
};

Fetch make_https_fetch(HttpsTrust trust);

}  // namespace isthmus::admin
