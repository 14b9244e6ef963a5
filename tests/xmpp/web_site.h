// A web server as a test plays it: TLS from the first octet; what it is asked for is taken, what it
// answers is written down.
#pragma once

#include "base/digest.h"
#include "support/manual_loop.h"
#include "support/memory_wire.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace isthmus::test {

/// A POSH document about the certificate with that SHA-256.
inline std::string posh_document(std::string_view sha256, std::string_view expires = "3600") {
    return R"({"fingerprints": [{"sha-256": ")" + digest::base64_encode(sha256) +
           R"("}], "expires": )" + std::string(expires) + "}";
}

inline std::string json_answer(std::string_view body, std::string_view type = "application/json") {
    return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string redirect_answer(std::string_view to) {
    return "HTTP/1.1 302 Found\r\nLocation: " + std::string(to) + "\r\n\r\n";
}

class WebSite {
  public:
    WebSite(ManualLoop& loop, MemoryHost& host, std::string_view at)
        : loop_(loop), server_(host, at) {
        server_.use_tls({.role = net::TlsRole::Server});
    }

    std::size_t connections() const { return server_.peers().size(); }

    /// What the newest connection has asked.
    std::string hear() {
        loop_.advance(std::chrono::milliseconds(2));
        return connections() == 0 ? "" : server_.last().take();
    }

    /// The newest connection is answered.
    void say(std::string_view answer) {
        hear();
        server_.last().send(answer);
        loop_.advance(std::chrono::milliseconds(4));
    }

  private:
    ManualLoop& loop_;
    StreamServer server_;
};

}  // namespace isthmus::test
