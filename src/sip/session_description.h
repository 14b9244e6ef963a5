// What SDP says of text in a session, and no more of SDP than that: `m=message 5060 sip null` of
// servers of the Lync kind, `m=x-ms-message` of their predecessors. RFC 4566 §5, RFC 3264;
// Session-Expires, RFC 4028.
#pragma once

#include "sip/message.h"
#include "sip/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// An offer, as far as it matters.
struct SessionOffer {
    /// The lines of the answer that stand for the offer's m lines: text accepted, all else refused
    /// by port 0 (RFC 3264 §6). Empty: there was no offer, we make one.
    std::string answer_media;
    bool has_text = false;
};

/// Nothing: the SDP cannot be read. No body is an offer of ours to make (RFC 3261 §13.2.1).
std::optional<SessionOffer> read_offer(std::string_view sdp, std::string_view local_uri);

/// A whole SDP. `media` as in SessionOffer; empty: the line of an offer of ours.
std::string describe_session(std::string_view media);

/// `sip:user@host`, what a session's pair is known by: no parameters, the host in lower case.
std::string bare_uri(const Uri& uri);
/// Of a URI, or of the one in `<...>`.
std::string bare_uri(std::string_view text);
/// The same as a view into `text` where it stands there as it is, else into `scratch`.
std::string_view bare_uri(std::string_view text, std::string& scratch);

/// Whether no other spelling of such a URI is the same user: small letters, digits, dots, dashes.
bool has_one_spelling(std::string_view bare);

/// Allow, in a session.
inline constexpr std::string_view kSessionMethods =
    "INVITE, ACK, BYE, CANCEL, MESSAGE, INFO, UPDATE, OPTIONS";

/// Whether the request asks for more than two to talk, the way it was done before conferences: an
/// EndPoints list of three, or a triggered invitation.
bool is_multiparty(const Request& request);

/// Whether a Supported, Allow or Require (`id`) of the message lists `token`, without case.
bool lists(const Message& message, HeaderId id, std::string_view token);

/// Whether one of the peer's headers of that name, unknown to HeaderId, is there.
std::string_view named_header(const Message& message, std::string_view name);

/// Session-Expires of their request. Nothing: too small, 422 with Min-SE is due.
inline constexpr std::uint32_t kMinSessionExpires = 90;  // RFC 4028 §4
std::optional<SessionExpiry> expiry_asked(const Request& request);
/// Of a 2xx to a request of ours.
SessionExpiry expiry_granted(const Response& response);

}  // namespace isthmus::sip
