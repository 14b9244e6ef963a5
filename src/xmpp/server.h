// The XMPP wing as the gateway sees it: stanzas from authenticated domains in, stanzas to a
// partner's domain out, one outcome each. Streams, TLS, SASL, dialback, location and the component
// protocol are behind it. RFC 6120, XEP-0178, XEP-0220, XEP-0114.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tap.h"
#include "net/certificate.h"
#include "net/wire.h"
#include "xmpp/stanza.h"
#include "xmpp/test_step.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

/// TLS x SASL x dialback, as shared words of the partner object (lync 5.3).
enum class Negotiation : std::uint8_t { Required, Optional, NotSupported };

struct LinkPolicy {
    Negotiation tls = Negotiation::Required;
    Negotiation sasl = Negotiation::Required;
    bool dialback = true;
    std::string proxy_fqdn;  ///< connect here instead of asking DNS; may carry ":port"
    /// DNS may lead to addresses of closed networks; else only an administrator's own words may.
    bool may_be_private = false;
    /// SHA-256, lower-case hex, of the certificates that alone are accepted, whoever issued them.
    std::vector<std::string> pinned_certificates = {};
    /// The web site of its domain may prove a certificate that does not itself (RFC 7711).
    bool allow_posh = false;
    std::string partner;  ///< what its streams are counted by; empty: the domain itself
    std::size_t connection_limit = 0;  ///< streams with it, both ways; 0: the general limit
    bool keep_alive = true;            ///< it must say something within the interval, and we do

    bool operator==(const LinkPolicy&) const = default;
};

enum class LinkEvent : std::uint8_t {
    Up,
    AtRest,   ///< we closed it because nothing was said, and the peer did too; as Closed else
    Closed,   ///< in order; the next stanza opens it again
    Lost,     ///< it broke
    Failed,   ///< an attempt to set it up; stanzas that wait may still go out with the next
    Drained,  ///< it had refused stanzas because it was full, and has room again
};

class StanzaHandler {
  public:
    virtual ~StanzaHandler() = default;
    /// `from`'s domain is proved, `to`'s domain is ours. Views die on return. Its ticket goes to
    /// Server::settle().
    virtual void on_message(const Message& message) = 0;
    virtual void on_presence(const Presence& presence) = 0;

    /// Presence from her to him follows in this turn of the loop, if nothing is wrong with it
    /// (nobody has looked, and the addresses are as the peer wrote them): time to fetch what it
    /// needs from memory. Views die on return.
    virtual void on_presence_ahead(const Jid& /*from*/, const Jid& /*to*/) {}

    /// The outcome of send(): the stanza's octets went to the kernel on an authenticated stream.
    virtual void on_sent(std::uint64_t cookie) = 0;
    /// Or it never left: IST code, kind Timeout (30 s), Unreachable, NotAuthorized, Limit.
    virtual void on_not_sent(std::uint64_t cookie, const Error& error) = 0;

    /// What happens to the stream to that domain, for who must know whether it can be reached. An
    /// empty name is the component stream: it stands for all.
    virtual void on_link(std::string_view /*remote_domain*/, LinkEvent /*event*/) {}

    /// How to link with that domain; nothing: it is no partner (refuse its streams with
    /// `policy-violation`, and do not dial it). Asked at stream set-up, and per stanza pair once.
    virtual std::optional<LinkPolicy> link_policy(std::string_view remote_domain) = 0;

    /// Why link_policy() gave nothing, for the log.
    virtual Error link_refusal(std::string_view remote_domain) {
        return make_error(ErrorKind::Forbidden,
                          "IST-POL-001",
                          "no federation with that domain",
                          std::string(remote_domain) + " is not a partner");
    }
};

/// The newest failure of a stream to or from a domain; it stays when the stream is up again.
struct LinkTrouble {
    std::string code;  ///< IST-..
    std::string step;  ///< dns, tcp, stream, tls, auth, dialback, negotiation; "up": broke later
    std::string text;
    std::string evidence;
    std::string address;  ///< where to, or from; empty: no connection yet
    TimePoint at;
    TimePoint first_at{};     ///< of the same trouble since the link last worked
    std::uint64_t count = 1;  ///< how often since then
    bool is_over = false;     ///< the link has worked since
};

/// One stream, for `isthmus status` and metrics. A domain whose streams to us fail has one in state
/// "down".
struct LinkStatus {
    std::string id;         ///< for close_stream(); holds while the process runs
    std::string stream_id;  ///< of the stream header (RFC 6120 §4.7.3); empty: none yet
    std::string local_domain;
    std::string remote_domain;
    bool outgoing = false;
    std::string state;  ///< connecting, negotiating, up, waiting, down
    std::string auth;   ///< external, dialback, component
    std::string tls_version;
    std::string tls_cipher;
    std::string remote_address;
    std::size_t queued = 0;  ///< stanzas waiting
    Duration oldest{};       ///< age of the oldest of them
    Duration age{};          ///< of the connection, or of the attempt to make it; 0: there is none
    std::uint64_t stanzas_in = 0;   ///< of this stream, once it is authenticated
    std::uint64_t stanzas_out = 0;  ///< likewise
    std::uint64_t octets_in = 0;    ///< XML, before encryption
    std::uint64_t octets_out = 0;
    std::optional<net::PeerCertificate> certificate;  ///< what the peer has shown
    std::string vouched_by;  ///< POSH: where its domain names that certificate; empty: not asked
    std::optional<LinkTrouble> last_error;
};

/// What a link test is to do. Domains and addresses in prepared form.
struct LinkTestOrder {
    std::string local;   ///< a domain that we speak for
    std::string remote;  ///< the partner's; link_policy() is not asked
    LinkPolicy policy;
    bool reverse = false;  ///< wait for the partner's stream to us, 20 s at most
    std::string from;      ///< bare JIDs of a test message; empty: none is sent
    std::string to;
    std::chrono::sys_seconds now{};  ///< what certificates are compared with
};

class LinkTestHandler {
  public:
    virtual ~LinkTestHandler() = default;
    /// In the order of the steps, each once; none after one that failed.
    virtual void on_step(TestStep step) = 0;
    /// The last call.
    virtual void on_done() = 0;
};

/// A test that is under way; destroying it abandons it.
class LinkTest {
  public:
    LinkTest() = default;
    LinkTest(const LinkTest&) = delete;
    LinkTest& operator=(const LinkTest&) = delete;
    LinkTest(LinkTest&&) = delete;
    LinkTest& operator=(LinkTest&&) = delete;
    virtual ~LinkTest() = default;
};

/// What an administrator changes while streams are up; the words and defaults are the original's
/// (lync 6). All limits are at least 1.
struct StreamSettings {
    std::size_t connection_limit = 1000;
    std::size_t partner_connection_limit = 20;
    Duration keep_alive_interval = std::chrono::seconds(300);
    Duration stream_establishment_timeout = std::chrono::seconds(60);
    Duration stream_inactivity_timeout = std::chrono::seconds(600);
    std::string dialback_passphrase;  ///< empty: one that nobody knows

    bool operator==(const StreamSettings&) const = default;
};

struct ServerConfig {
    std::vector<std::string> domains;  ///< XMPP domains we speak for, prepared U-labels
    std::size_t max_stanza_octets = 262144;
    std::size_t max_stanza_octets_before_auth = 10240;
    std::size_t max_queue_per_link = 1000;     ///< stanzas waiting for a stream to come up
    std::size_t max_output_octets = 8U << 20;  ///< unsent octets per stream; beyond: Limit
    Duration queue_patience = std::chrono::seconds(30);  ///< gap G-20
    Duration stanza_deadline = std::chrono::seconds(20);
    std::size_t max_unauthenticated_per_address = 20;
    std::size_t max_unauthenticated = 2000;  ///< beyond: the one that has waited longest goes
    /// What a stream may always bring, and beyond that four times what the others do while others
    /// do: a flood must not make them wait. Alone it may bring anything.
    double fair_stanzas_per_second = 2000;
    StreamSettings streams;
    std::string dialback_secret;   ///< empty: that of `streams`, or a new one for this run
    std::string version;           ///< of the software, for those who ask (XEP-0092)
    std::string component_server;  ///< "host:port"; empty: no component mode
    std::string component_domain;
    std::string component_secret;
    Tap* tap = &no_tap();  ///< is shown each stanza, in and out, while it is on
};

class Server {
  public:
    virtual ~Server() = default;
    /// `is_direct_tls`: for TLS from the first octet (XEP-0368).
    virtual Result<std::vector<net::Endpoint>> listen(const std::vector<net::Endpoint>& at,
                                                      bool is_direct_tls) = 0;
    /// In force at once, for the streams that are there as well; limits on their number hold for
    /// new ones.
    virtual void set_settings(const StreamSettings& settings) = 0;
    virtual void set_tls(std::shared_ptr<const net::TlsContext> context) = 0;
    /// Serialises at once (views may die after). Order is kept per (our domain, their domain).
    /// Exactly one on_sent or on_not_sent with that cookie follows, later; cookie 0: none wanted.
    virtual void send(const Message& message, std::uint64_t cookie) = 0;
    /// The same; false if it is refused at once, which on_not_sent() says as well if there is a
    /// cookie. What changes an authorisation finds some room when other stanzas find none.
    virtual bool send(const Presence& presence, std::uint64_t cookie) = 0;
    /// The fate of a message that came in is known (Message::ticket; 0 is ignored): it was taken
    /// over, or refused and its sender told, or dropped on purpose. Its stream acknowledges it.
    virtual void settle(std::uint64_t ticket) = 0;
    /// An error reply to a stanza that came in; no outcome is reported.
    virtual void send_error(Kind kind,
                            const Jid& from,
                            const Jid& back_to,
                            std::string_view id,
                            const StanzaError& error) = 0;
    /// Closes streams to domains whose link_policy is gone. Call after a policy change.
    virtual void recheck_partners() = 0;
    /// No new streams are accepted; existing ones close when their queues are empty.
    virtual void set_draining(bool draining) = 0;
    virtual std::vector<LinkStatus> status() const = 0;

    /// Ends one stream in order; the next stanza opens another. False: no such id, or no connection
    /// that could be closed.
    virtual bool close_stream(std::string_view /*id*/) { return false; }

    /// Links to that domain that are down connect now, whatever they were waiting for; how many
    /// links there are to it.
    virtual std::size_t retry(std::string_view /*remote_domain*/) { return 0; }

    /// Stanzas accepted by send() whose outcome is not known yet; while draining also the streams
    /// whose peers may still be sending.
    virtual std::size_t pending() const = 0;

    /// See xmpp/link_test.h; the server must outlive it. Null: this server cannot.
    // Whoever overrides it keeps the order.
    virtual std::unique_ptr<LinkTest> test(
        LinkTestOrder /*order*/,  // NOLINT(performance-unnecessary-value-param)
        LinkTestHandler& /*handler*/) {
        return nullptr;
    }
};

std::unique_ptr<Server> make_server(ServerConfig config,
                                    net::Network& network,
                                    net::Resolver& resolver,
                                    Timers& timers,
                                    Random& random,
                                    metrics::Registry& metrics,
                                    StanzaHandler& handler);

}  // namespace isthmus::xmpp
