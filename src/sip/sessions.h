// INVITE sessions in which text goes as MESSAGE in the dialog, both roles: one for each pair of a
// local and a remote user, opened by whoever writes first, ended by BYE, silence or the clock. What
// is on the other side (a server behind us, a client that is signed in) is known to the port and to
// the user of the room alone. RFC 3261 §13 to §15, RFC 4028; stox gaps G-15, G-46. Traffic thread.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "sip/event_usage.h"
#include "sip/message.h"
#include "sip/user_agent.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// The way to the other side. See EventSender; `sip_domain` is whatever on_invite() or
/// Sessions::send() named.
class SessionPort : public EventSender {
  public:
    /// The ACK of a 2xx: nobody hears of it.
    virtual void acknowledge(const OutgoingRequest& request,
                             std::string_view sip_domain,
                             std::string_view next_hop) = 0;
    /// Takes back the INVITE that was sent with these; its outcome comes all the same.
    virtual void cancel(const ResponseHandler& handler, std::uint64_t cookie) = 0;
};

/// Two addresses; only user and host of the URIs count, and `<...>` may be round them.
struct SessionPair {
    std::string_view local;   ///< of an XMPP user
    std::string_view remote;  ///< of a SIP user

    bool operator==(const SessionPair&) const = default;
};

enum class SessionEnd : std::uint8_t {
    Left,  ///< the remote user's BYE
    Lost,  ///< no answer, no ACK, expired
    Idle,
};

/// Who offers sessions, and takes what is said in them. All views die on return.
class SessionUser {
  public:
    virtual ~SessionUser() = default;
    /// A session is asked for; all but who asks is in order. Empty: it was refused, and answered;
    /// else the `sip_domain` of the port, for what is sent in it.
    virtual std::string_view on_invite(const Request& request,
                                       const Origin& origin,
                                       IncomingRequest& transaction) = 0;
    /// Whether a request from there may be of a session with users of `sip_domain`.
    virtual bool may_continue(const Origin& origin, std::string_view sip_domain) = 0;
    /// MESSAGE or INFO in a session, in order, each once. It reads as one outside a dialog: From
    /// and Request-URI are the pair's, To has no tag.
    virtual void on_session_request(const Request& request,
                                    const Origin& origin,
                                    std::unique_ptr<IncomingRequest> transaction) = 0;
    /// What all spellings of one user have in common, by which his sessions are found; not asked
    /// about URIs that have one spelling only. `uri` is `sip:user@host`.
    virtual std::string compared(std::string_view uri) = 0;
    /// Not called for sessions that end() ended, nor for one that another has replaced.
    virtual void on_session_over(const SessionPair& pair, SessionEnd end) = 0;
};

struct SessionsConfig {
    Duration ring = std::chrono::seconds(60);  ///< until our INVITE is cancelled
    Duration idle = std::chrono::minutes(10);
    std::size_t max_sessions = 100000;  ///< beyond: 503, and Limit for ours
    std::size_t max_waiting = 100;      ///< messages behind one, in one session
    std::size_t max_toast = 1024;       ///< octets of a first text that the INVITE shows along
};

class Sessions {
  public:
    virtual ~Sessions() = default;
    /// A MESSAGE (or INFO) of `request.from` to `request.request_uri`, in their session, which is
    /// opened if there is none; behind those that wait, one under way at a time. Exactly one call
    /// of `handler` with `cookie` follows, later: the response to it, or to the INVITE that would
    /// have opened the session. Route, Contact, tags, Call-ID and CSeq are the session's; a
    /// Call-ID of the request becomes that of a session that it opens.
    virtual void send(const OutgoingRequest& request,
                      std::string_view sip_domain,
                      ResponseHandler& handler,
                      std::uint64_t cookie) = 0;
    /// Whether send() would neither open a session nor wait for one.
    virtual bool is_open(const SessionPair& pair) const = 0;
    /// The local user has left: BYE.
    virtual void end(const SessionPair& pair) = 0;

    /// INVITE, and whatever else has a To tag, where sessions are offered. MESSAGE and INFO of no
    /// session of ours are answered 481.
    virtual void on_request(const Request& request,
                            const Origin& origin,
                            std::unique_ptr<IncomingRequest> transaction) = 0;
    /// False: of no session.
    virtual bool on_ack(const Request& request, const Origin& origin) = 0;

    virtual std::size_t size() const = 0;

    /// As an administrator sees one; `expires_in` is its session timer, 0 if it has none. Nothing
    /// if there is none of that handle.
    virtual std::optional<DialogView> view(std::uint64_t handle) const = 0;
    /// Tells of every session that is established its handle and its pair, in no order.
    virtual void for_each(
        const std::function<void(std::uint64_t handle, const SessionPair& pair)>& take) const = 0;
    /// BYE, as an administrator wants it. What waits in it goes into another one. False: there is
    /// none of that handle.
    virtual bool end(std::uint64_t handle) = 0;

    /// Forgets all without a word: the wings are about to go.
    virtual void abandon() = 0;
};

/// References must outlive it, and it the user agent.
std::unique_ptr<Sessions> make_sessions(const SessionsConfig& config,
                                        SessionPort& port,
                                        Timers& timers,
                                        Random& random,
                                        metrics::Registry& metrics,
                                        SessionUser& user);

}  // namespace isthmus::sip
