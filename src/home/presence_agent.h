// Who sees whom: the presence of our users, towards the flows as any SIP system gives it and
// towards their devices in the dialect of each; their contact lists; whom they let see them. RFC
// 3856, RFC 3903, RFC 6665; [MS-PRES] for Lync clients. Traffic thread only.
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "sip/event_usage.h"
#include "sip/notifier.h"
#include "sip/subscriber.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "home/device.h"
#include "home/lync_requests.h"
#include "home/outside.h"
#include "home/person.h"
#include "home/registrar.h"

namespace isthmus::home {

/// Seconds that a subscription or a published document lasts at least (RFC 3903 §6, RFC 6665
/// §4.2.1.1).
inline constexpr std::uint32_t kLeastExpires = 60;

class PresenceAgent final : private sip::EventSender,
                            private sip::SubscriberHandler,
                            private sip::NotifierHandler,
                            private sip::ResponseHandler {
  public:
    /// `on_outcome` hears of each device whether it has answered.
    PresenceAgent(const std::vector<std::string>& domains,
                  Outside& outside,
                  const Registrar& registrar,
                  std::function<void(std::uint64_t device, bool has_answered)> on_outcome,
                  Timers& timers,
                  Random& random);
    PresenceAgent(const PresenceAgent&) = delete;
    PresenceAgent& operator=(const PresenceAgent&) = delete;
    PresenceAgent(PresenceAgent&&) = delete;
    PresenceAgent& operator=(PresenceAgent&&) = delete;
    ~PresenceAgent() override;

    /// What the database holds of everybody, at the start or from a backup.
    void restore_all(const std::vector<KeptDocument>& documents);

    /// He is no user any more, and signed out: who watches him is told.
    void forget(std::string_view user);

    void on_arrival(const std::string& user, const Device& device);
    void on_departure(const std::string& user, const Device& device, Departure why);

    /// A device's requests; `device` may be null for those that are no Lync client's.
    void on_subscribe(const sip::Request& request,
                      const Caller& caller,
                      const Device* device,
                      std::unique_ptr<sip::IncomingRequest> transaction);
    void on_service(const sip::Request& request,
                    const Caller& caller,
                    const Device* device,
                    std::unique_ptr<sip::IncomingRequest> transaction);
    void on_publish(const sip::Request& request,
                    const Caller& caller,
                    const Device* device,
                    std::unique_ptr<sip::IncomingRequest> transaction);

    /// The flows': a contact's user watches ours, or news of whom ours watches.
    void on_flow_subscribe(const sip::Request& request,
                           const Caller& whom,
                           std::unique_ptr<sip::IncomingRequest> transaction);
    void on_flow_notify(const sip::Request& request, sip::IncomingRequest& transaction);

    /// Whether our user takes nothing from that address.
    bool blocks(std::string_view user, std::string_view address) const;

    /// Policy has changed: what it refused before is asked for again.
    void recheck();

    /// Subscriptions, ours and those of devices.
    std::size_t dialogs() const;

  private:
    using Done = std::function<void(bool)>;

    // presence_agent
    Person& person(std::string_view user);
    Person* find(std::string_view user) const;
    void restore(const KeptDocument& document);
    void list_replaced(Person& person);
    bool is_home(std::string_view address) const;
    void save_list(Person& person, Done done);
    void save_state(const Person& person, Outside::Done done);
    PresenceState state_of(const Person& person) const;
    std::string document_of(const Person& person) const;
    void on_own_change(Person& person);
    void drop_device(Person& person, std::uint64_t device);

    // published_presence
    void lapse();
    void end_publication(Person& person, std::uint64_t device);

    // presence_watches: whom our users watch
    void watch(Person& person, std::string_view address);
    void subscribe(Person& person, Watched& watched);
    void unwatch(Person& person, std::string_view address);
    void unwatch_all(Person& person);
    void on_news(Person& person,
                 Watched& watched,
                 const PresenceState& state,
                 bool is_pending = false);
    void retry_later(Watched& watched);
    void on_retry();
    PresenceState seen_by(const Person& watcher, std::string_view address) const;
    // presence_watches: who watches them
    enum class Consent : std::uint8_t { Given, Refused, Open };
    Consent consent_of(const Person& person, std::string_view address) const;
    void allow(Person& person, std::string_view address);
    void block(Person& person, std::string_view address);
    void accept_all_open(Person& person);
    Watcher* watcher(std::uint64_t owner, Person*& whose);

    // device_dialogs
    void watch_colleague(const sip::Request& request,
                         Person& watcher,
                         const Device* device,
                         std::unique_ptr<sip::IncomingRequest> transaction);
    void open_dialog(const sip::Request& request,
                     Person& person,
                     const Device& device,
                     DeviceEvent event,
                     sip::IncomingRequest& transaction);
    bool continue_dialog(const sip::Request& request,
                         Person& person,
                         sip::IncomingRequest& transaction);
    void take_batch(const sip::Request& request, Person& person, DeviceDialog& dialog);
    void answer_fetch(const Person& person,
                      DeviceEvent event,
                      sip::IncomingRequest& transaction) const;
    void grant(DeviceEvent event, std::uint32_t expires, sip::IncomingRequest& transaction) const;
    static std::uint32_t granted_to(const sip::Request& request, DeviceEvent event);
    void tell_all(Person& person, DeviceDialog& dialog);
    // lync_notices
    void notify(DeviceDialog& dialog, std::string_view content_type, std::string_view body);
    void notify_all(Person& person,
                    DeviceEvent event,
                    std::string_view content_type,
                    std::string_view body);
    void notify_presence(Person& person, DeviceDialog& dialog, std::span<const std::string> of);
    void owe(DeviceDialog& dialog, std::span<const std::string> of) const;
    void tell_owed(Person& person, DeviceDialog& dialog);
    // resource_lists
    void notify_list(Person& person,
                     DeviceDialog& dialog,
                     std::span<const std::string> of,
                     bool is_full);
    void tell_list(Person& person, DeviceDialog& dialog);
    // watcher_info
    void watchers_changed(const Person& person);
    void tell_watchers(const Person& person, DeviceDialog& dialog);
    void on_watchers_due();
    void announce(Person& person, std::string_view address);
    std::string self_document(const Person& person) const;
    std::string provisioning(const Person& person) const;
    void sign_out(Person& person, const Device& device);
    void on_memberships(const sip::Request& request,
                        Person& person,
                        std::unique_ptr<sip::IncomingRequest> transaction);
    void on_category_publish(const sip::Request& request,
                             Person& person,
                             const Device& device,
                             std::unique_ptr<sip::IncomingRequest> transaction);
    void on_list_call(const sip::Request& request,
                      Person& person,
                      const Device& device,
                      std::unique_ptr<sip::IncomingRequest> transaction);
    void push_list(Person& person,
                   std::uint64_t from,
                   std::string_view delta,
                   const std::vector<std::string>& added);
    int set_contact(Person& person, const ListCall& call);
    std::string apply(Person& person, const ListCall& call, int& status);

    // sip::EventSender, for the subscriber and the notifier
    void send(const sip::OutgoingRequest& request,
              std::string_view to,
              std::string_view next_hop,
              sip::ResponseHandler& handler,
              std::uint64_t cookie) override;
    std::string_view contact(std::string_view to) const override;
    // sip::SubscriberHandler
    int on_notify(std::uint64_t owner, const sip::Notification& notification) override;
    void on_end(std::uint64_t owner,
                sip::SubscriptionEnd end,
                int status,
                std::optional<std::uint32_t> retry_after) override;
    // sip::NotifierHandler
    void describe(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) override;
    void describe_end(std::uint64_t owner, Arena& arena, sip::NotifyContent& into) override;

    void on_refresh(std::uint64_t /*owner*/) override {}

    void on_end(std::uint64_t owner, End end) override;

    bool is_peer_away(std::uint64_t /*owner*/) override { return false; }

    // sip::ResponseHandler, of NOTIFYs to Lync clients: the cookie is the dialog's device and event
    void on_response(std::uint64_t cookie, const sip::Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;
    void settle(std::uint64_t cookie, bool is_gone);

    const std::vector<std::string>& domains_;
    Outside& outside_;
    const Registrar& registrar_;
    std::function<void(std::uint64_t, bool)> on_outcome_;
    Timers& timers_;
    metrics::Registry own_metrics_;  ///< the flows' are told apart from ours
    std::unique_ptr<sip::Subscribers> subscribers_;
    std::unique_ptr<sip::Notifiers> notifiers_;
    std::unordered_map<std::string, std::unique_ptr<Person>> people_;
    std::unordered_map<std::uint64_t, std::pair<Person*, std::string>> watched_by_owner_;
    std::unordered_map<std::uint64_t, Person*> watchers_by_owner_;
    std::unordered_map<std::string, std::set<std::string>> colleagues_;  ///< whom -> who watches
    std::set<std::pair<TimePoint, std::uint64_t>> retries_;              ///< when, owner
    std::uint64_t last_owner_ = 0;
    Timer retry_timer_;
    std::set<std::pair<TimePoint, std::uint64_t>> publications_;  ///< when they end, device
    Timer lapse_timer_;
    std::set<std::string> watchers_due_;  ///< whose watchers have changed
    TimePoint watchers_told_at_{};
    Timer watchers_timer_;
    Arena arena_;
};

}  // namespace isthmus::home
