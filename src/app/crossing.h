// The only file where the two threads meet: the control thread hands policies and certificates to
// the traffic thread and reads its status; the traffic thread hands over what must be stored;
// administrators see and steer subscriptions. Nothing else crosses.
#pragma once

#include "app/config.h"
#include "app/home_records.h"
#include "app/questions.h"
#include "app/subscription_queue.h"
#include "app/traffic_wing.h"
#include "base/result.h"
#include "control/doctor.h"
#include "control/message_series.h"
#include "control/partner_test.h"
#include "control/status_service.h"
#include "control/subscription_service.h"
#include "control/trace_service.h"
#include "control/traffic_service.h"
#include "control/usage.h"
#include "gateway/message_status.h"
#include "net/event_loop.h"
#include "net/wire.h"
#include "policy/policy.h"
#include "policy/sip_credentials.h"
#include "store/subscription_store.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::app {

class Crossing {
  public:
    /// All must outlive it; before the traffic thread starts, and the traffic thread must have
    /// ended before it goes. Its functions are for the control thread.
    Crossing(TrafficWing& traffic, net::EventLoop& control, store::SubscriptionStore& store);
    Crossing(const Crossing&) = delete;
    Crossing& operator=(const Crossing&) = delete;
    Crossing(Crossing&&) = delete;
    Crossing& operator=(Crossing&&) = delete;
    ~Crossing() = default;

    /// True when the snapshot is in force, false if the traffic thread did not confirm in a second.
    bool publish(std::shared_ptr<const policy::Policy> policy);
    std::optional<control::Status> read_status();
    std::optional<control::Usage> read_usage(control::UsageQuestion question);
    /// For handshakes from now on. True when it is in force, false as publish().
    bool set_tls(std::shared_ptr<const net::TlsContext> sip,
                 std::shared_ptr<const net::TlsContext> xmpp);
    /// A user's password at the home server, or its end. True when it is in force, false as
    /// publish().
    bool set_credentials(const std::string& user,
                         const std::optional<policy::SipCredentials>& credentials);
    /// Records that a backup has brought while traffic runs: pairs that are not there yet come to
    /// life with begin_restored().
    void restore(std::vector<subscriptions::Record> records);
    void begin_restored();
    /// What it has brought of those who sign in here.
    void restore_home(HomeRecords records);
    /// A user who is entered no more.
    void forget_home(const std::string& user);
    /// Opens all listeners; nothing if there was no answer.
    std::optional<Listening> listen(const Config& config);
    /// Takes no new work; `on_done` runs on the control thread when all is finished or time is up.
    void drain(std::chrono::seconds patience, std::function<void()> on_done);

    /// For control/'s services; it must not outlive this.
    control::PresenceSide presence_side();
    control::TrafficSide traffic_side();
    control::TraceSide trace_side();
    /// For control::MessageSeries.
    void read_counts(control::MessageSeries::Done done);

    /// For control::PartnerTests, which must not outlive this.
    control::LinkTestSide link_test_side(std::string server_name);
    /// For the doctor: what DNS says of our domains (A-labels). `done` is called later, once.
    void look_up(std::vector<std::string> domains,
                 std::function<void(std::vector<control::OwnRecords>)> done);
    /// The steps of a sign of life from the SIP peer with that index; Limit (IST-API-011) if too
    /// many are being asked. `done` is called later, once.
    void test_peer(std::size_t index,
                   std::function<void(Result<std::vector<control::TestStep>>)> done);

    /// After the traffic thread has ended: writes what it had queued and nobody has written yet.
    void write_rest();

  private:
    using Done = control::PresenceSide::Done;

    /// Runs `work` on the traffic thread and waits for its result; nothing after `patience`.
    template <class T>
    std::optional<T> ask(std::function<T()> work, std::chrono::milliseconds patience);
    /// The same with the flow that holds the subscriptions; Timeout after two seconds.
    template <class T>
    Result<T> ask_flow(std::function<Result<T>(gateway::Subscriptions&)> work);

    /// On the traffic thread.
    void commit(SubscriptionQueue::Batch batch, std::function<void(bool)> on_outcome);
    bool write_under_way();
    /// One transaction, on the control thread. False: nothing of it is stored, and the log says
    /// why.
    bool write(const SubscriptionQueue::Batch& batch);

    using Change = void (gateway::Subscriptions::*)(std::string_view,
                                                    std::string_view,
                                                    gateway::Subscriptions::Done);
    void change_contact(Change change,
                        const std::string& user,
                        const std::string& contact,
                        Done done);
    void answer(std::uint64_t question, Result<void> result);

    using ListDone = control::PresenceSide::ListDone;

    /// A list that is being made over there.
    struct ListQuestion {
        ListDone done;
        std::unique_ptr<Timer> patience;
    };

    void list(const control::SubscriptionFilter& filter, ListDone done);
    void answer_list(std::uint64_t question, Result<control::SubscriptionPage> page);

    std::uint64_t start_link_test(const control::LinkTestOrder& order,
                                  control::LinkTestSide::Handlers handlers);
    void stop_link_test(std::uint64_t number);
    void list_dialogs(const control::SubscriptionFilter& filter,
                      control::TrafficSide::DialogsDone done);
    void list_messages(const control::MessageFilter& filter,
                       control::TrafficSide::MessagesDone done);
    /// On the traffic thread: a slice a turn.
    void go_on(const std::shared_ptr<gateway::MessageListing>& listing, std::uint64_t question);

    TrafficWing& traffic_;
    net::EventLoop& control_;
    store::SubscriptionStore& store_;
    /// Written by the traffic thread before it posts, by the control thread after: the queue has
    /// one batch under way at a time.
    SubscriptionQueue::Batch under_way_;
    /// Whom to tell stays on the control thread: only the number goes over and comes back.
    std::map<std::uint64_t, Done> questions_;
    std::map<std::uint64_t, ListQuestion> lists_;
    std::map<std::uint64_t, control::LinkTestSide::Handlers> link_tests_;
    std::map<std::uint64_t, std::function<void(std::vector<control::OwnRecords>)>> lookups_;
    std::map<std::uint64_t, std::function<void(Result<std::vector<control::TestStep>>)>>
        peer_tests_;
    std::uint64_t next_question_ = 0;
    Questions<control::Status> status_questions_;
    Questions<control::PresenceNews> news_questions_;
    Questions<control::MessageCounts> count_questions_;
    Questions<control::DialogPage> dialog_questions_;
    Questions<control::MessagePage> message_questions_;
    Questions<control::TracePage> trace_questions_;
};

}  // namespace isthmus::app
