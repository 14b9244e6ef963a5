// What is told of changes to who listens: subscriptions and queues. A traffic side that the test
// fills.
#include "admin/live_watch.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>

namespace isthmus::admin {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class Listening final : public HttpStream {
  public:
    explicit Listening(std::string& text) : text_(text) {}

    bool write(std::string_view text) override {
        text_ += text;
        return true;
    }

    std::size_t waiting() const override { return 0; }

    void close(std::string_view last_words) override { text_ += last_words; }

    void on_gone(std::function<void()> /*call*/) override {}

  private:
    std::string& text_;
};

class LiveWatchTest : public testing::Test {
  protected:
    LiveWatchTest() {
        feed.add(std::make_shared<Listening>(text), control::Role::Viewer, {}, {});
        timers.advance(10ms);
    }

    /// What came in the next look.
    std::string look() {
        text.clear();
        timers.advance(LiveWatch::kInterval);
        return text;
    }

    control::TrafficSide side() {
        control::TrafficSide made;
        made.read_status = [this](control::TrafficSide::StatusDone done) { done(status); };
        made.read_news =
            [this](std::uint64_t after, std::size_t limit, control::TrafficSide::NewsDone done) {
                asked_after = after;
                asked_limit = limit;
                done(news);
            };
        return made;
    }

    Timers timers;
    std::string text;  // outlives the feed, which has last words
    EventFeed feed{timers, "cafe"};
    control::Status status;
    control::PresenceNews news;
    std::uint64_t asked_after = 99;
    std::size_t asked_limit = 0;
    control::TrafficService traffic{side(), {}};
    LiveWatch watch{feed, traffic, timers, [] { return std::uint64_t{1}; }};
};

TEST_F(LiveWatchTest, SubscriptionsThatChangedAreToldWithTheirDialogs) {
    look();
    status.presence_changes = 7;
    control::PairNews pair{.pair = "1a", .subscriptions = {}, .dialogs = {}};
    pair.subscriptions.emplace_back().id = "1ax";
    pair.dialogs.emplace_back().id = "5s";
    news = {.last = 8, .left_out = 3, .pairs = {pair, {"2b", {}, {}}}};
    const std::string told = look();
    EXPECT_EQ(asked_after, 0U);
    EXPECT_EQ(asked_limit, LiveWatch::kPairs);
    EXPECT_THAT(told, HasSubstr(R"("pair":"1a","subscriptions":[{"id":"1ax")"));
    EXPECT_THAT(told, HasSubstr(R"("dialogs":[{"id":"5s")"));
    EXPECT_THAT(told, HasSubstr(R"({"pair":"2b","subscriptions":[],"dialogs":[]})"));
    EXPECT_THAT(told, HasSubstr("event: subscriptions_left_out\ndata: {\"count\":3}"));
    status.presence_changes = 9;
    news = {.last = 9, .left_out = 0, .pairs = {}};
    look();
    EXPECT_EQ(asked_after, 8U) << "what the answer had told already";
    asked_after = 99;
    EXPECT_THAT(look(), Not(HasSubstr("event: subscriptions")));
    EXPECT_EQ(asked_after, 99U) << "nothing changed, nobody is asked";
}

TEST_F(LiveWatchTest, CountersSayWhatWaitsAndWhere) {
    EXPECT_THAT(text, HasSubstr(R"("queues":{"streams":[],"sip_peers":[]})"));
    control::StreamStatus& stream = status.streams.emplace_back();
    stream.id = "o1";
    stream.queued = 3;
    status.streams.emplace_back().id = "o2";
    control::PeerStatus& peer = status.peers.emplace_back();
    peer.name = "frontend";
    peer.pending = 2;
    status.peers.emplace_back().name = "spare";
    const std::string told = look();
    EXPECT_THAT(told, HasSubstr(R"("queues":{"streams":[{"id":"o1")"));
    EXPECT_THAT(told, HasSubstr(R"("queued":3}],"sip_peers":[{"name":"frontend","pending":2}]})"));
}

}  // namespace
}  // namespace isthmus::admin
