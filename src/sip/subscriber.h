// Our SUBSCRIBE dialogs: we watch users of a SIP system. Makes the dialog (the NOTIFY's, not the
// 200's), keeps it alive, answers NOTIFY at once. Who may watch whom, and what happens after an end
// is for the handler to decide. RFC 6665 §4.1, §4.4; RFC 3856.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "sip/event_usage.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

/// Stale handles are ignored everywhere. 0 is none.
using SubscriptionHandle = std::uint64_t;

/// A NOTIFY that belongs to one of our subscriptions. Views die on return.
struct Notification {
    SubscriptionState state = SubscriptionState::Active;
    TerminationReason reason = TerminationReason::Other;
    std::optional<std::uint32_t> retry_after;  ///< seconds
    std::string_view content_type;
    std::string_view content_language;
    std::string_view body;  ///< empty: the last document stands (RFC 3856 §6.8)
};

/// How a subscription ended without a NOTIFY that said so.
enum class SubscriptionEnd : std::uint8_t {
    Refused,     ///< the initial SUBSCRIBE got a final response of 300 or more
    Unanswered,  ///< the initial SUBSCRIBE got none, or its peer could not be reached
    NoNotify,    ///< Timer N (RFC 6665 §4.1.2.4)
    DialogGone,  ///< a refresh got one of the statuses that end the dialog (§4.1.2.2), 481 above
                 ///< all
    Expired,     ///< no refresh succeeded in time
};

class SubscriberHandler {
  public:
    virtual ~SubscriberHandler() = default;
    /// Returns the final response to the NOTIFY: 200, or what is wrong with its body (the state
    /// counts all the same). After Terminated the subscription is gone.
    virtual int on_notify(std::uint64_t owner, const Notification& notification) = 0;
    /// The subscription is gone. `status` is the response's, 0 without one.
    virtual void on_end(std::uint64_t owner,
                        SubscriptionEnd end,
                        int status,
                        std::optional<std::uint32_t> retry_after) = 0;
};

struct SubscribeTo {
    std::string_view watcher;     ///< our side: `<sip:juliet@fabrikam.example>`, From without tag
    std::string_view presentity;  ///< URI of the SIP user: Request-URI and To
    std::string_view sip_domain;  ///< key of EventSender
    std::uint32_t expires = 0;    ///< seconds; 0: a fetch, which ends with the first NOTIFY
    bool is_one_of_many = false;  ///< made together with others: their refreshes shall spread
};

/// All of them. Traffic thread only; references must outlive it.
class Subscribers {
  public:
    virtual ~Subscribers() = default;
    /// Never calls the handler before it returned. 0 if there are too many or the addresses are too
    /// long; the handler hears nothing then.
    virtual SubscriptionHandle subscribe(const SubscribeTo& to, std::uint64_t owner) = 0;
    /// A refresh now, besides the one at 80 % of the granted time. `is_one_of_many` as above.
    virtual void refresh(SubscriptionHandle handle, bool is_one_of_many = false) = 0;
    /// Ends it with Expires 0. The owner hears nothing any more; the final NOTIFY is still answered
    /// 200 (RFC 6665 §4.1.2.3).
    virtual void end(SubscriptionHandle handle) = 0;
    virtual std::size_t size() const = 0;
    /// Nothing if the handle is stale.
    virtual std::optional<DialogView> view(SubscriptionHandle handle) const = 0;
    /// A NOTIFY of the wire: 481 if it is nobody's, 489 for another package, 400, 500 for a CSeq
    /// that falls, else what the handler says.
    virtual void on_notify(const Request& request, IncomingRequest& transaction) = 0;
    /// A NOTIFY with that Call-ID is to come, if nothing is wrong with it.
    virtual void expect(std::string_view call_id) = 0;
    /// Fetches from memory the dialogs of all that are expected, and appends their owners, as far
    /// as there are any.
    virtual void fetch(std::vector<std::uint64_t>& owners) = 0;
};

struct SubscriberConfig {
    std::uint32_t least_expires = 60;  ///< a peer that grants less is refreshed no sooner
    Duration timer_n = std::chrono::seconds(32);  ///< 64*T1
    std::size_t max_subscriptions = 2'000'000;
};

std::unique_ptr<Subscribers> make_subscribers(SubscriberConfig config,
                                              EventSender& sender,
                                              Timers& timers,
                                              Random& random,
                                              metrics::Registry& metrics,
                                              SubscriberHandler& handler);

}  // namespace isthmus::sip
