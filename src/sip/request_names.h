// Who a request came from and for whom, read back from the head of its response, which is all that
// is kept of it.
#pragma once

#include "sip/user_agent.h"

#include <string_view>

namespace isthmus::sip {

/// `head` is what append_response_head() wrote; views into it.
IncomingRequest::Names names_in(std::string_view head);

}  // namespace isthmus::sip
