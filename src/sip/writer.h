// Requests and responses straight into an output buffer. RFC 3261 §7, §8.1.1, §8.2.6, §18.2.1;
// RFC 3581. No value reaches the wire with a control octet in it (abuse case E01).
#pragma once

#include "base/buffer.h"
#include "net/address.h"
#include "sip/message.h"

#include <cstdint>
#include <string_view>

namespace isthmus::sip {

/// `value` with every control octet but HTAB replaced by a blank.
void append_value(Buffer& to, std::string_view value);

/// `name: value CRLF`.
void append_header(Buffer& to, std::string_view name, std::string_view value);

/// The part of a response that its request decides, as complete lines: every Via (the topmost with
/// received and rport as RFC 3261 §18.2.1 and RFC 3581 §4 say; what the peer claimed there is
/// dropped), From, To (with `to_tag` unless it has a tag or `to_tag` is empty), Call-ID, CSeq. A
/// server transaction keeps these octets; works on refused requests too, with what they have.
void append_response_head(Buffer& to,
                          const Request& request,
                          const net::Endpoint& source,
                          std::string_view to_tag);

/// Status line, `head` (from append_response_head), Server if not empty, the response's own
/// headers, Content-Type, Content-Length, body.
void append_response(Buffer& to,
                     std::string_view head,
                     const OutgoingResponse& response,
                     std::string_view server);

/// What the user agent adds to an OutgoingRequest.
struct RequestStamp {
    std::string_view transport;  ///< "UDP", "TCP", "TLS"
    std::string_view sent_by;    ///< "192.0.2.1:5060", "[2001:db8::1]:5060" or "gw.example.com"
    std::string_view branch;     ///< with the magic cookie
    std::string_view from_tag;
    std::string_view call_id;
    std::uint32_t cseq = 1;
    std::string_view user_agent;
    std::string_view authorization;        ///< whole value; empty: none
    std::string_view proxy_authorization;  ///< whole value; empty: none
};

/// A complete request. `rport` is asked for in the Via (RFC 3581 §3).
void append_request(Buffer& to, const OutgoingRequest& request, const RequestStamp& stamp);

}  // namespace isthmus::sip
