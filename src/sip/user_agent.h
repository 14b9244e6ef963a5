// The SIP wing as the gateway sees it: requests in, one answer each; requests out, one outcome
// each. Transactions, transports, location and authentication are behind it. RFC 3261 §8.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tap.h"
#include "net/wire.h"
#include "sip/message.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

enum class Transport : std::uint8_t { Udp, Tcp, Tls };

std::string_view transport_name(Transport transport);

/// Where a request came from, proved by the transport, not by what it says.
struct Origin {
    Transport transport = Transport::Udp;
    net::Endpoint remote;
    net::Endpoint local;
    const net::PeerCertificate* certificate = nullptr;  ///< TLS with a client certificate only
    bool is_tls13 = false;
    /// Set by whoever classifies origins (see RequestHandler::identify), kept per connection.
    int peer = -1;
    /// Names the connection, and never another one; 0 for datagrams. RFC 5626 §3.
    std::uint64_t flow = 0;
    /// A MESSAGE that somebody has taken out of the INVITE session it came in.
    bool is_in_session = false;
};

/// One request waiting for its answer. Destroyed unanswered it answers 500, so that nothing is
/// ever left without a final response. Traffic thread only.
class IncomingRequest {
  public:
    virtual ~IncomingRequest() = default;
    /// Final response, once; a 2xx to INVITE may be sent again while it is not acknowledged
    /// (RFC 3261 §13.3.1.4). Sent (or dropped, if the connection is gone) at the end of the turn.
    virtual void respond(const OutgoingResponse& response) = 0;

    /// The To tag of the response, should the request have none: the local tag of a dialog that it
    /// makes. Valid until respond().
    virtual std::string_view to_tag() const { return {}; }

    /// Who it came from and for whom, as the log wants it. Empty once it is answered.
    struct Names {
        std::string_view from;  ///< URIs, without display name and parameters of the header
        std::string_view to;
        std::string_view call_id;
    };

    virtual Names names() const { return {}; }

    void respond(int status) {
        OutgoingResponse response;
        response.status = status;
        respond(response);
    }
};

class RequestHandler {
  public:
    virtual ~RequestHandler() = default;
    /// Which SIP peer (index of the configuration) is at the other end; -1: nobody we know. Asked
    /// once per connection, and per datagram source (cached).
    virtual int identify(const Origin& origin) = 0;
    /// A new request (no retransmission, no CANCEL, no ACK, syntax good, Max-Forwards > 0, no
    /// unknown Require) other than OPTIONS to the gateway itself. Views die on return.
    virtual void on_request(const Request& request,
                            const Origin& origin,
                            std::unique_ptr<IncomingRequest> transaction) = 0;

    /// A NOTIFY with that Call-ID follows in this turn of the loop, if nothing is wrong with it
    /// (nobody has looked): time to fetch what it needs from memory. The view dies on return.
    virtual void on_notify_ahead(std::string_view /*call_id*/) {}

    /// A connection that somebody opened to us is gone. Not called from inside another call.
    virtual void on_flow_closed(std::uint64_t /*flow*/) {}

    /// A NOTIFY that wants no response, not even a bad one ([MS-SIP] BENOTIFY). Views die on
    /// return.
    virtual void on_benotify(const Request& /*request*/, const Origin& /*origin*/) {}

    /// An ACK that no INVITE transaction waits for: of a 2xx (RFC 3261 §13.3.1.4), or stray. False:
    /// stray. Views die on return.
    virtual bool on_ack(const Request& /*request*/, const Origin& /*origin*/) { return false; }
};

/// Where a request is to go: the next hop of a configured peer, or the domain of its URI.
struct Target {
    std::string host;  ///< name or literal
    std::uint16_t port = 0;
    Transport transport = Transport::Tcp;
    bool use_srv = false;                        ///< RFC 3263 when no port was configured
    std::vector<std::string> certificate_names;  ///< tls: one of these must be proved
    bool needs_tls13 = false;                    ///< less is refused
    std::string username;                        ///< digest, towards a peer that challenges
    std::string password;
    int peer = -1;  ///< index of the configuration, for the metrics; -1: none
    /// Origin::flow of the connection that it has to take, and no other; 0: any. Nothing else of
    /// the target counts then.
    std::uint64_t flow = 0;
};

class ResponseHandler {
  public:
    virtual ~ResponseHandler() = default;
    /// The final response of the request sent with `cookie`. Views die on return.
    virtual void on_response(std::uint64_t cookie, const Response& response) = 0;
    /// No answer: kind Timeout (Timer F, or 408) or Unreachable (no target took it).
    virtual void on_no_response(std::uint64_t cookie, const Error& error) = 0;

    /// One more 2xx to an INVITE that has had one: a retransmission, or another fork of it
    /// (RFC 3261 §13.2.2.4). The handler must live as long as the user agent if it sends INVITE.
    virtual void on_another_2xx(std::uint64_t /*cookie*/, const Response& /*response*/) {}
};

/// How a configured peer answers.
struct PeerHealth {
    enum class State : std::uint8_t {
        Untried,  ///< nothing was asked of it, and it has sent nothing
        Up,       ///< it answered, or sent something, after the last failure
        Silent,   ///< what was last asked of it failed without an answer
    };

    State state = State::Untried;
    TimePoint since;          ///< of that state
    std::size_t pending = 0;  ///< our requests without outcome
    std::optional<Error> last_error;
    TimePoint failed_at;         ///< last_error
    TimePoint first_failed_at;   ///< the first with that code since it was last up
    std::uint64_t failures = 0;  ///< with that code since then
};

struct UserAgentConfig {
    std::string server_name;             ///< sent-by host when a listener is unspecified
    std::string user_agent = "Isthmus";  ///< Server and User-Agent value
    std::size_t max_message_octets = 65536;
    std::size_t max_connections = 4096;
    std::size_t max_pending_transactions = 200000;  ///< beyond: 503 with Retry-After
    std::size_t max_connections_per_address = 256;  ///< of strangers
    double strangers_per_second = 10;               ///< requests, per address
    double strangers_burst = 50;
    /// A datagram that challenges a stranger, or tells him of success, may be that many times as
    /// long as what it answers: more than 1 where strangers can sign in.
    std::size_t answer_factor = 1;
    std::vector<std::string_view> option_tags;  ///< what Require may ask for; string literals
    /// The handler takes INVITE, and all that goes on in a session, beside the `methods`.
    bool has_sessions = false;
    /// What the handler takes besides OPTIONS; anything else known is answered 405, see Allow.
    std::vector<Method> methods = {Method::Message};
    std::string accept = "text/plain, message/cpim";  ///< Accept of answers to OPTIONS and of 415
    std::string allow_events;             ///< Allow-Events of answers to OPTIONS; empty: none
    std::vector<std::string> peer_names;  ///< of the configuration, by index: labels of the metrics
    Tap* tap = &no_tap();                 ///< is shown each message, in and out, while it is on
};

struct ListenAddress {
    Transport transport = Transport::Udp;
    net::Endpoint endpoint;
};

/// The whole wing. Traffic thread only. References must outlive it.
class UserAgent {
  public:
    virtual ~UserAgent() = default;
    virtual Result<std::vector<ListenAddress>> listen(const std::vector<ListenAddress>& at) = 0;
    virtual void set_tls(std::shared_ptr<const net::TlsContext> context) = 0;
    /// Sends in a client transaction of its own; exactly one call of `handler` follows, later.
    virtual void send(const OutgoingRequest& request,
                      const Target& target,
                      ResponseHandler& handler,
                      std::uint64_t cookie) = 0;
    /// The ACK of a 2xx: no transaction, no answer, nobody hears (RFC 3261 §13.2.2.4).
    virtual void acknowledge(const OutgoingRequest& request, const Target& target) = 0;
    /// Takes back the INVITE that was sent with these, as soon as that is allowed (RFC 3261 §9.1).
    /// Its outcome comes as without. Nothing happens if it has come.
    virtual void cancel(const ResponseHandler& handler, std::uint64_t cookie) = 0;
    /// Host and port of ours for a Contact, where a peer reaches us by that transport; empty if we
    /// do not listen for it.
    virtual std::string contact_host(Transport transport) const = 0;

    /// Whoever opened that connection has proved to be of the peer with that index: no stranger any
    /// more. Nothing happens if it is gone.
    virtual void set_peer(std::uint64_t /*flow*/, int /*peer*/) {}

    /// Ends that connection in order, once what was sent on it has left.
    virtual void close_flow(std::uint64_t /*flow*/) {}

    /// By the index of the configuration, one for each of peer_names.
    virtual std::vector<PeerHealth> peers() const { return {}; }

    /// New requests get 503 with Retry-After from now on (RFC 3261 §21.5.4).
    virtual void set_draining(bool draining) = 0;
    /// Transactions not ended yet, both kinds.
    virtual std::size_t pending() const = 0;
};

std::unique_ptr<UserAgent> make_user_agent(UserAgentConfig config,
                                           net::Network& network,
                                           net::Resolver& resolver,
                                           Timers& timers,
                                           Random& random,
                                           metrics::Registry& metrics,
                                           RequestHandler& handler);

}  // namespace isthmus::sip
