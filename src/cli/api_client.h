// Speaks to the admin API of a daemon: blocking HTTP over its unix socket, or HTTPS with a token.
// Nothing else of the program is needed here.
#pragma once

#include "base/text.h"
#include "cli/complaint.h"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::cli {

/// The daemon could not be reached or did not prove that it is the one (exit code 6), or may not be
/// asked by this user (4).
class NotReachable : public std::runtime_error {
  public:
    explicit NotReachable(Complaint about, bool not_allowed = false)
        : std::runtime_error(about.what),
          complaint(std::move(about)),
          is_not_allowed(not_allowed) {}

    Complaint complaint;
    bool is_not_allowed;
};

/// What was given makes no sense (exit code 2).
class NotUsable : public std::invalid_argument {
  public:
    explicit NotUsable(Complaint about)
        : std::invalid_argument(about.what), complaint(std::move(about)) {}

    Complaint complaint;
};

struct Answer {
    int status = 0;
    boost::json::value body;  ///< null if it was no JSON
    std::string text;
    std::string etag;      ///< of the object, for If-Match
    std::string backup{};  ///< X-Isthmus-Backup: what is in the file that came
};

/// Bodies of any size, in pieces. `source` fills what it is given and answers how much, 0 at the
/// end of `size` octets; `sink` gets the answer's body unless that is a problem.
struct Transfer {
    std::function<std::size_t(char* to, std::size_t size)> source = {};
    std::uint64_t size = 0;
    std::function<void(std::string_view octets)> sink = {};
    std::vector<std::pair<std::string, std::string>> fields = {};  ///< of the request's head
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
    /// Throws NotUsable on an address, token file or fingerprint that is none.
    explicit ApiClient(const Server& server);

    /// `target` is below /api/v1/. Throws NotReachable.
    /// `if_match` is the ETag that the object must still have.
    Answer call(std::string_view method,
                const std::string& target,
                const std::string& body = {},
                const std::string& if_match = {},
                const char* content_type = "application/json") const;

    /// The same for an answer that comes while it is made: `on_line` gets each line of a good one,
    /// whose `text` is empty then. The patience is that between two lines.
    Answer follow(std::string_view method,
                  const std::string& target,
                  const std::string& body,
                  const std::function<void(std::string_view)>& on_line) const;

    /// GET of events that go on: `use` gets them as they come, until it says false or the daemon
    /// ends them. Silence for three beats of the daemon (45 s) is an end too: NotReachable. Of a
    /// refusal the whole answer.
    Answer follow_events(const std::string& target,
                         const std::function<bool(std::string_view)>& use) const;

    /// The same for what is large. `body` is sent if there is no source. The daemon has twenty
    /// times as long to answer: it may have much to read.
    Answer move(std::string_view method,
                const std::string& target,
                const std::string& body,
                Transfer& transfer) const;

  private:
    struct Exchange;

    void prepare(Exchange& exchange,
                 std::string_view method,
                 const std::string& target,
                 const std::string& body,
                 const char* content_type) const;
    Answer run(Exchange& exchange) const;
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
inline std::string encode_segment(std::string_view text) {
    return text::percent_encoded(text);
}

}  // namespace isthmus::cli
