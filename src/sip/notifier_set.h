// All SUBSCRIBE dialogs in which we are the notifier. Private to the room: see notifier.h.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/slot_index.h"
#include "sip/dialog.h"
#include "sip/notifier.h"
#include "sip/slots.h"
#include "sip/subscribe_terms.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

inline PresenceFormat format_of(const Dialog& dialog) {
    return static_cast<PresenceFormat>(dialog.document);
}

struct Watch {
    template <class Owner>
    Watch(SubscriptionHandle made, Owner& set, Timers& timers)
        : handle(made), timer(timers, [this, &set] { set.on_time(*this); }) {}

    // The timer last: a NOTIFY needs all but that, see Slots::prefetch().
    SubscriptionHandle handle;
    Dialog dialog;
    std::uint64_t owner = 0;
    TimePoint expires_at{};
    TimePoint next_notify_at{};
    std::uint8_t silences = 0;  // NOTIFYs in a row that nobody answered
    bool is_changed = false;    // a NOTIFY is due
    bool is_notifying = false;  // one is on its way
    bool is_waiting = false;    // the timer stands for next_notify_at
    bool is_prepared = false;   // not confirmed yet
    Timer timer;                // expiry, or a NOTIFY that must wait
};

class NotifierSet final : public Notifiers, public ResponseHandler {
  public:
    NotifierSet(NotifierConfig config,
                EventSender& sender,
                Timers& timers,
                Random& random,
                metrics::Registry& metrics,
                NotifierHandler& handler)
        : config_(config),
          terms_{.default_expires = config.default_expires,
                 .least_expires = config.least_expires,
                 .greatest_expires = config.greatest_expires},
          sender_(sender),
          timers_(timers),
          random_(random),
          handler_(handler),
          count_(metrics.gauge("isthmus_sip_dialogs",
                               "Subscriptions by SIP event notification, by our role",
                               {{"kind", "notifier"}})) {}

    std::optional<WatchRequest> check(const Request& request,
                                      IncomingRequest& transaction) override;
    SubscriptionHandle accept(const Request& request,
                              IncomingRequest& transaction,
                              const WatchRequest& granted,
                              std::string_view sip_domain,
                              std::uint64_t owner) override;
    PreparedWatch prepare(const Request& request,
                          IncomingRequest& transaction,
                          const WatchRequest& granted,
                          std::string_view sip_domain,
                          std::uint64_t owner) override;
    bool confirm(const PreparedWatch& prepared, IncomingRequest& transaction) override;
    void drop(SubscriptionHandle handle) override;
    std::optional<std::uint64_t> on_refresh(const Request& request,
                                            IncomingRequest& transaction) override;
    void changed(SubscriptionHandle handle) override;
    void fetch(std::span<const SubscriptionHandle> handles) override;
    void end(SubscriptionHandle handle, const NotifyContent& content) override;
    std::string save(SubscriptionHandle handle) const override;
    std::uint32_t seconds_left(SubscriptionHandle handle) const override;
    std::optional<DialogView> view(SubscriptionHandle handle) const override;
    SubscriptionHandle restore(std::string_view saved,
                               std::uint32_t seconds_left,
                               std::uint64_t owner) override;

    std::size_t size() const override { return slots_.size(); }

    void on_response(std::uint64_t cookie, const Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;

    void on_time(Watch& entry);

  private:
    std::optional<Dialog> begin(const Request& request,
                                IncomingRequest& transaction,
                                std::string_view sip_domain);
    Watch& keep(Dialog dialog, std::uint64_t owner, std::uint32_t expires);

    std::uint32_t hash_of(std::string_view call_id, std::string_view our_tag) const {
        return SlotIndex::fold(hash_.add(hash_(call_id), our_tag));
    }

    Watch* find(const Request& request);
    void pump(Watch& entry);
    void notify(Watch& entry);
    void fetch(Dialog& dialog, std::uint64_t owner);
    void transmit(Dialog& dialog,
                  const NotifyContent& content,
                  std::uint32_t expires,
                  std::uint64_t cookie);
    void finish(Watch& entry, NotifierHandler::End end);
    void retry_later(Watch& entry, std::uint32_t retry_after);
    void on_silence(Watch& entry);
    void lose(Watch& entry);
    void erase(Watch& entry);
    std::uint32_t left(const Watch& entry) const;

    NotifierConfig config_;
    SubscribeTerms terms_;
    EventSender& sender_;
    Timers& timers_;
    Random& random_;
    NotifierHandler& handler_;
    metrics::Gauge& count_;
    KeyedHash hash_;
    Arena arena_;
    SlotIndex by_dialog_;  // Call-ID and our tag
    Slots<Watch> slots_;
    bool is_describing_ = false;  // the arena is in use
};

}  // namespace isthmus::sip
