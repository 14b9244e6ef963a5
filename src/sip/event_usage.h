// What both roles of SIP event notification share: the port they send through, the values of
// Subscription-State. RFC 6665; presence as its package, RFC 3856.
#pragma once

#include "sip/message.h"
#include "sip/user_agent.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace isthmus::sip {

/// The way to the peers, which the room above knows. Traffic thread only.
class EventSender {
  public:
    virtual ~EventSender() = default;
    /// Sends towards the users of `sip_domain`. `next_hop` is the URI that RFC 3261 §12.2.1.1 makes
    /// the next hop of a request in a dialog; empty outside one: the domain's peer. Exactly one
    /// call of `handler` with `cookie` follows, later.
    virtual void send(const OutgoingRequest& request,
                      std::string_view sip_domain,
                      std::string_view next_hop,
                      ResponseHandler& handler,
                      std::uint64_t cookie) = 0;
    /// Whole Contact value of ours for requests and responses exchanged with that domain's peer:
    /// `<sip:gateway.contoso.example:5061;transport=tls>`.
    virtual std::string_view contact(std::string_view sip_domain) const = 0;
};

enum class SubscriptionState : std::uint8_t { Pending, Active, Terminated };

/// RFC 6665 §4.1.3. Other stands for none and for unknown ones.
enum class TerminationReason : std::uint8_t {
    Other,
    Deactivated,
    Probation,
    Rejected,
    Timeout,
    GiveUp,
    NoResource,
    Invariant,
};

std::string_view termination_reason_name(TerminationReason reason);  ///< "" for Other

/// Seconds since 1970, for CSeq numbers that rise across a restart. Tests give their own.
using EpochSeconds = std::uint32_t (*)();

}  // namespace isthmus::sip
