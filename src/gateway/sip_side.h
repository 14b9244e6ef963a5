// The port through which the flows reach SIP users: behind a configured SIP peer now, at an
// embedded home server later; the flows do not know which (docs/house.md, decision 4).
#pragma once

#include "sip/message.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <string_view>

namespace isthmus::gateway {

class SipSide {
  public:
    virtual ~SipSide() = default;
    /// Whether users of that SIP domain (lower-case A-labels) can be reached at all.
    virtual bool serves(std::string_view sip_domain) const = 0;
    /// Whether all hops we know of on that way control congestion, so that RFC 3428 §8 allows
    /// MESSAGE requests above 1300 octets.
    virtual bool is_congestion_safe(std::string_view sip_domain) const = 0;

    /// Whether that user takes messages in INVITE sessions only (sip/sessions.h). `user` is a SIP
    /// URI, the domain one that serves() has confirmed.
    virtual bool uses_sessions(std::string_view /*user*/, std::string_view /*sip_domain*/) const {
        return false;
    }

    /// `contact` has closed the window in which she wrote with that user, who is none of
    /// uses_sessions(): whoever holds a session of his ends it. SIP URIs.
    virtual void on_left(std::string_view /*user*/,
                         std::string_view /*contact*/,
                         std::string_view /*sip_domain*/) {}

    /// Sends towards the users of `sip_domain`, which serves() must have confirmed. Exactly one
    /// call of `handler` with `cookie` follows, later.
    virtual void send(const sip::OutgoingRequest& request,
                      std::string_view sip_domain,
                      sip::ResponseHandler& handler,
                      std::uint64_t cookie) = 0;
};

}  // namespace isthmus::gateway
