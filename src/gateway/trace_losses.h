// What of a message has no counterpart in the other protocol, for recordings. Pure.
#pragma once

#include "base/arena.h"
#include "sip/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

/// Of a stanza as our writer writes it. Views into its text.
struct StanzaView {
    std::string_view name;
    std::string_view type;
    std::string_view id;
    std::vector<std::string_view> children;  ///< local names, in order
};

StanzaView view_of_stanza(std::string_view stanza);

/// "header Priority", "formatting (text/html)", "uri port of the recipient", ...
std::vector<std::string> losses_of(const sip::Request& message, Arena& arena);
/// "element html", ...
std::vector<std::string> losses_of(const StanzaView& message);

}  // namespace isthmus::gateway
