// Shows a message to whoever looks on. While nobody does, it costs one branch.
#pragma once

#include "base/tap.h"
#include "net/address.h"

#include <string_view>

namespace isthmus::sip {

struct TappedMessage {
    bool is_out = false;
    std::string_view text;
    bool is_again = false;  ///< a retransmission
};

inline void show_message(Tap& tap, const TappedMessage& message, const net::Endpoint& remote) {
    if (tap.is_on()) [[unlikely]] {
        tap.on_passage({.side = Passage::Side::Sip,
                        .is_out = message.is_out,
                        .text = message.text,
                        .from = {},
                        .to = {},
                        .link = {},
                        .remote = remote.to_string(),
                        .is_again = message.is_again});
    }
}

}  // namespace isthmus::sip
