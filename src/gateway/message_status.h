// What an administrator sees of messages: those under way and those that came last, never their
// text. Values only. Asked on the traffic thread, in slices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace isthmus::gateway {

struct MessageStatus {
    std::string id;         ///< trace_id of the log; of a stanza we made also its id
    std::uint64_t row = 0;  ///< of the history, which only grows; 0: under way
    std::string direction;  ///< "sip_to_xmpp", "xmpp_to_sip"
    /// "queued" behind another to the same target, "sending" until its outcome is known, then as
    /// messages_total counts it: "delivered", "denied", "refused", ...
    std::string state;
    std::string from;  ///< as it came: a URI, or a JID
    std::string to;
    std::string user;     ///< the SIP user, as compared; empty: the address is none
    std::string contact;  ///< the XMPP user's bare JID; likewise
    std::string partner;  ///< primary domain; empty: none
    std::string peer;     ///< name of the SIP peer; empty: none
    std::string call_id;
    std::string stanza_id;
    std::string code;  ///< of a failure
    std::string step;  ///< where it failed
    std::string text;  ///< evidence
    double at = 0;     ///< when it came; seconds since 1970
    double duration_seconds = 0;
};

struct MessageFilter {
    /// Empty: all; "pending", "queued" (a part of pending), "failed", "delivered".
    std::string state;
    std::string user;     ///< as compared; empty: all
    std::string contact;  ///< bare JID; empty: all
    std::string partner;  ///< primary domain; empty: all
    double since = 0;     ///< came at that time or later; seconds since 1970
    std::uint64_t after_row = 0;
    std::size_t offset = 0;
    std::size_t limit = 100;
};

/// A list that is being made: what is under way first, then the newest.
struct MessageListing {
    MessageFilter filter;
    std::vector<MessageStatus> items;
    std::size_t total = 0;    ///< all that match
    std::size_t to_xmpp = 0;  ///< places in what is under way
    std::size_t to_sip = 0;
    std::uint64_t row = 0;  ///< the next of the history, downwards
    bool has_begun = false;
};

}  // namespace isthmus::gateway
