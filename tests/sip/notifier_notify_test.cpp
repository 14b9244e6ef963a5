// When NOTIFY leaves, what it says and what its answer does: RFC 6665 §4.2.2; RFC 3856 §6.10.
#include "sip/notifier_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using End = NotifierHandler::End;

TEST_F(NotifierTest, Expired) {  // 8.11
    live({.expires = "100"});
    timers.advance(seconds(94));
    EXPECT_THAT(sender.requests, IsEmpty());
    timers.advance(seconds(1));
    const Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(last.body, "<closed/>");
    EXPECT_THAT(presentity.ends, ElementsAre(std::pair(std::uint64_t{42}, End::Expired)));
    EXPECT_EQ(notifiers->size(), 0U);
}

TEST_F(NotifierTest, EndedFromAbove) {  // 8.07
    live();
    NotifyContent content;
    content.reason = TerminationReason::Rejected;
    notifiers->end(handle, content);
    Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Subscription-State"), "terminated;reason=rejected");
    EXPECT_EQ(last.body, "");
    EXPECT_EQ(last.content_type, "");
    EXPECT_EQ(notifiers->size(), 0U);
    EXPECT_THAT(presentity.ends, IsEmpty());
    notifiers->end(handle, content);
    EXPECT_THAT(sender.requests, IsEmpty());

    live();
    content.reason = TerminationReason::Probation;
    content.retry_after = 30;
    notifiers->end(handle, content);
    EXPECT_EQ(sender.take().headers.at("Subscription-State"),
              "terminated;reason=probation;retry-after=30");
}

TEST_F(NotifierTest, TheFinalNotifyWaitsForNothing) {
    subscribe();
    const Sent first = sender.take();
    notifiers->end(handle, {});
    const Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Subscription-State"), "terminated");
    EXPECT_GT(last.cseq, first.cseq + 2) << "the first may be challenged yet";
    respond_to(first, "481 Gone");
    EXPECT_THAT(presentity.ends, IsEmpty());
}

TEST_F(NotifierTest, OneAtATimeAndTheLatestState) {
    subscribe();
    const Sent first = sender.take();
    timers.advance(seconds(10));
    for (int i = 0; i < 5; ++i) {
        presentity.body = std::to_string(i);
        notifiers->changed(handle);
    }
    EXPECT_THAT(sender.requests, IsEmpty()) << "the first is on its way";
    respond_to(first, "200 OK");
    const Sent second = sender.take();
    EXPECT_EQ(second.body, "4");
    respond_to(second, "200 OK");
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_THAT(presentity.described, SizeIs(2));
}

TEST_F(NotifierTest, NotOftenerThanTheInterval) {  // 8.17, RFC 3856 §6.10
    live();
    notifiers->changed(handle);
    respond_to(sender.take(), "200 OK");
    for (int i = 0; i < 4; ++i) {
        timers.advance(seconds(1));
        presentity.body = std::to_string(i);
        notifiers->changed(handle);
        EXPECT_THAT(sender.requests, IsEmpty());
    }
    timers.advance(seconds(1));
    const Sent next = sender.take();
    EXPECT_EQ(next.body, "3");
    EXPECT_EQ(next.headers.at("Subscription-State"), "active;expires=3590");
    respond_to(next, "200 OK");
    timers.advance(seconds(1));
    notifiers->changed(handle);
    timers.advance(seconds(4));
    respond_to(sender.take(), "200 OK");
    timers.advance(seconds(3584));
    EXPECT_THAT(sender.requests, IsEmpty());
    timers.advance(seconds(1));
    EXPECT_EQ(sender.take().headers.at("Subscription-State"), "terminated;reason=timeout")
        << "the expiry is not forgotten";
}

TEST_F(NotifierTest, WithoutAnInterval) {
    NotifierConfig eager = config();
    eager.interval = {};
    make(eager);
    subscribe();
    respond_to(sender.take(), "200 OK");
    for (int i = 0; i < 3; ++i) {
        notifiers->changed(handle);
        respond_to(sender.take(), "200 OK");
    }
}

TEST_F(NotifierTest, ARefreshWhileOneIsOnItsWay) {
    subscribe();
    const Sent first = sender.take();
    EXPECT_EQ(refresh().status, 200);
    EXPECT_THAT(sender.requests, IsEmpty());
    respond_to(first, "200 OK");
    EXPECT_EQ(sender.take().cseq, first.cseq + 1) << "at once, whatever the interval";
}

TEST_F(NotifierTest, AChangeBehindARefresh) {
    live();
    notifiers->changed(handle);
    respond_to(sender.take(), "200 OK");
    notifiers->changed(handle);  // waits
    timers.advance(seconds(1));
    EXPECT_EQ(refresh().status, 200);
    respond_to(sender.take(), "200 OK");
    notifiers->changed(handle);  // waits again
    timers.advance(milliseconds(4900));
    EXPECT_THAT(sender.requests, IsEmpty());
    timers.advance(milliseconds(100));
    sender.take();
}

TEST_F(NotifierTest, TheCSeqRisesAcrossARestart) {
    const Sent first = live();
    EXPECT_EQ(first.cseq, 1'790'000'000U);
    notifiers->changed(handle);
    const Sent second = sender.take();
    EXPECT_EQ(second.cseq, 1'790'000'001U);
    const std::string saved = notifiers->save(handle);
    const std::uint32_t left = notifiers->seconds_left(handle);
    make(config());
    EXPECT_EQ(notifiers->size(), 0U);
    now_epoch += 100;
    handle = notifiers->restore(saved, left - 100, 43);
    ASSERT_NE(handle, 0U);
    EXPECT_EQ(notifiers->size(), 1U);
    EXPECT_EQ(notifiers->seconds_left(handle), left - 100);
    timers.advance(seconds(10));
    EXPECT_THAT(sender.requests, IsEmpty()) << "not before changed()";
    notifiers->changed(handle);
    const Sent third = sender.take();
    EXPECT_EQ(third.cseq, 1'790'000'100U);
    EXPECT_EQ(third.call_id, first.call_id);
    EXPECT_EQ(third.from_tag, first.from_tag);
    EXPECT_EQ(third.to, first.to);
    EXPECT_EQ(third.uri, first.uri);
    respond_to(third, "200 OK");
    EXPECT_EQ(refresh({.cseq = "3"}).status, 200);
    EXPECT_EQ(refreshed, 43U);
}

TEST_F(NotifierTest, RestoredTooLate) {
    live();
    const std::string saved = notifiers->save(handle);
    make(config());
    EXPECT_EQ(notifiers->restore("", 100, 1), 0U);
    EXPECT_EQ(notifiers->restore("d1 x", 100, 1), 0U);
    EXPECT_EQ(notifiers->restore(saved.substr(1), 100, 1), 0U);
    EXPECT_EQ(notifiers->size(), 0U);
    EXPECT_NE(notifiers->restore(saved, 0, 42), 0U);
    EXPECT_THAT(sender.requests, IsEmpty());
    timers.advance(milliseconds(10));
    EXPECT_EQ(sender.take().headers.at("Subscription-State"), "terminated;reason=timeout");
    EXPECT_THAT(presentity.ends, SizeIs(1));
    EXPECT_EQ(notifiers->save(12345), "");
    EXPECT_EQ(notifiers->seconds_left(12345), 0U);
}

TEST_F(NotifierTest, AnswersThatEndTheDialog) {  // 8.14
    for (int status : {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604}) {
        subscribe();
        respond_to(sender.take(), std::to_string(status) + " No");
        EXPECT_THAT(presentity.ends, ElementsAre(std::pair(std::uint64_t{42}, End::DialogGone)))
            << status;
        EXPECT_EQ(notifiers->size(), 0U);
        presentity.ends.clear();
    }
}

TEST_F(NotifierTest, SilenceTwiceEndsTheDialog) {  // 8.14
    subscribe();
    fail(sender.take(), ErrorKind::Timeout);
    EXPECT_THAT(presentity.ends, IsEmpty());
    timers.advance(seconds(10));
    fail(sender.take(), ErrorKind::Timeout);
    EXPECT_THAT(presentity.ends, ElementsAre(std::pair(std::uint64_t{42}, End::DialogGone)));
    timers.advance(seconds(4000));
    EXPECT_THAT(sender.requests, IsEmpty());
}

TEST_F(NotifierTest, AnAnswerBetweenSilencesKeepsTheDialog) {
    subscribe();
    for (int turn = 0; turn < 3; ++turn) {
        fail(sender.take(), ErrorKind::Timeout);
        timers.advance(seconds(10));
        respond_to(sender.take(), "200 OK");
        notifiers->changed(handle);
        timers.advance(seconds(5));
    }
    EXPECT_THAT(presentity.ends, IsEmpty());
}

TEST_F(NotifierTest, SilenceOfAPeerThatIsAwayEndsNothing) {
    subscribe();
    presentity.peer_is_away = true;
    fail(sender.take(), ErrorKind::Timeout);
    timers.advance(seconds(60));
    EXPECT_THAT(sender.requests, IsEmpty());
    presentity.peer_is_away = false;
    notifiers->changed(handle);
    timers.advance(seconds(5));
    respond_to(sender.take(), "200 OK");
    EXPECT_THAT(presentity.ends, IsEmpty());
}

TEST_F(NotifierTest, AnswersAfterWhichItIsTriedAgain) {
    for (int status : {0, 400, 403, 500, 503, 600}) {
        subscribe();
        const Sent first = sender.take();
        status == 0 ? fail(first, ErrorKind::Unreachable)
                    : respond_to(first, std::to_string(status) + " No");
        timers.advance(milliseconds(4900));
        EXPECT_THAT(sender.requests, IsEmpty()) << status;
        timers.advance(milliseconds(5200));
        const Sent again = sender.take();
        EXPECT_GT(again.cseq, first.cseq);
        respond_to(again, "503 Busy", "Retry-After: 60");
        timers.advance(seconds(59));
        EXPECT_THAT(sender.requests, IsEmpty()) << status;
        timers.advance(seconds(1));
        respond_to(sender.take(), "200 OK");
        EXPECT_THAT(presentity.ends, IsEmpty()) << status;
        timers.advance(seconds(60));
        EXPECT_THAT(sender.requests, IsEmpty()) << status;
        notifiers->end(handle, {});
        sender.requests.clear();
    }
}

TEST_F(NotifierTest, AChallengeTookANumber) {  // RFC 3261 §8.1.3.5
    subscribe();
    const Sent first = sender.take();
    respond_to(first, "200 OK", {}, first.cseq + 1);
    timers.advance(seconds(5));
    notifiers->changed(handle);
    EXPECT_EQ(sender.take().cseq, first.cseq + 2);
}

TEST_F(NotifierTest, DescribeMayDoAnything) {
    live();
    const SubscriptionHandle first = handle;
    subscribe({.call_id = "call-2"}, 43);
    const SubscriptionHandle second = handle;
    respond_to(sender.take(), "200 OK");
    timers.advance(seconds(5));

    presentity.body = "kept";
    presentity.then = [&, was_first = true]() mutable {
        if (std::exchange(was_first, false)) {
            notifiers->changed(second);
        }
    };
    notifiers->changed(first);
    EXPECT_EQ(sender.take().from_tag, "tag42");
    timers.advance(milliseconds(2));
    const Sent other = sender.take();
    EXPECT_EQ(other.from_tag, "tag43");
    EXPECT_EQ(other.body, "kept");
    respond_to(other, "200 OK");
    timers.advance(seconds(5));

    presentity.then = [&] { notifiers->end(second, {}); };
    notifiers->changed(second);
    EXPECT_EQ(sender.take().headers.at("Subscription-State"), "terminated");
    EXPECT_EQ(notifiers->size(), 1U);
}

TEST_F(NotifierTest, OnRefreshMayEndIt) {
    live();
    presentity.then_on_refresh = [&] { notifiers->end(handle, {}); };
    EXPECT_EQ(refresh().status, 200);
    EXPECT_EQ(sender.take().headers.at("Subscription-State"), "terminated");
    EXPECT_EQ(notifiers->size(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
