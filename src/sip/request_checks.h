// What a user agent looks at before anybody acts upon a new request: RFC 3261 §8.2.1 to §8.2.3,
// §16.3; RFC 7332 §5. Pure; user_agent.cpp answers with what comes back.
#pragma once

#include "base/arena.h"
#include "sip/message.h"
#include "sip/parser.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace isthmus::sip {

/// What we can do, as we announce it.
struct Abilities {
    std::span<const Method> methods;                ///< Allow
    std::span<const std::string_view> option_tags;  ///< Supported; what Require may ask for
    std::string_view accept;                        ///< Accept value, "text/plain, message/cpim"
    std::string_view allow_events = {};             ///< Allow-Events value; empty: none
};

/// An answer other than success, with the headers it must carry. Views live as long as the arena
/// and the abilities.
struct Refusal {
    int status = 0;
    std::string_view reason;  ///< empty: the standard phrase
    std::array<OutgoingHeader, 2> headers{};
    std::size_t header_count = 0;

    OutgoingResponse response() const {
        return {
            .status = status, .reason = reason, .headers = std::span(headers.data(), header_count)};
    }
};

/// Nothing: the request may be handled. Not for ACK and CANCEL, whose fate the transactions know.
/// Checked in this order: Request-URI scheme (416), unknown method (501 with Allow), Max-Forwards 0
/// (483), Require (420 with Unsupported), Content-Encoding (415 with Accept-Encoding), INVITE's
/// From tag (400) and body (415 with Accept, 406), known method that we do not allow (405 with
/// Allow).
std::optional<Refusal> check_request(const Request& request, const Abilities& us, Arena& arena);

/// The answer to a message that the parser refused.
Refusal refusal_of(const ParseResult& result, const Abilities& us, Arena& arena);

/// Allow, Accept, Supported, and Allow-Events if there are any, of the 200 to OPTIONS: RFC 3261
/// §11.2, RFC 6665 §4.4.4.
std::span<const OutgoingHeader> capability_headers(const Abilities& us, Arena& arena);

}  // namespace isthmus::sip
