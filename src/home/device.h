// A user who has signed in, and the devices that he did it with. RFC 3261 §10, RFC 5626, RFC 5627.
#pragma once

#include "base/clock.h"
#include "sip/user_agent.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::home {

/// One binding. Requests to it take the way that it registered by, whatever its Contact says.
struct Device {
    std::uint64_t id = 0;    ///< never given to another one
    std::string contact;     ///< the URI, as given
    std::string instance;    ///< +sip.instance with its quotes; empty: none
    std::string gruu;        ///< opaque value of ours that names the instance; empty: none
    std::string call_id;     ///< of the REGISTER that made or refreshed it
    std::uint32_t cseq = 0;  ///< likewise
    sip::Target target;
    TimePoint expires_at;
    bool is_lync = false;          ///< speaks the Lync client's dialect
    bool needs_bare_from = false;  ///< knows its contacts by their addresses alone
    std::uint16_t unanswered = 0;  ///< our requests that it has not answered in a row
};

struct Caller {
    std::string_view key;     ///< "alice@contoso.example", as compared
    std::string_view domain;  ///< SIP domain of it
};

}  // namespace isthmus::home
