// Their SUBSCRIBE dialogs: SIP users watch somebody whom we stand for. Checks what RFC 6665 lets a
// notifier refuse, keeps the dialogs, sends NOTIFY: one at a time in each dialog, not oftener than
// the interval allows, always with the state of that moment, which it asks for when it sends.
// RFC 6665 §4.2; RFC 3856 §6.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "sip/event_usage.h"
#include "sip/presence_format.h"
#include "sip/subscriber.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

/// What a NOTIFY says. Views must live until the call that was given it returns.
struct NotifyContent {
    SubscriptionState state = SubscriptionState::Active;
    TerminationReason reason = TerminationReason::Other;
    std::optional<std::uint32_t> retry_after;
    PresenceFormat format = PresenceFormat::Pidf;  ///< in which the body is wanted
    std::string_view body;                         ///< empty: none
    std::string_view content_language;
};

class NotifierHandler {
  public:
    virtual ~NotifierHandler() = default;
    /// Asked when a NOTIFY is about to leave, from within accept(), on_refresh(), changed() or a
    /// timer; Terminated is not an answer, end() is.
    virtual void describe(std::uint64_t owner, Arena& arena, NotifyContent& into) = 0;
    /// A refresh was answered 200; the NOTIFY follows by itself.
    virtual void on_refresh(std::uint64_t owner) = 0;
    enum class End : std::uint8_t {
        Unsubscribed,  ///< Expires 0; describe_end() is asked for the body of the final NOTIFY
        Expired,       ///< the same
        DialogGone,    ///< a NOTIFY was answered with a status that ends it, or two by nobody
    };
    /// Body of the final NOTIFY of an unsubscribed or expired dialog (reason=timeout).
    virtual void describe_end(std::uint64_t owner, Arena& arena, NotifyContent& into) = 0;
    /// The dialog is gone, its handle stale.
    virtual void on_end(std::uint64_t owner, End end) = 0;
    /// Whether the owner's whole SIP system is known to be away: silence then says nothing about
    /// the dialog, which is kept, and changed() follows when the system is back.
    virtual bool is_peer_away(std::uint64_t owner) = 0;
};

/// A SUBSCRIBE outside a dialog that passed the checks.
struct WatchRequest {
    std::uint32_t expires = 3600;  ///< granted; 0: a fetch
};

/// A dialog whose SUBSCRIBE is not answered yet. Nothing is sent in it before confirm().
struct PreparedWatch {
    SubscriptionHandle handle = 0;
    std::uint32_t expires = 0;               ///< as granted
    std::vector<std::string> record_routes;  ///< for the answer, a header field each
};

class Notifiers {
  public:
    virtual ~Notifiers() = default;
    /// What is wrong with a SUBSCRIBE outside a dialog: answered already (489 with Allow-Events,
    /// 406, 423 with Min-Expires, 400, 503 if there are too many dialogs), nothing returned.
    virtual std::optional<WatchRequest> check(const Request& request,
                                              IncomingRequest& transaction) = 0;
    /// Answers 200 and makes the dialog. The first NOTIFY leaves behind the 200, and describe() is
    /// asked for it, before this returns. A fetch's is final (what describe() says, but terminated
    /// with reason=timeout) and its handle is 0. 500 and handle 0 if the dialog cannot be made.
    virtual SubscriptionHandle accept(const Request& request,
                                      IncomingRequest& transaction,
                                      const WatchRequest& granted,
                                      std::string_view sip_domain,
                                      std::uint64_t owner) = 0;
    /// The same in two steps, for who must put the dialog on record before the watcher may count on
    /// it. Handle 0: it is answered, as accept() would.
    virtual PreparedWatch prepare(const Request& request,
                                  IncomingRequest& transaction,
                                  const WatchRequest& granted,
                                  std::string_view sip_domain,
                                  std::uint64_t owner) = 0;
    /// Answers 200; the first NOTIFY leaves behind it. False: the dialog has ended meanwhile, and
    /// nothing is answered.
    virtual bool confirm(const PreparedWatch& prepared, IncomingRequest& transaction) = 0;
    /// Instead of confirm(): the dialog never was. Nothing is sent, the owner hears nothing.
    virtual void drop(SubscriptionHandle handle) = 0;
    /// A SUBSCRIBE with a To tag: refresh, end, or 481. Answers it. The owner's id, if it is one of
    /// ours and was accepted.
    virtual std::optional<std::uint64_t> on_refresh(const Request& request,
                                                    IncomingRequest& transaction) = 0;
    /// Its state is another now: a NOTIFY as soon as the interval allows.
    virtual void changed(SubscriptionHandle handle) = 0;
    /// changed() is to come for these: they are fetched from memory meanwhile.
    virtual void fetch(std::span<const SubscriptionHandle> handles) = 0;
    /// Final NOTIFY, at once; the handle is stale afterwards and the owner hears nothing.
    virtual void end(SubscriptionHandle handle, const NotifyContent& content) = 0;
    /// For the database, and back after a restart. `seconds_left` until it expires.
    virtual std::string save(SubscriptionHandle handle) const = 0;
    virtual std::uint32_t seconds_left(SubscriptionHandle handle) const = 0;
    /// Nothing if the handle is stale.
    virtual std::optional<DialogView> view(SubscriptionHandle handle) const = 0;
    /// 0 if the text is not one that save() made. No NOTIFY leaves before changed().
    virtual SubscriptionHandle restore(std::string_view saved,
                                       std::uint32_t seconds_left,
                                       std::uint64_t owner) = 0;
    virtual std::size_t size() const = 0;
};

struct NotifierConfig {
    std::uint32_t default_expires = 3600;
    std::uint32_t greatest_expires = 86400;
    std::uint32_t least_expires = 60;             ///< below: 423
    Duration interval = std::chrono::seconds(5);  ///< RFC 3856 §6.10
    std::size_t max_dialogs = 2'000'000;          ///< beyond: 503
    EpochSeconds epoch_seconds = nullptr;         ///< null: the system's
};

std::unique_ptr<Notifiers> make_notifiers(NotifierConfig config,
                                          EventSender& sender,
                                          Timers& timers,
                                          Random& random,
                                          metrics::Registry& metrics,
                                          NotifierHandler& handler);

}  // namespace isthmus::sip
