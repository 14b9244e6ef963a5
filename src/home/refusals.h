// How those who have signed in are refused: with the reason that Lync's clients and logs know.
// Private to the room.
#pragma once

#include "sip/user_agent.h"

#include <string_view>

namespace isthmus::home {

/// `code` may be empty; see translate::add_diagnostics(). `host`: our name. Never for strangers.
void refuse(sip::IncomingRequest& transaction,
            int status,
            std::string_view code,
            std::string_view host);

}  // namespace isthmus::home
