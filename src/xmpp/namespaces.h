// Namespaces that more than one part of the room speaks.
#pragma once

#include <string_view>

namespace isthmus::xmpp {

inline constexpr std::string_view kReceipts = "urn:xmpp:receipts";  // XEP-0184
inline constexpr std::string_view kChatStates =
    "http://jabber.org/protocol/chatstates";                             // XEP-0085
inline constexpr std::string_view kMarkers = "urn:xmpp:chat-markers:0";  // XEP-0333

}  // namespace isthmus::xmpp
