// Refreshes, ends and fetches: RFC 6665 §4.1.2, §4.4.3.
#include "sip/subscriber_world.h"

#include <gmock/gmock.h>

#include <set>

namespace isthmus::sip::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST_F(SubscriberTest, RefreshedAtFourFifthsSpread) {  // 7.05, 7.07
    std::set<Duration> times;
    for (int i = 0; i < 20; ++i) {
        const Sent initial = live();
        const Duration after = until_request(seconds(3600));
        EXPECT_GE(after, seconds(2700));
        EXPECT_LE(after, seconds(2881));
        times.insert(after);
        const Sent refresh = sender.take();
        EXPECT_EQ(refresh.headers.at("Expires"), "3600");
        EXPECT_EQ(refresh.call_id, initial.call_id);
        respond_to(refresh, "481 Gone");
    }
    EXPECT_GE(times.size(), 5U);
}

TEST_F(SubscriberTest, RefreshedAgainAndAgain) {
    live();
    for (int i = 0; i < 3; ++i) {
        const Duration after = until_request(seconds(3600));
        EXPECT_GE(after, seconds(2700));
        EXPECT_LE(after, seconds(2881));
        respond_to(sender.take(), "202 Accepted", "Expires: 3600");  // 8.03
    }
    EXPECT_THAT(watcher.ends, IsEmpty());
}

TEST_F(SubscriberTest, WhatCountsAsGranted) {  // 7.12

    struct {
        std::string_view response;
        std::string_view notify;
        bool notify_first;
        int least;
        int most;
    } const cases[] = {
        {"Expires: 1000", "active", false, 750, 801},
        {"Expires: 1000", "active", true, 750, 801},
        {"", "active;expires=1000", false, 750, 801},
        {"Expires: 3600", "active;expires=1000", false, 750, 801},
        {"Expires: 3600", "active;expires=1000", true, 750, 801},
        {"", "active", false, 2700, 2881},
        {"", "active", true, 2700, 2881},
        {"Expires: 7200", "active", false, 2700, 2881},  // more than was asked for
        {"Expires: 5", "active;expires=5", false, 45, 49},
        {"Expires: x", "active", false, 2700, 2881},
    };

    for (const auto& c : cases) {
        subscribe();
        const Sent initial = sender.take();
        if (c.notify_first) {
            notify(initial, {.state = std::string(c.notify)});
        }
        respond_to(initial, "200 OK", c.response);
        if (!c.notify_first) {
            notify(initial, {.state = std::string(c.notify)});
        }
        const Duration after = until_request(seconds(4000));
        EXPECT_GE(after, seconds(c.least)) << c.response << " " << c.notify;
        EXPECT_LE(after, seconds(c.most)) << c.response << " " << c.notify;
        respond_to(sender.take(), "481 Gone");
    }
}

TEST_F(SubscriberTest, ANotifyDoesNotPutTheRefreshOff) {
    const Sent initial = live();
    const TimePoint start = timers.now();
    int cseq = 2;
    while (sender.requests.empty()) {
        timers.advance(seconds(5));
        const auto left = seconds(3600) - (timers.now() - start);
        notify(initial,
               {.cseq = std::to_string(cseq++),
                .state =
                    "active;expires=" + std::to_string(std::chrono::floor<seconds>(left).count())});
    }
    EXPECT_LE(timers.now() - start, seconds(2886));
}

TEST_F(SubscriberTest, ANotifyMayShortenIt) {
    const Sent initial = live();
    notify(initial, {.cseq = "2", .state = "active;expires=100"});
    const Duration after = until_request(seconds(4000));
    EXPECT_GE(after, seconds(75));
    EXPECT_LE(after, seconds(81));
}

TEST_F(SubscriberTest, RefreshesThatEndTheDialog) {  // 7.08, 7.10
    for (int status : {403, 404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 603, 604}) {
        const Sent initial = live();
        subscribers->refresh(handle);
        respond_to(sender.take(), std::to_string(status) + " No", "Retry-After: 7");
        ASSERT_FALSE(watcher.ends.empty()) << status;
        EXPECT_EQ(watcher.ends.back().end, SubscriptionEnd::DialogGone);
        EXPECT_EQ(watcher.ends.back().status, status);
        EXPECT_EQ(watcher.ends.back().retry_after, 7U);
        EXPECT_EQ(notify(initial, {.cseq = "2"}).status, 481);
        watcher.ends.clear();
    }
}

TEST_F(SubscriberTest, RefreshesThatAreTriedAgain) {  // 7.10
    for (int status : {0, 400, 408, 486, 500, 503, 600}) {
        const Sent initial = live();
        subscribers->refresh(handle);
        const Sent refresh = sender.take();
        status == 0 ? fail(refresh, ErrorKind::Unreachable)
                    : respond_to(refresh, std::to_string(status) + " No");
        EXPECT_EQ(notify(initial, {.cseq = "2"}).status, 200) << "it stands";
        const Duration after = until_request(seconds(10));
        EXPECT_GE(after, seconds(5)) << status;
        EXPECT_LE(after, seconds(7)) << status;
        const Sent again = sender.take();
        // Without an answer nobody knows how many challenges took a number.
        EXPECT_EQ(again.cseq, refresh.cseq + (status == 0 ? 3 : 1));
        respond_to(again, "503 Busy", "Retry-After: 100 (soon)");
        EXPECT_GE(until_request(seconds(110)), seconds(100)) << status;
        respond_to(sender.take(), "200 OK", "Expires: 3600");
        EXPECT_GE(until_request(seconds(4000)), seconds(2700)) << status;
        EXPECT_THAT(watcher.ends, IsEmpty());
        respond_to(sender.take(), "481 Gone");
        watcher.ends.clear();
    }
}

TEST_F(SubscriberTest, ExpiresIfNoRefreshSucceeds) {
    const TimePoint start = timers.now();
    live();
    while (watcher.ends.empty() && timers.now() - start < seconds(4000)) {
        until_request(seconds(1));
        if (!sender.requests.empty()) {
            respond_to(sender.take(), "500 No");
        }
    }
    ASSERT_THAT(watcher.ends, SizeIs(1));
    EXPECT_EQ(watcher.ends[0].end, SubscriptionEnd::Expired);
    EXPECT_EQ(watcher.ends[0].status, 500);
    EXPECT_GE(timers.now() - start, seconds(3600));
    EXPECT_LE(timers.now() - start, seconds(3602));
    EXPECT_LE(sender.count, 16U) << "with a back-off";
}

TEST_F(SubscriberTest, IntervalTooBrief) {  // 7.09
    subscribe(300);
    const Sent first = sender.take();
    respond_to(first, "423 Too Brief", "Min-Expires: 600");
    const Sent second = sender.take();
    EXPECT_EQ(second.headers.at("Expires"), "600");
    EXPECT_EQ(second.call_id, first.call_id);
    EXPECT_EQ(second.cseq, first.cseq + 1);
    respond_to(second, "423 Too Brief", "Min-Expires: 900");
    const Sent third = sender.take();
    EXPECT_EQ(third.headers.at("Expires"), "900");
    respond_to(third, "423 Too Brief", "Min-Expires: 1200");
    EXPECT_THAT(sender.requests, IsEmpty());
    ASSERT_THAT(watcher.ends, SizeIs(1));
    EXPECT_EQ(watcher.ends[0].status, 423);
}

TEST_F(SubscriberTest, IntervalTooBriefWithoutSense) {
    for (std::string_view least :
         {"", "Min-Expires: 300", "Min-Expires: 9999999", "Min-Expires: x"}) {
        subscribe(300);
        respond_to(sender.take(), "423 Too Brief", least);
        EXPECT_THAT(sender.requests, IsEmpty());
        ASSERT_THAT(watcher.ends, SizeIs(1)) << least;
        EXPECT_EQ(watcher.ends[0].end, SubscriptionEnd::Refused);
        watcher.ends.clear();
    }
    live();
    subscribers->refresh(handle);
    respond_to(sender.take(), "423 Too Brief", "Min-Expires: 7200");
    EXPECT_EQ(sender.take().headers.at("Expires"), "7200");
}

TEST_F(SubscriberTest, EndsInTheDialog) {  // 7.18
    const Sent initial = live();
    subscribers->end(handle);
    const Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Expires"), "0");
    EXPECT_EQ(last.call_id, initial.call_id);
    EXPECT_EQ(last.to, "<sip:alice@contoso.example>;tag=theirs");
    EXPECT_EQ(last.headers.at("Route"), "<sip:p1.example;lr>");
    const std::size_t heard = watcher.states.size();
    EXPECT_EQ(notify(initial, {.cseq = "2"}).status, 200) << "sent before it came";
    respond_to(last, "200 OK", "Expires: 0");
    EXPECT_EQ(notify(initial, {.cseq = "3", .state = "terminated;reason=timeout"}).status, 200);
    EXPECT_EQ(subscribers->size(), 0U);
    EXPECT_THAT(watcher.states, SizeIs(heard)) << "the owner hears nothing any more";
    EXPECT_THAT(watcher.ends, IsEmpty());
    subscribers->end(handle);
    subscribers->refresh(handle);
    EXPECT_THAT(sender.requests, IsEmpty());
}

TEST_F(SubscriberTest, EndsWithoutAFinalNotify) {
    for (std::string_view status : {"200 OK", "481 Gone", "500 No", ""}) {
        live();
        subscribers->end(handle);
        const Sent last = sender.take();
        status.empty() ? fail(last, ErrorKind::Timeout) : respond_to(last, status);
        timers.advance(seconds(33));
        EXPECT_EQ(subscribers->size(), 0U) << status;
    }
    EXPECT_THAT(watcher.ends, IsEmpty());
}

TEST_F(SubscriberTest, EndsBeforeThereIsADialog) {
    handle = subscribe();
    const Sent initial = sender.take();
    subscribers->end(handle);
    EXPECT_THAT(sender.requests, IsEmpty()) << "and never CANCEL";  // 8.23
    respond_to(initial, "200 OK");
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_EQ(notify(initial).status, 200);
    const Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Expires"), "0");
    EXPECT_EQ(last.uri, "sip:alice@192.0.2.7");
    respond_to(last, "200 OK");
    EXPECT_EQ(notify(initial, {.cseq = "2", .state = "terminated"}).status, 200);
    EXPECT_EQ(subscribers->size(), 0U);

    handle = subscribe();
    const Sent other = sender.take();
    subscribers->end(handle);
    EXPECT_EQ(notify(other).status, 200);
    respond_to(other, "200 OK");
    EXPECT_EQ(sender.take().headers.at("Expires"), "0");
    EXPECT_THAT(watcher.states, IsEmpty());
    EXPECT_THAT(watcher.ends, IsEmpty());
}

TEST_F(SubscriberTest, EndsWhenNothingComes) {
    handle = subscribe();
    subscribers->end(handle);
    respond_to(sender.take(), "404 No");
    EXPECT_EQ(subscribers->size(), 0U);
    handle = subscribe();
    subscribers->end(handle);
    respond_to(sender.take(), "200 OK");
    timers.advance(seconds(33));
    EXPECT_EQ(subscribers->size(), 0U);
    EXPECT_THAT(watcher.ends, IsEmpty());
}

TEST_F(SubscriberTest, EndsBehindARefreshThatIsUnderWay) {
    live();
    subscribers->refresh(handle);
    const Sent refresh = sender.take();
    subscribers->end(handle);
    EXPECT_THAT(sender.requests, IsEmpty());
    respond_to(refresh, "500 No");
    const Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Expires"), "0");
    EXPECT_GT(last.cseq, refresh.cseq);
}

TEST_F(SubscriberTest, TheHandlerMayEndItFromWithin) {
    const Sent initial = live();
    watcher.then = [&] { subscribers->end(handle); };
    EXPECT_EQ(notify(initial, {.cseq = "2"}).status, 200);
    EXPECT_EQ(sender.take().headers.at("Expires"), "0");
}

TEST_F(SubscriberTest, AChallengeTookANumber) {  // RFC 3261 §8.1.3.5
    const Sent initial = live();
    subscribers->refresh(handle);
    const Sent refresh = sender.take();
    respond_to(refresh, "200 OK", "Expires: 3600", refresh.cseq + 1);
    subscribers->refresh(handle);
    EXPECT_EQ(sender.take().cseq, refresh.cseq + 2);
}

TEST_F(SubscriberTest, NeverANotifyOfOurs) {  // 7.20, 8.23
    const Sent initial = live();
    notify(initial, {.cseq = "2", .state = "pending"});
    subscribers->refresh(handle);
    respond_to(sender.take(), "200 OK");
    subscribers->end(handle);
    respond_to(sender.take(), "200 OK");
    notify(initial, {.cseq = "3", .state = "terminated"});
    timers.advance(seconds(8000));
    EXPECT_EQ(sender.count, 3U);
    EXPECT_EQ(timers.armed(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
