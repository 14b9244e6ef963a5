// RFC 6665 §4.1 and §4.4, rule by rule.
#include "base/prefetch.h"
#include "sip/subscriber_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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

    subscribe();
    const Sent second = sender.take();
    timers.advance(seconds(60));
    respond_to(second, "200 OK");
    timers.advance(seconds(33));
    ASSERT_THAT(watcher.ends, SizeIs(1));
    EXPECT_EQ(watcher.ends[0].end, SubscriptionEnd::NoNotify);
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

TEST_F(SubscriberTest, TheTargetMoves) {
    const Sent initial = live();
    notify(initial, {.cseq = "2", .contact = "<sip:alice@192.0.2.8>"});
    subscribers->refresh(handle);
    EXPECT_EQ(sender.take().uri, "sip:alice@192.0.2.8");
    subscribers->refresh(handle);
    EXPECT_THAT(sender.requests, IsEmpty()) << "one at a time";
}

TEST_F(SubscriberTest, Limits) {
    subscribers =
        make_subscribers({.max_subscriptions = 2}, sender, timers, random, registry, watcher);
    EXPECT_NE(subscribe(), 0U);
    EXPECT_NE(subscribe(), 0U);
    EXPECT_EQ(subscribe(), 0U);
    EXPECT_THAT(sender.requests, SizeIs(2));
    subscribers = make_subscribers({}, sender, timers, random, registry, watcher);
    const std::string huge = "sip:" + std::string(13000, 'a') + "@contoso.example";
    EXPECT_EQ(subscribers->subscribe({.watcher = "<sip:j@f.example>",
                                      .presentity = huge,
                                      .sip_domain = "contoso.example",
                                      .expires = 60},
                                     1),
              0U);
    EXPECT_EQ(subscribers->size(), 0U);
}

TEST_F(SubscriberTest, WhoseNotifyIsExpectedIsTold) {
    std::vector<std::uint64_t> owners;
    subscribers->expect("nobody's");
    subscribers->fetch(owners);
    EXPECT_EQ(owners, std::vector<std::uint64_t>());

    for (std::uint64_t owner = 1; owner <= 3; ++owner) {
        subscribe(3600, owner);
    }
    const std::string second = sender.requests[1].call_id;
    subscribers->expect(sender.requests[2].call_id);
    subscribers->expect("nobody's");
    subscribers->expect(second);
    subscribers->fetch(owners);
    EXPECT_EQ(owners, (std::vector<std::uint64_t>{3, 2}));
    subscribers->fetch(owners);
    EXPECT_EQ(owners.size(), 2U);

    // Those that never came do not pile up.
    for (int i = 0; i < 1000; ++i) {
        subscribers->expect(second);
    }
    owners.clear();
    subscribers->fetch(owners);
    EXPECT_LE(owners.size(), kLookAhead);
}

}  // namespace
}  // namespace isthmus::sip::test
