// What passes through the gateway as an administrator sees it: streams, dialogs, messages,
// conversations; values, and the functions that reach the traffic thread. Transport-free. Control
// thread only.
#pragma once

#include "base/result.h"
#include "control/author.h"
#include "control/names.h"
#include "control/status_service.h"
#include "control/subscription_service.h"
#include "policy/partner.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

/// The fields as gateway/presence_status.h explains them.
struct DialogStatus {
    std::string id;
    std::string role;  ///< what we are in it: "subscriber", "notifier", "session"
    std::string user;
    std::string contact;
    std::string partner;
    std::string subscription;
    std::string call_id;
    std::string local_tag;
    std::string remote_tag;
    std::string local;
    std::string remote;
    std::string target;
    std::string route;
    std::string event;
    std::uint32_t local_cseq = 0;
    std::uint32_t remote_cseq = 0;
    std::int64_t expires_in = 0;
};

struct DialogPage {
    std::vector<DialogStatus> items;
    std::size_t total = 0;
};

/// As gateway/presence_status.h explains them.
struct PairNews {
    std::string pair;
    std::vector<SubscriptionStatus> subscriptions;
    std::vector<DialogStatus> dialogs;
};

struct PresenceNews {
    std::uint64_t last = 0;
    std::size_t left_out = 0;
    std::vector<PairNews> pairs;
};

/// The fields as gateway/message_status.h explains them.
struct MessageStatus {
    std::string id;
    std::uint64_t row = 0;
    std::string direction;  ///< "sip_to_xmpp", "xmpp_to_sip"
    std::string state;
    std::string from;
    std::string to;
    std::string user;
    std::string contact;
    std::string partner;
    std::string peer;
    std::string call_id;
    std::string stanza_id;
    std::string code;
    std::string step;
    std::string text;
    double at = 0;  ///< seconds since 1970
    double duration_seconds = 0;
};

/// Whether nobody got it.
bool is_failure(const MessageStatus& message);
/// Whether its outcome is not known yet.
bool is_pending(const MessageStatus& message);

struct MessageFilter {
    std::string state;  ///< "" all, "pending", "queued", "failed", "delivered"
    std::string user;
    std::string contact;
    std::string partner;
    double since = 0;             ///< seconds since 1970
    std::uint64_t after_row = 0;  ///< only those that ended after that one
    std::size_t offset = 0;
    std::size_t limit = 100;
};

struct MessagePage {
    std::vector<MessageStatus> items;  ///< under way first, then the newest
    std::size_t total = 0;
};

/// A SIP user and an XMPP user, and what they wrote to each other of late.
struct Conversation {
    std::string user;
    std::string contact;
    std::string partner;
    std::size_t messages = 0;
    std::size_t failed = 0;
    double first = 0;  ///< seconds since 1970
    double last = 0;
    std::string last_state;
    std::string last_code;
    std::vector<MessageStatus> newest;  ///< in the order in which they came
};

struct ConversationPage {
    std::vector<Conversation> items;  ///< the newest first
    std::size_t total = 0;
};

/// The traffic side; app/crossing fills it. Timeout if the traffic thread did not answer, NotFound
/// if it knows no such stream or dialog. What is done later is done once.
struct TrafficSide {
    using StatusDone = std::function<void(Result<Status>)>;
    using DialogsDone = std::function<void(Result<DialogPage>)>;
    using MessagesDone = std::function<void(Result<MessagePage>)>;

    using NewsDone = std::function<void(Result<PresenceNews>)>;

    std::function<void(StatusDone done)> read_status;
    std::function<void(std::uint64_t after, std::size_t limit, NewsDone done)> read_news;
    std::function<Result<void>(std::string_view id)> close_stream;
    std::function<Result<std::size_t>(const std::vector<std::string>& domains)> retry_links = {};
    std::function<void(const SubscriptionFilter&, DialogsDone done)> list_dialogs;
    std::function<Result<DialogStatus>(std::string_view id)> get_dialog;
    std::function<Result<void>(std::string_view id)> end_dialog;
    std::function<void(const MessageFilter&, MessagesDone done)> list_messages;
};

class TrafficService {
  public:
    static constexpr std::size_t kMaxLimit = 1000;

    TrafficService(TrafficSide side, CanonicalNames canonical)
        : side_(std::move(side)), canonical_(std::move(canonical)) {}

    using StreamsDone = std::function<void(Result<std::vector<StreamStatus>>)>;
    using StreamDone = std::function<void(Result<StreamStatus>)>;
    using ConversationsDone = std::function<void(Result<ConversationPage>)>;

    /// Of one partner, by any of its names; empty: all.
    void streams(const std::string& partner, StreamsDone done) const;
    void stream(const std::string& id, StreamDone done) const;
    Result<void> close_stream(std::string_view id, const Author& author) const;
    /// Our links to the domains of that partner: those that are down connect now, with what waits.
    /// How many links there are.
    Result<std::size_t> retry_links(const policy::Partner& partner, const Author& author) const;

    /// Syntax with IST-API-001 for names that are none, a state that is none, or a limit over
    /// kMaxLimit; `done` is called within the call then, else later. So for all lists below.
    void dialogs(SubscriptionFilter filter, TrafficSide::DialogsDone done) const;
    Result<DialogStatus> dialog(std::string_view id) const;
    Result<void> end_dialog(std::string_view id, const Author& author) const;
    void messages(MessageFilter filter, TrafficSide::MessagesDone done) const;
    /// Of the messages that are remembered; `with` newest messages of each.
    void conversations(MessageFilter filter, std::size_t with, ConversationsDone done) const;

    void read_status(TrafficSide::StatusDone done) const { side_.read_status(std::move(done)); }

    /// Pairs whose subscriptions or dialogs changed after change number `after`; see
    /// Status::presence_changes.
    void read_news(std::uint64_t after, std::size_t limit, TrafficSide::NewsDone done) const {
        side_.read_news(after, limit, std::move(done));
    }

  private:
    Result<MessageFilter> checked(MessageFilter filter) const;

    TrafficSide side_;
    CanonicalNames canonical_;
};

}  // namespace isthmus::control
