// One document from a web site, over TLS that proves the site, within limits. Asynchronous: the
// traffic thread goes on. RFC 9110, RFC 9112.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "net/wire.h"
#include "xmpp/http_answer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

/// "https://HOST[:PORT]/PATH", and nothing else; a host is a name, not an address.
struct HttpsUrl {
    std::string host;  ///< lower case
    std::uint16_t port = 443;
    std::string target;  ///< path and query

    static std::optional<HttpsUrl> parse(std::string_view text);
    /// What a Location field that came from here leads to (RFC 9110 §10.2.2), if that is allowed.
    std::optional<HttpsUrl> follow(std::string_view location) const;
    std::string authority() const;
    std::string to_string() const;
};

class HttpsGet final : public net::Pending, private net::StreamHandler {
  public:
    /// What all of them need; outlives them.
    struct Doors {
        net::Network& network;
        net::Resolver& resolver;
        Timers& timers;
    };

    /// An error's detail says what went wrong, in one sentence without its end. An answer may have
    /// any status; it is whole.
    using Handler = std::function<void(Result<HttpAnswer>)>;

    /// `on_done` is called once, from the loop, and may destroy it. `may_be_private`: the site may
    /// be at an address of a closed network (abuse case B19).
    HttpsGet(const Doors& doors,
             std::shared_ptr<const net::TlsContext> trust,
             HttpsUrl url,
             bool may_be_private,
             Handler on_done);

  private:
    void on_addresses(Result<std::vector<net::IpAddress>> answer);
    void on_connected(Result<std::unique_ptr<net::ByteStream>> stream);
    std::size_t on_octets(std::string_view unread) override;

    void on_written(std::uint64_t /*total*/) override {}

    void on_secured() override;
    void on_closed(const Error& reason) override;
    void fail(std::string why);
    void finish(Result<HttpAnswer> outcome);

    Doors doors_;
    std::shared_ptr<const net::TlsContext> trust_;
    HttpsUrl url_;
    bool may_be_private_;
    Handler on_done_;
    std::unique_ptr<net::Pending> pending_;
    std::unique_ptr<net::ByteStream> stream_;
    HttpAnswer answer_;
    std::optional<Result<HttpAnswer>> outcome_;
    Timer done_;  ///< tells it in a turn of its own: the owner may destroy us, and the stream
};

}  // namespace isthmus::xmpp
