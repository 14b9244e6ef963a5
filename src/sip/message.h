// SIP requests and responses as views over the octets they arrived in, and the values outgoing
// ones are made of. RFC 3261 §7; RFC 3428.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/result.h"
#include "sip/headers.h"
#include "sip/uri.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace isthmus::sip {

enum class Method : std::uint8_t {
    Other,
    Ack,
    Bye,
    Cancel,
    Info,
    Invite,
    Message,
    Notify,
    Options,
    Prack,
    Publish,
    Refer,
    Register,
    Service,  ///< [MS-SIP]: what a Lync client asks of its home server
    Subscribe,
    Update,
};

Method method_of(std::string_view token);  ///< exact, methods are case-sensitive
std::string_view method_name(Method method);

struct HeaderField {
    HeaderId id = HeaderId::Other;
    std::string_view name;   ///< as written
    std::string_view value;  ///< trimmed; a folded value is unfolded (in the arena)
};

/// What both kinds share. All views live as long as the receive buffer and the arena given to
/// parse(); copy what must outlive the handler.
struct Message {
    std::vector<HeaderField> headers;  ///< in order, every field one entry (values not split)
    Via via;                           ///< the topmost
    std::string_view via_rest;         ///< what follows it in its field, behind the comma
    NameAddr from;
    NameAddr to;
    std::string_view call_id;
    CSeq cseq;
    std::optional<std::uint32_t> content_length;
    std::string_view content_type;  ///< empty if absent
    std::string_view body;

    /// First field of that id.
    std::optional<std::string_view> header(HeaderId id) const;
    std::size_t count(HeaderId id) const;
};

struct Request : Message {
    Method method = Method::Other;
    std::string_view method_text;
    Uri uri;                                    ///< Request-URI
    std::optional<std::uint32_t> max_forwards;  ///< absent counts as 70 (RFC 3261 §16.6)
};

struct Response : Message {
    int status = 0;
    std::string_view reason;
};

/// A header of a message that we make. Values must be free of CR, LF and NUL; the writer replaces
/// those by a blank as the last line of defence (abuse case E01).
struct OutgoingHeader {
    std::string_view name;
    std::string_view value;
};

/// A request that we originate. Via, Max-Forwards (70 unless set) and Content-Length are the user
/// agent's; From tag and CSeq too, unless it is a request of a dialog. Views must live until
/// UserAgent::send() returns.
struct OutgoingRequest {
    Method method = Method::Message;
    std::string_view request_uri;
    std::string_view from;     ///< whole field value without tag: `<sip:juliet@example.com;gr=x>`
    std::string_view to;       ///< whole field value
    std::string_view call_id;  ///< empty: a fresh one is made
    std::string_view from_tag = {};  ///< empty: a fresh one is made
    std::uint32_t cseq = 0;          ///< 0: 1. An answer to a challenge takes the next one.
    std::span<const OutgoingHeader> headers;
    std::string_view content_type;
    std::string_view body;
    int max_forwards = 70;
};

/// What we add to a response besides Via, From, To, Call-ID and CSeq.
struct OutgoingResponse {
    int status = 0;
    std::string_view reason;  ///< empty: the standard phrase
    std::span<const OutgoingHeader> headers;
    std::string_view content_type;
    std::string_view body;
};

std::string_view standard_reason(int status);

}  // namespace isthmus::sip
