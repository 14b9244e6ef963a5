// Octets to sip::Request or sip::Response, or to what the transport must do instead. RFC 3261 §7,
// §25.1; RFC 4475. Strict and bounded: a message is refused before anybody acts upon it.
#pragma once

#include "base/arena.h"
#include "sip/message.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::sip {

/// A datagram ends its body where it ends if Content-Length is missing, and may carry octets behind
/// the message (ignored). On a stream the octets are exactly what Framer cut out.
enum class Framing : std::uint8_t { Datagram, Stream };

struct ParseLimits {
    std::size_t octets = 65536;  ///< whole message; beyond: 513
    std::size_t header_lines = 128;
    std::size_t line_octets = 8192;  ///< unfolded or not; start line beyond: 414
    std::size_t vias = 70;           ///< as many as there may be hops; RFC 4475 §3.1.1.7 has 34
};

struct ParseResult {
    enum class Kind : std::uint8_t {
        Request,    ///< `request` of the slots is good
        Response,   ///< `response` of the slots is good
        Refuse,     ///< answer `status` `reason`: `request` holds what the answer needs
        Discard,    ///< no answer possible or allowed (a response, an ACK, no usable Via)
        KeepAlive,  ///< a datagram of nothing but CR LF, or one zero octet
    };

    Kind kind = Kind::Discard;
    int status = 0;           ///< Refuse: 400, 414, 501, 505, 513
    std::string_view reason;  ///< names the fault: reason phrase of the answer, or for the log. Of
                              ///< our making, lives as long as the arena.
};

/// Where results go; keep one per traffic thread, so that the vectors keep their capacity.
struct MessageSlots {
    Request request;
    Response response;
};

/// Clears the slot it fills. Views point into `octets` and `arena`. With Refuse these hold of
/// `request`: `headers` (those that could be told apart), transport, host and port of `via`,
/// `method` and `method_text` (empty if it was no token); what else was read before the fault may
/// be there.
ParseResult parse_message(std::string_view octets,
                          Framing framing,
                          Arena& arena,
                          MessageSlots& into,
                          const ParseLimits& limits = {});

}  // namespace isthmus::sip
