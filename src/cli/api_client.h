// Speaks to the admin API of a daemon: blocking HTTP over its unix socket, or HTTPS with a token.
// Nothing else of the program is needed here.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli {

/// The daemon could not be reached, or did not prove that it is the one (exit code 6).
class NotReachable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct Answer {
    int status = 0;
    boost::json::value body;  ///< null if it was no JSON
    std::string text;
};

struct Server {
    std::string address;      ///< "unix:PATH" or "https://HOST[:PORT]"
    std::string token_file;   ///< its first line is the token; empty: none is sent
    std::string ca_file;      ///< PEM; trusted besides the system's authorities
    std::string fingerprint;  ///< SHA-256 of the one certificate that is accepted, hex
    std::chrono::seconds patience{30};
};

class ApiClient {
  public:
    /// Throws std::invalid_argument on an address, token file or fingerprint that is none.
    explicit ApiClient(const Server& server);

    /// `target` is below /api/v1/. Throws NotReachable.
    Answer call(std::string_view method,
                const std::string& target,
                const std::string& body = {},
                const char* content_type = "application/json") const;

  private:
    struct Exchange;

    void over_unix(Exchange& exchange) const;
    void over_tls(Exchange& exchange) const;

    std::string path_;  ///< of the unix socket; empty: TLS
    std::string host_;
    std::string port_;
    std::string token_;
    std::string ca_file_;
    std::string fingerprint_;
    std::chrono::seconds patience_;
};

/// A path segment, percent-encoded.
std::string encode_segment(std::string_view text);

}  // namespace isthmus::cli
