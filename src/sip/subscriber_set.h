// All SUBSCRIBE dialogs of ours. Private to the room: see subscriber.h.
#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/slot_index.h"
#include "sip/dialog.h"
#include "sip/refresh_plan.h"
#include "sip/slots.h"
#include "sip/subscriber.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::sip {

struct Subscription {
    template <class Owner>
    Subscription(SubscriptionHandle made, Owner& set, Timers& timers)
        : handle(made), timer(timers, [this, &set] { set.on_time(*this); }) {}

    // The timer last: a NOTIFY needs all but that, see Slots::prefetch().
    SubscriptionHandle handle;
    Dialog dialog;
    std::uint64_t owner = 0;
    RefreshPlan plan;
    std::uint16_t last_status = 0;  // of a refresh that failed
    std::uint8_t brief = 0;         // 423 in a row
    bool is_fetch = false;
    bool is_asking = false;         // a SUBSCRIBE is on its way
    bool is_initial = true;         // no final response yet
    bool was_told_expiry = false;   // by a NOTIFY
    bool is_ending = false;         // the owner hears nothing any more
    bool is_unsubscribing = false;  // Expires 0 has been sent
    Timer timer;                    // Timer N, then refresh or expiry
};

class SubscriberSet final : public Subscribers, public ResponseHandler {
  public:
    SubscriberSet(SubscriberConfig config,
                  EventSender& sender,
                  Timers& timers,
                  Random& random,
                  metrics::Registry& metrics,
                  SubscriberHandler& handler)
        : config_(config),
          sender_(sender),
          timers_(timers),
          random_(random),
          handler_(handler),
          count_(metrics.gauge("isthmus_sip_dialogs",
                               "Subscriptions by SIP event notification, by our role",
                               {{"kind", "subscriber"}})) {}

    SubscriptionHandle subscribe(const SubscribeTo& to, std::uint64_t owner) override;
    void refresh(SubscriptionHandle handle, bool is_one_of_many) override;
    void end(SubscriptionHandle handle) override;

    std::size_t size() const override { return slots_.size(); }

    std::optional<DialogView> view(SubscriptionHandle handle) const override;

    void on_notify(const Request& request, IncomingRequest& transaction) override;
    void expect(std::string_view call_id) override;
    void fetch(std::vector<std::uint64_t>& owners) override;
    void on_response(std::uint64_t cookie, const Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;

    void on_time(Subscription& entry);

  private:
    void ask(Subscription& entry, std::uint32_t expires);
    void unsubscribe(Subscription& entry);
    bool asks_for_longer(Subscription& entry, const Response& response);
    void on_granted(Subscription& entry, const Response& response);
    static bool carries_notify(const Response& response);
    void on_carried_notify(Subscription& entry, const Response& response);
    void on_failed(Subscription& entry,
                   bool was_initial,
                   int status,
                   std::optional<std::uint32_t> retry_after);

    // The Call-ID is of our making and of one dialog only.
    std::uint32_t hash_of(std::string_view call_id) const {
        return SlotIndex::fold(hash_(call_id));
    }

    Subscription* find(const Request& request);
    const char* accept(Subscription& entry,
                       const Request& request,
                       const SubscriptionStateValue& s);
    void schedule(Subscription& entry);
    void finish(Subscription& entry,
                SubscriptionEnd end,
                int status,
                std::optional<std::uint32_t> retry_after = {});
    void erase(Subscription& entry);

    SubscriberConfig config_;
    EventSender& sender_;
    Timers& timers_;
    Random& random_;
    SubscriberHandler& handler_;
    metrics::Gauge& count_;
    KeyedHash hash_;
    SlotIndex by_call_id_;
    Slots<Subscription> slots_;
    std::vector<std::uint32_t> expected_;  // hashes of Call-IDs
};

}  // namespace isthmus::sip
