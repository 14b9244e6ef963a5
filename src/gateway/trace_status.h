// Recordings of traffic as an administrator orders and reads them. Values only.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

struct TraceOrder {
    std::string id;
    std::string user;     ///< SIP user as compared; empty: all
    std::string partner;  ///< primary domain; empty: all
    Duration duration{};
    /// Message texts too, for as long as EnableLoggingAllMessageBodies is true.
    bool with_bodies = false;
};

struct TraceEvent {
    std::uint64_t number = 0;  ///< in its trace, from 1
    double at = 0;             ///< seconds since 1970
    /// "sip" and "xmpp": something passed. "translated": the step between. "failed": a message
    /// that went no further.
    std::string_view kind;
    bool is_out = false;
    bool is_again = false;  ///< a retransmission
    std::string what;       ///< "MESSAGE", "202 Accepted", "message chat", "presence subscribe"
    std::string user;       ///< SIP user as compared; empty: none
    std::string contact;    ///< bare JID; empty: none
    std::string call_id;
    std::string stanza_id;
    std::string stream;   ///< id of the stream
    std::string remote;   ///< address
    std::string message;  ///< trace_id of the log; of "translated" and "failed"
    std::string code;
    std::string evidence;
    std::vector<std::string> rules;  ///< what was applied, of "translated"
    std::vector<std::string> lost;   ///< what has no counterpart on the other side
    std::string text;                ///< raw, without what must not be shown
    bool is_cut = false;             ///< of `text`
};

struct TraceStatus {
    std::string id;
    std::string user;
    std::string partner;
    bool with_bodies = false;
    bool is_running = false;
    std::string why_ended;  ///< "its time is over", "stopped"
    double started_at = 0;  ///< seconds since 1970
    double seconds_left = 0;
    std::uint64_t events = 0;   ///< that matched
    std::uint64_t dropped = 0;  ///< of them: not kept any more, or too many at once
    std::uint64_t first = 1;    ///< number of the oldest that is kept
    std::size_t octets = 0;     ///< of memory, about
};

}  // namespace isthmus::gateway
