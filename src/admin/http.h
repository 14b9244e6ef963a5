// An HTTP request and its answer as plain values, so that the API is tested without sockets.
#pragma once

#include "base/result.h"
#include "base/spool_file.h"
#include "control/author.h"
#include "control/sessions.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::admin {

/// The body of a request. Copies share it: it may be a million users.
class Body {
  public:
    Body() = default;

    Body(std::string text)  // NOLINT(google-explicit-constructor): it is the text
        : text_(std::make_shared<const std::string>(std::move(text))) {}

    Body(const char* text) : Body(std::string(text)) {}  // NOLINT(google-explicit-constructor)

    operator std::string_view() const {  // NOLINT(google-explicit-constructor)
        return text_ ? std::string_view(*text_) : std::string_view();
    }

    bool empty() const { return !text_ || text_->empty(); }

  private:
    std::shared_ptr<const std::string> text_;
};

struct HttpRequest {
    std::string method;
    std::string path;                          ///< decoded, without query
    std::map<std::string, std::string> query;  ///< decoded
    Body body;
    /// The body of a route that takes any size, at its beginning; `body` is empty then.
    std::shared_ptr<SpoolFile> upload = {};
    /// Names in lower case; of a field that came twice the values, joined by ", ".
    std::map<std::string, std::string, std::less<>> headers;
    /// Who asks, as far as the listener proved it: all of it on the unix socket, the address on
    /// others, where the Api adds the rest from the token or session.
    control::Author author;
    std::string raw_path;  ///< as it was sent: an encoded "/" or ":" separates nothing

    /// Filled by the Api from the route: what stands for each {} of its pattern, decoded, and what
    /// follows the colon.
    std::vector<std::string> arguments;
    std::string_view verb;

    /// Filled by the Gate: the session whose cookie came along, and why credentials that came along
    /// count for nothing.
    std::optional<control::Session> session;
    std::optional<Error> refusal;
    /// For answers that go on: who the same credentials stand for later; role None when they count
    /// for nothing any more. Null: nobody checks. It must not outlive the Gate.
    std::function<control::Author()> author_now;

    /// Empty if it was not sent. `name` in lower case.
    std::string_view header(std::string_view name) const;
};

/// The body of an answer that goes on, sent in chunks. Control thread only.
class HttpStream {
  public:
    /// So many octets may wait for a client that reads slowly.
    static constexpr std::size_t kMostWaiting = std::size_t{256} * 1024;

    virtual ~HttpStream() = default;
    /// False: it has ended, or more than kMostWaiting would wait; nothing of `text` is sent then.
    virtual bool write(std::string_view text) = 0;
    /// Octets that the kernel has not taken yet.
    virtual std::size_t waiting() const = 0;
    /// Ends it in order behind `last_words`, whatever waits; on_gone() is not called any more.
    virtual void close(std::string_view last_words = {}) = 0;
    /// `call` runs once, later, when the client is gone or has taken nothing for 15 s.
    virtual void on_gone(std::function<void()> call) = 0;
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string allow;  ///< 405 only
    /// In place of `body`, at its beginning.
    std::shared_ptr<SpoolFile> file = {};
    /// Further fields, in order. Controls in a value are never written to the wire.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Not null: `body` is only the beginning. Called once, when the head is on its way; who lets
    /// go of the stream without close() ends it.
    std::function<void(std::shared_ptr<HttpStream>)> go_on = {};
};

/// Called once, on the thread of the request.
using HttpReply = std::function<void(HttpResponse)>;
/// Replies within the call or later; the request lives as long as the call.
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

/// "/a%20b?x=1" into path, raw path and query; false on bad escapes, NUL, or a path that is not
/// absolute.
bool parse_target(std::string_view target, HttpRequest& into);
/// A part of a path that parse_target() has accepted, without percent-encoding.
std::string decode_segment(std::string_view raw);

}  // namespace isthmus::admin
