// What both roles of SIP event notification share: the port they send through, the values of Event
// and Subscription-State. RFC 6665; presence as its package, RFC 3856.
#pragma once

#include "base/clock.h"
#include "sip/message.h"
#include "sip/user_agent.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// The first of them that the watcher takes ([MS-PRES] §1.3.3): PIDF before the others, or behind.
enum class PresencePreference : std::uint8_t { Pidf, Auto, Categories, Msrtc };

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

    /// In which documents presence goes to and comes from that domain's peer, if it can be chosen.
    virtual PresencePreference presence(std::string_view /*sip_domain*/) const {
        return PresencePreference::Pidf;
    }
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

inline constexpr std::string_view kPresencePackage = "presence";
inline constexpr std::string_view kPresenceDocument = "application/pidf+xml";

/// Value of a Subscription-State header field (RFC 6665 §8.2.3).
struct SubscriptionStateValue {
    SubscriptionState state = SubscriptionState::Active;
    TerminationReason reason = TerminationReason::Other;
    std::optional<std::uint32_t> expires;  ///< seconds, as retry_after
    std::optional<std::uint32_t> retry_after;
};

/// An unknown state counts as Pending: nothing is known of the presentity yet. Unreadable numbers
/// count as absent.
std::optional<SubscriptionStateValue> parse_subscription_state(std::string_view value);

/// Its text, without allocation.
class SubscriptionStateText {
  public:
    explicit SubscriptionStateText(const SubscriptionStateValue& value);

    std::string_view view() const { return {text_.data(), size_}; }

  private:
    void append(std::string_view part);
    void append(std::uint32_t number);

    std::array<char, 96> text_;
    std::size_t size_ = 0;
};

/// Value of an Event header field (RFC 6665 §8.2.1).
struct EventValue {
    std::string_view package;
    std::string_view id;  ///< empty: none
};

std::optional<EventValue> parse_event(std::string_view value);

/// A header that is a number of seconds, whatever follows the digits (RFC 3261 §20.33).
std::optional<std::uint32_t> seconds_of(const Message& message, HeaderId id);

/// A response to SUBSCRIBE or NOTIFY that ends the dialog's usage (RFC 6665 §4.1.2.2, §4.2.2).
bool ends_subscription(int status);

/// Answers, with one header if it has a name.
void answer(IncomingRequest& transaction, int status, OutgoingHeader header = {});

/// Answers 400 with the fault as its reason phrase.
void answer_bad_request(IncomingRequest& transaction, std::string_view fault);

/// Answers 489.
void answer_bad_event(IncomingRequest& transaction);

/// A dialog as an administrator sees it.
struct DialogView {
    std::uint64_t owner = 0;
    std::string call_id;
    std::string local_tag;
    std::string remote_tag;  ///< empty: not established yet
    std::string local;       ///< `<sip:juliet@fabrikam.example>`
    std::string remote;
    std::string target;  ///< Request-URI of our requests
    std::string route;   ///< empty: none
    std::string event;
    std::uint32_t local_cseq = 0;
    std::uint32_t remote_cseq = 0;
    std::uint32_t expires_in = 0;  ///< seconds; 0: nothing is granted yet
};

class Dialog;
DialogView view_of(const Dialog& dialog, std::uint64_t owner, std::uint32_t expires_in);

/// Seconds since 1970, for CSeq numbers that rise across a restart. Tests give their own.
using EpochSeconds = std::uint32_t (*)();

}  // namespace isthmus::sip
