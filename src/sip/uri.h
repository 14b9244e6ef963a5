// SIP, SIPS and other URIs as views over their text. RFC 3261 §19.1, §25.1.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// Views into the text that was parsed; as long-lived as that text. Nothing is decoded.
struct Uri {
    std::string_view text;      ///< the whole URI
    std::string_view scheme;    ///< as written; is_sip()/is_sips() compare without case
    std::string_view user;      ///< still percent-encoded; empty if has_user is false
    std::string_view password;  ///< never to be logged or passed on
    std::string_view host;      ///< IPv6 with brackets
    std::string_view params;    ///< behind the first ';', without it
    std::string_view headers;   ///< behind '?', without it
    std::string_view opaque;    ///< other schemes: everything behind the colon
    std::uint16_t port = 0;     ///< 0: none given
    bool has_user = false;
    bool has_password = false;

    bool is_sip() const;
    bool is_sips() const;
    /// Value of the first parameter of that name (without case); empty view if it has none.
    std::optional<std::string_view> param(std::string_view name) const;
};

/// Strict by the grammar of §25.1 for sip and sips; other schemes only need the generic form of
/// RFC 3986. Refuses control octets, raw 8-bit octets, a second '@', bad escapes.
Result<Uri> parse_uri(std::string_view text);

/// Percent-decodes once; nothing if an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

/// Equivalence of RFC 3261 §19.1.4 for sip and sips.
bool are_equivalent(const Uri& a, const Uri& b);

}  // namespace isthmus::sip
