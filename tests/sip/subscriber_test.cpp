// RFC 6665 §4.1 and §4.4, rule by rule.
#include "sip/subscriber.h"

#include "sip/event_world.h"

#include <gmock/gmock.h>

#include <set>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

struct Ended {
    std::uint64_t owner;
    SubscriptionEnd end;
    int status;
    std::optional<std::uint32_t> retry_after;
};

/// Writes down what it hears.
class Watcher final : public SubscriberHandler {
  public:
    int on_notify(std::uint64_t owner, const Notification& notification) override {
        owners.push_back(owner);
        states.push_back(notification.state);
        reasons.push_back(notification.reason);
        retry_afters.push_back(notification.retry_after);
        bodies.emplace_back(notification.body);
        types.emplace_back(notification.content_type);
        languages.emplace_back(notification.content_language);
        if (then) {
            then();
        }
        return status;
    }

    void on_end(std::uint64_t owner,
                SubscriptionEnd end,
                int status_of_it,
                std::optional<std::uint32_t> retry_after) override {
        ends.push_back({owner, end, status_of_it, retry_after});
    }

    int status = 200;
    std::function<void()> then;
    std::vector<std::uint64_t> owners;
    std::vector<SubscriptionState> states;
    std::vector<TerminationReason> reasons;
    std::vector<std::optional<std::uint32_t>> retry_afters;
    std::vector<std::string> bodies;
    std::vector<std::string> types;
    std::vector<std::string> languages;
    std::vector<Ended> ends;
};

/// A NOTIFY as the peer would send it in the dialog of `sent`.
struct NotifyFields {
    std::string from_tag = "theirs";
    std::string cseq = "1";
    std::string event = "presence";
    std::string state = "active;expires=3600";
    std::string contact = "<sip:alice@192.0.2.7>";
    std::string extra = {};
    std::string body = {};
    std::string to_tag = {};  ///< empty: ours
};

class SubscriberTest : public testing::Test {
  protected:
    SubscriptionHandle subscribe(std::uint32_t expires = 3600, std::uint64_t owner = 42) {
        return subscribers->subscribe({.watcher = "<sip:juliet@fabrikam.example>",
                                       .presentity = "sip:alice@contoso.example",
                                       .sip_domain = "contoso.example",
                                       .expires = expires},
                                      owner);
    }

    Answer notify(const Sent& subscribe, const NotifyFields& f = {}) {
        const auto line = [](std::string_view name, const std::string& value) {
            return value.empty() ? "" : std::string(name) + ": " + value + "\r\n";
        };
        const Parsed parsed(
            "NOTIFY sip:gw.example SIP/2.0\r\nVia: SIP/2.0/TLS p.example;branch=z9hG4bKn\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:alice@contoso.example>" +
            (f.from_tag.empty() ? "" : ";tag=" + f.from_tag) +
            "\r\nTo: <sip:juliet@fabrikam.example>;tag=" +
            (f.to_tag.empty() ? subscribe.from_tag : f.to_tag) +
            "\r\nCall-ID: " + subscribe.call_id + "\r\nCSeq: " + f.cseq + " NOTIFY\r\n" +
            line("Event", f.event) + line("Subscription-State", f.state) +
            line("Contact", f.contact) + (f.extra.empty() ? "" : f.extra + "\r\n") +
            (f.body.empty() ? "" : "Content-Type: application/pidf+xml\r\n") +
            "Content-Length: " + std::to_string(f.body.size()) + "\r\n\r\n" + f.body);
        RecordingTransaction transaction("unused");
        subscribers->on_notify(parsed.request(), transaction);
        EXPECT_NE(transaction.answer.status, 0);
        return transaction.answer;
    }

    /// Subscribed, 200 and first NOTIFY had.
    Sent live(std::uint32_t expires = 3600) {
        handle = subscribe(expires);
        const Sent initial = sender.take();
        respond_to(initial, "200 OK", "Expires: " + std::to_string(expires));
        EXPECT_EQ(notify(initial,
                         {.state = "active;expires=" + std::to_string(expires),
                          .extra = "Record-Route: <sip:p1.example;lr>"})
                      .status,
                  200);
        return initial;
    }

    /// Advances until a request leaves; the time that took.
    Duration until_request(Duration most) {
        const TimePoint start = timers.now();
        while (sender.requests.empty() && timers.now() - start < most) {
            timers.advance(milliseconds(500));
        }
        return timers.now() - start;
    }

    Timers timers;
    CountingRandom random;
    metrics::Registry registry;
    RecordingSender sender;
    Watcher watcher;
    SubscriptionHandle handle = 0;
    std::unique_ptr<Subscribers> subscribers =
        make_subscribers({}, sender, timers, random, registry, watcher);
};

TEST_F(SubscriberTest, TheInitialSubscribe) {  // checklist 7.01, 8.20
    EXPECT_NE(subscribe(), 0U);
    const Sent sent = sender.take();
    EXPECT_EQ(sent.method, "SUBSCRIBE");
    EXPECT_EQ(sent.uri, "sip:alice@contoso.example");
    EXPECT_EQ(sent.to, "<sip:alice@contoso.example>");
    EXPECT_EQ(sent.from, "<sip:juliet@fabrikam.example>");
    EXPECT_EQ(sent.from_tag.size(), 8U);
    EXPECT_EQ(sent.call_id.size(), 16U);
    EXPECT_EQ(sent.next_hop, "");
    EXPECT_EQ(sent.sip_domain, "contoso.example");
    EXPECT_EQ(
        sent.headers,
        (std::map<std::string, std::string>{{"Event", "presence"},
                                            {"Accept", "application/pidf+xml"},
                                            {"Expires", "3600"},
                                            {"Contact", "<sip:gw.example:5061;transport=tls>"},
                                            {"Allow-Events", "presence"}}));
    EXPECT_EQ(subscribers->size(), 1U);
    EXPECT_THAT(registry.render(), HasSubstr("isthmus_sip_dialogs{kind=\"subscriber\"} 1"));
}

TEST_F(SubscriberTest, EachHasACallIdAndTagOfItsOwn) {  // 7.11
    subscribe();
    const Sent first = sender.take();
    subscribe();
    const Sent second = sender.take();
    EXPECT_NE(first.call_id, second.call_id);
    EXPECT_NE(first.from_tag, second.from_tag);
}

TEST_F(SubscriberTest, TheDialogIsTheNotifysAndMayComeBeforeThe200) {  // 7.14
    handle = subscribe();
    const Sent initial = sender.take();
    const Answer answer = notify(initial,
                                 {.extra = "Record-Route: <sip:p1.example;lr>\r\n"
                                           "Record-Route: <sip:p2.example;lr>\r\n"
                                           "Content-Language: de",
                                  .body = "<presence/>"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(watcher.owners, ElementsAre(42U));
    EXPECT_THAT(watcher.bodies, ElementsAre("<presence/>"));
    EXPECT_THAT(watcher.types, ElementsAre("application/pidf+xml"));
    EXPECT_THAT(watcher.languages, ElementsAre("de"));
    respond_to(initial,
               "200 OK",
               "Expires: 3600\r\nContact: <sip:wrong@example.org>\r\n"
               "Record-Route: <sip:wrong.example;lr>");
    subscribers->refresh(handle);
    const Sent refresh = sender.take();
    EXPECT_EQ(refresh.uri, "sip:alice@192.0.2.7");
    EXPECT_EQ(refresh.to, "<sip:alice@contoso.example>;tag=theirs");
    EXPECT_EQ(refresh.from_tag, initial.from_tag);
    EXPECT_EQ(refresh.call_id, initial.call_id);
    EXPECT_EQ(refresh.cseq, initial.cseq + 1);
    EXPECT_EQ(refresh.headers.at("Route"), "<sip:p1.example;lr>, <sip:p2.example;lr>");
    EXPECT_EQ(refresh.next_hop, "sip:p1.example;lr");
}

TEST_F(SubscriberTest, OneDialogOfAFork) {  // 7.17, RFC 3856 §6.9
    const Sent initial = live();
    EXPECT_EQ(notify(initial, {.from_tag = "fork"}).status, 481);
    EXPECT_THAT(watcher.states, SizeIs(1));
    EXPECT_EQ(notify(initial, {.cseq = "2"}).status, 200);
}

TEST_F(SubscriberTest, NotifysThatAreNotOurs) {  // 7.15, abuse case D07
    const Sent initial = live();
    Sent other = initial;
    other.call_id = "other";

    struct {
        Sent dialog;
        NotifyFields fields;
        int status;
    } const cases[] = {
        {other, {}, 481},
        {initial, {.to_tag = "wrong"}, 481},
        {initial, {.from_tag = ""}, 481},
        {initial, {.event = "dialog"}, 489},
        {initial, {.event = "presence.winfo"}, 489},
        {initial, {.event = "presence;id=1"}, 481},
        {initial, {.event = ""}, 400},
        {initial, {.state = ""}, 400},
        {initial, {.state = "active;;"}, 400},
        {initial, {.cseq = "4"}, 500},
    };

    EXPECT_EQ(notify(initial, {.cseq = "5"}).status, 200);
    ASSERT_THAT(watcher.states, SizeIs(2));
    for (const auto& c : cases) {
        const Answer answer = notify(c.dialog, c.fields);
        EXPECT_EQ(answer.status, c.status) << c.fields.event << " " << c.fields.state;
        if (c.status == 489) {
            EXPECT_EQ(answer.headers.at("Allow-Events"), "presence");
        }
    }
    EXPECT_THAT(watcher.states, SizeIs(2));
    EXPECT_THAT(watcher.ends, IsEmpty());
    EXPECT_EQ(notify(initial, {.cseq = "6"}).status, 200) << "the state has not changed";
}

TEST_F(SubscriberTest, AFirstNotifyThatMakesNoDialog) {
    subscribe();
    const Sent initial = sender.take();
    EXPECT_EQ(notify(initial, {.contact = ""}).status, 400);
    EXPECT_EQ(notify(initial, {.from_tag = ""}).status, 400);
    EXPECT_THAT(watcher.states, IsEmpty());
    EXPECT_EQ(notify(initial).status, 200);
}

TEST_F(SubscriberTest, TheHandlersWordIsTheAnswer) {
    const Sent initial = live();
    watcher.status = 415;
    const Answer answer = notify(initial, {.cseq = "2", .body = "x"});
    EXPECT_EQ(answer.status, 415);
    EXPECT_EQ(answer.headers.at("Accept"), "application/pidf+xml");
    EXPECT_EQ(subscribers->size(), 1U);
}

TEST_F(SubscriberTest, StatesAndReasons) {  // 7.16

    struct {
        std::string_view text;
        SubscriptionState state;
        TerminationReason reason;
        std::optional<std::uint32_t> retry_after;
    } const cases[] = {
        {"pending;expires=3600", SubscriptionState::Pending, TerminationReason::Other, {}},
        {"ACTIVE", SubscriptionState::Active, TerminationReason::Other, {}},
        {"waiting", SubscriptionState::Pending, TerminationReason::Other, {}},
        {"terminated", SubscriptionState::Terminated, TerminationReason::Other, {}},
        {"terminated;reason=deactivated",
         SubscriptionState::Terminated,
         TerminationReason::Deactivated,
         {}},
        {"terminated;reason=probation;retry-after=60",
         SubscriptionState::Terminated,
         TerminationReason::Probation,
         60},
        {"terminated; reason=Rejected",
         SubscriptionState::Terminated,
         TerminationReason::Rejected,
         {}},
        {"terminated;reason=timeout",
         SubscriptionState::Terminated,
         TerminationReason::Timeout,
         {}},
        {"terminated;reason=giveup;retry-after=9",
         SubscriptionState::Terminated,
         TerminationReason::GiveUp,
         9},
        {"terminated;reason=noresource",
         SubscriptionState::Terminated,
         TerminationReason::NoResource,
         {}},
        {"terminated;reason=invariant",
         SubscriptionState::Terminated,
         TerminationReason::Invariant,
         {}},
        {"terminated;reason=new", SubscriptionState::Terminated, TerminationReason::Other, {}},
    };

    for (const auto& c : cases) {
        const Sent initial = live();
        const std::size_t before = subscribers->size();
        EXPECT_EQ(notify(initial, {.cseq = "2", .state = std::string(c.text)}).status, 200);
        EXPECT_EQ(watcher.states.back(), c.state) << c.text;
        EXPECT_EQ(watcher.reasons.back(), c.reason) << c.text;
        EXPECT_EQ(watcher.retry_afters.back(), c.retry_after) << c.text;
        const bool is_over = c.state == SubscriptionState::Terminated;
        EXPECT_EQ(subscribers->size(), before - (is_over ? 1 : 0)) << c.text;
        EXPECT_EQ(notify(initial, {.cseq = "3"}).status, is_over ? 481 : 200) << c.text;
    }
    EXPECT_THAT(watcher.ends, IsEmpty());
}

TEST_F(SubscriberTest, TimerN) {  // 7.13
    subscribe();
    const Sent initial = sender.take();
    respond_to(initial, "200 OK", "Expires: 3600");
    timers.advance(seconds(31));
    EXPECT_THAT(watcher.ends, IsEmpty());
    timers.advance(milliseconds(1001));
    ASSERT_THAT(watcher.ends, SizeIs(1));
    EXPECT_EQ(watcher.ends[0].end, SubscriptionEnd::NoNotify);
    EXPECT_EQ(watcher.ends[0].owner, 42U);
    EXPECT_EQ(notify(initial).status, 481) << "too late";
    EXPECT_EQ(subscribers->size(), 0U);
}

TEST_F(SubscriberTest, TimerNWaitsForTheResponse) {
    subscribe();
    const Sent initial = sender.take();
    timers.advance(seconds(60));
    EXPECT_THAT(watcher.ends, IsEmpty());
    respond_to(initial, "200 OK");
    timers.advance(seconds(31));
    EXPECT_EQ(notify(initial).status, 200);
}

TEST_F(SubscriberTest, TheInitialSubscribeFails) {
    for (int status : {302, 403, 404, 480, 481, 489, 500, 503, 603}) {
        subscribe();
        respond_to(sender.take(), std::to_string(status) + " No", "Retry-After: 30");
        ASSERT_FALSE(watcher.ends.empty());
        EXPECT_EQ(watcher.ends.back().end, SubscriptionEnd::Refused);
        EXPECT_EQ(watcher.ends.back().status, status);
        EXPECT_EQ(watcher.ends.back().retry_after, 30U);
        EXPECT_EQ(subscribers->size(), 0U);
    }
    subscribe();
    fail(sender.take(), ErrorKind::Timeout);
    EXPECT_EQ(watcher.ends.back().end, SubscriptionEnd::Unanswered);
    EXPECT_EQ(watcher.ends.back().status, 0);
    EXPECT_EQ(subscribers->size(), 0U);
    timers.advance(seconds(4000));
    EXPECT_THAT(sender.requests, IsEmpty());
}

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
        EXPECT_GT(again.cseq, refresh.cseq);
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

TEST_F(SubscriberTest, AFetch) {  // 7.25
    subscribe(0);
    const Sent initial = sender.take();
    EXPECT_EQ(initial.headers.at("Expires"), "0");
    EXPECT_EQ(notify(initial, {.state = "terminated;reason=timeout", .body = "<p/>"}).status, 200);
    EXPECT_THAT(watcher.bodies, ElementsAre("<p/>"));
    respond_to(initial, "200 OK", "Expires: 0");
    EXPECT_EQ(subscribers->size(), 0U);
    EXPECT_EQ(notify(initial, {.from_tag = "fork"}).status, 481);
    timers.advance(seconds(100));
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_THAT(watcher.ends, IsEmpty());

    subscribe(0);
    const Sent second = sender.take();
    respond_to(second, "200 OK", "Expires: 0");
    EXPECT_EQ(notify(second, {.contact = ""}).status, 200) << "though it does not end it";
    EXPECT_EQ(subscribers->size(), 0U);

    subscribe(0);
    respond_to(sender.take(), "200 OK");
    timers.advance(seconds(33));
    ASSERT_THAT(watcher.ends, SizeIs(1));
    EXPECT_EQ(watcher.ends[0].end, SubscriptionEnd::NoNotify);
}

TEST_F(SubscriberTest, AChallengeTookANumber) {  // RFC 3261 §8.1.3.5
    const Sent initial = live();
    subscribers->refresh(handle);
    const Sent refresh = sender.take();
    respond_to(refresh, "200 OK", "Expires: 3600", refresh.cseq + 1);
    subscribers->refresh(handle);
    EXPECT_EQ(sender.take().cseq, refresh.cseq + 2);
}

TEST_F(SubscriberTest, TheTargetMoves) {
    const Sent initial = live();
    notify(initial, {.cseq = "2", .contact = "<sip:alice@192.0.2.8>"});
    subscribers->refresh(handle);
    EXPECT_EQ(sender.take().uri, "sip:alice@192.0.2.8");
    subscribers->refresh(handle);
    EXPECT_THAT(sender.requests, IsEmpty()) << "one at a time";
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

TEST_F(SubscriberTest, Limits) {
    subscribers =
        make_subscribers({.max_subscriptions = 2}, sender, timers, random, registry, watcher);
    EXPECT_NE(subscribe(), 0U);
    EXPECT_NE(subscribe(), 0U);
    EXPECT_EQ(subscribe(), 0U);
    EXPECT_THAT(sender.requests, SizeIs(2));
    subscribers = make_subscribers({}, sender, timers, random, registry, watcher);
    const std::string huge = "sip:" + std::string(5000, 'a') + "@contoso.example";
    EXPECT_EQ(subscribers->subscribe({.watcher = "<sip:j@f.example>",
                                      .presentity = huge,
                                      .sip_domain = "contoso.example",
                                      .expires = 60},
                                     1),
              0U);
    EXPECT_EQ(subscribers->size(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
