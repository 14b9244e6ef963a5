// RFC 6665 §4.2 and RFC 3856 §6, rule by rule.
#include "sip/notifier.h"

#include "sip/event_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using End = NotifierHandler::End;

/// Whom they watch.
class Presentity final : public NotifierHandler {
  public:
    void describe(std::uint64_t owner, Arena& arena, NotifyContent& into) override {
        described.push_back(owner);
        into.state = state;
        into.body = arena.copy(body);
        into.content_language = language;
        if (then) {
            then();
        }
    }

    void on_refresh(std::uint64_t owner) override {
        refreshed.push_back(owner);
        if (then_on_refresh) {
            then_on_refresh();
        }
    }

    void describe_end(std::uint64_t owner, Arena& arena, NotifyContent& into) override {
        described_end.push_back(owner);
        into.body = arena.copy(last_body);
    }

    void on_end(std::uint64_t owner, End end) override { ends.emplace_back(owner, end); }

    SubscriptionState state = SubscriptionState::Active;
    std::string body = "<open/>";
    std::string last_body = "<closed/>";
    std::string language;
    std::function<void()> then;
    std::function<void()> then_on_refresh;
    std::vector<std::uint64_t> described;
    std::vector<std::uint64_t> described_end;
    std::vector<std::uint64_t> refreshed;
    std::vector<std::pair<std::uint64_t, End>> ends;
};

struct SubscribeFields {
    std::string cseq = "1";
    std::string event = "presence";
    std::string expires = "3600";
    std::string accept = "application/pidf+xml";
    std::string contact = "<sip:alice@192.0.2.7>";
    std::string extra = {};
    std::string call_id = "call-1";
    std::string from_tag = "theirs";
    std::string to_tag = {};
};

std::uint32_t now_epoch = 1'790'000'000;

std::uint32_t epoch() {
    return now_epoch;
}

class NotifierTest : public testing::Test {
  protected:
    NotifierTest() { now_epoch = 1'790'000'000; }

    static NotifierConfig config() {
        NotifierConfig made;
        made.epoch_seconds = epoch;
        return made;
    }

    void make(const NotifierConfig& with) {
        notifiers = make_notifiers(with, sender, timers, random, registry, presentity);
    }

    static std::string text_of(const SubscribeFields& f) {
        const auto line = [](std::string_view name, const std::string& value) {
            return value.empty() ? "" : std::string(name) + ": " + value + "\r\n";
        };
        return "SUBSCRIBE sip:juliet@fabrikam.example SIP/2.0\r\n"
               "Via: SIP/2.0/TLS p.example;branch=z9hG4bKs\r\nMax-Forwards: 70\r\n"
               "From: \"Alice\" <sip:alice@contoso.example>" +
               (f.from_tag.empty() ? "" : ";tag=" + f.from_tag) +
               "\r\nTo: <sip:juliet@fabrikam.example>" +
               (f.to_tag.empty() ? "" : ";tag=" + f.to_tag) + "\r\nCall-ID: " + f.call_id +
               "\r\nCSeq: " + f.cseq + " SUBSCRIBE\r\n" + line("Event", f.event) +
               line("Expires", f.expires) + line("Accept", f.accept) + line("Contact", f.contact) +
               (f.extra.empty() ? "" : f.extra + "\r\n") + "Content-Length: 0\r\n\r\n";
    }

    /// Outside a dialog; accepted if it passes.
    Answer subscribe(const SubscribeFields& f = {}, std::uint64_t owner = 42) {
        const Parsed parsed(text_of(f));
        RecordingTransaction transaction("tag" + std::to_string(owner),
                                         [&] { sent_before_answer = sender.requests.size(); });
        handle = 0;
        if (const auto granted = notifiers->check(parsed.request(), transaction)) {
            EXPECT_EQ(transaction.answer.status, 0);
            handle = notifiers->accept(
                parsed.request(), transaction, *granted, "contoso.example", owner);
        }
        return transaction.answer;
    }

    /// Inside one.
    Answer refresh(SubscribeFields f = {}) {
        if (f.to_tag.empty()) {
            f.to_tag = "tag42";
        }
        if (f.cseq == "1") {
            f.cseq = "2";
        }
        const Parsed parsed(text_of(f));
        RecordingTransaction transaction("unused",
                                         [&] { sent_before_answer = sender.requests.size(); });
        refreshed = notifiers->on_refresh(parsed.request(), transaction);
        return transaction.answer;
    }

    /// Watching, first NOTIFY answered, and the interval over.
    Sent live(const SubscribeFields& f = {}) {
        EXPECT_EQ(subscribe(f).status, 200);
        const Sent first = sender.take();
        respond_to(first, "200 OK");
        timers.advance(seconds(5));
        return first;
    }

    Timers timers;
    CountingRandom random;
    metrics::Registry registry;
    RecordingSender sender;
    Presentity presentity;
    SubscriptionHandle handle = 0;
    std::optional<std::uint64_t> refreshed;
    std::size_t sent_before_answer = 0;
    std::unique_ptr<Notifiers> notifiers =
        make_notifiers(config(), sender, timers, random, registry, presentity);
};

TEST_F(NotifierTest, A200AndTheFirstNotifyBehindIt) {  // checklist 8.03, 8.04, 8.19, 8.20
    const Answer answer = subscribe({.expires = "600",
                                     .extra = "Record-Route: <sip:p1.example;lr>, "
                                              "<sip:p2.example;lr>\r\n"
                                              "Record-Route: <sip:p3.example;lr>"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(
        answer.headers,
        (std::map<std::string, std::string>{
            {"Expires", "600"},
            {"Contact", "<sip:gw.example:5061;transport=tls>"},
            {"Allow-Events", "presence"},
            {"Record-Route", "<sip:p1.example;lr>, <sip:p2.example;lr>|<sip:p3.example;lr>"}}));
    EXPECT_EQ(sent_before_answer, 0U);
    EXPECT_NE(handle, 0U);
    const Sent notify = sender.take();
    EXPECT_EQ(notify.method, "NOTIFY");
    EXPECT_EQ(notify.uri, "sip:alice@192.0.2.7");
    EXPECT_EQ(notify.from, "<sip:juliet@fabrikam.example>");
    EXPECT_EQ(notify.from_tag, "tag42");
    EXPECT_EQ(notify.to, "<sip:alice@contoso.example>;tag=theirs");
    EXPECT_EQ(notify.call_id, "call-1");
    EXPECT_EQ(notify.next_hop, "sip:p1.example;lr");
    EXPECT_EQ(notify.sip_domain, "contoso.example");
    EXPECT_EQ(notify.content_type, "application/pidf+xml");
    EXPECT_EQ(notify.body, "<open/>");
    EXPECT_EQ(notify.headers,
              (std::map<std::string, std::string>{
                  {"Event", "presence"},
                  {"Subscription-State", "active;expires=600"},
                  {"Contact", "<sip:gw.example:5061;transport=tls>"},
                  {"Route", "<sip:p1.example;lr>, <sip:p2.example;lr>, <sip:p3.example;lr>"}}));
    EXPECT_EQ(notifiers->size(), 1U);
    EXPECT_EQ(notifiers->seconds_left(handle), 600U);
    EXPECT_THAT(registry.render(), HasSubstr("isthmus_sip_dialogs{kind=\"notifier\"} 1"));
}

TEST_F(NotifierTest, PendingAndEmptyIfNeedBe) {  // 8.04, 8.09
    presentity.state = SubscriptionState::Pending;
    presentity.body.clear();
    presentity.language = "de";
    EXPECT_EQ(subscribe().status, 200);
    const Sent notify = sender.take();
    EXPECT_EQ(notify.headers.at("Subscription-State"), "pending;expires=3600");
    EXPECT_EQ(notify.content_type, "");
    EXPECT_EQ(notify.headers.count("Content-Language"), 0U);
    respond_to(notify, "200 OK");
    presentity.body = "<p/>";
    timers.advance(seconds(5));
    notifiers->changed(handle);
    EXPECT_EQ(sender.take().headers.at("Content-Language"), "de");
}

TEST_F(NotifierTest, ExpiresIsGrantedShortenedNeverLengthened) {  // 8.03

    struct {
        std::string_view asked;
        std::string_view granted;
    } const cases[] = {{"", "3600"},
                       {"60", "60"},
                       {"7200", "7200"},
                       {"86400", "86400"},
                       {"86401", "86400"},
                       {"4294967295", "86400"}};

    for (const auto& c : cases) {
        sender.requests.clear();
        EXPECT_EQ(subscribe({.expires = std::string(c.asked)}).headers["Expires"], c.granted);
        EXPECT_EQ(sender.take().headers.at("Subscription-State"),
                  "active;expires=" + std::string(c.granted));
    }
}

struct Refused {
    SubscribeFields fields;
    int status;
    std::string_view header;
    std::string_view value;
};

const std::vector<Refused>& refusals() {  // 8.15, 8.16
    static const std::vector<Refused> all = {
        {{.event = ""}, 489, "Allow-Events", "presence"},
        {{.event = "dialog"}, 489, "Allow-Events", "presence"},
        {{.event = "presence.winfo"}, 489, "Allow-Events", "presence"},
        {{.event = "presence;id=" + std::string(200, 'x')}, 489, "Allow-Events", "presence"},
        {{.accept = "application/cpim-pidf+xml"}, 406, "Accept", "application/pidf+xml"},
        {{.accept = "text/plain, image/*"}, 406, "Accept", "application/pidf+xml"},
        {{.expires = "1"}, 423, "Min-Expires", "60"},
        {{.expires = "59"}, 423, "Min-Expires", "60"},
        {{.expires = "soon"}, 400, "", ""},
        {{.expires = "99999999999"}, 400, "", ""},
    };
    return all;
}

TEST_F(NotifierTest, WhatIsRefused) {
    for (const Refused& c : refusals()) {
        const Answer answer = subscribe(c.fields);
        EXPECT_EQ(answer.status, c.status) << text_of(c.fields);
        if (!c.header.empty()) {
            EXPECT_EQ(answer.headers.at(std::string(c.header)), c.value);
        }
    }
    EXPECT_EQ(subscribe({.contact = ""}).status, 400);
    EXPECT_EQ(subscribe({.contact = "<mailto:a@b.example>"}).status, 400);
    EXPECT_EQ(subscribe({.from_tag = ""}).status, 400);
    EXPECT_EQ(handle, 0U);
    EXPECT_EQ(notifiers->size(), 0U);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_THAT(presentity.described, IsEmpty());
}

TEST_F(NotifierTest, AndInADialogWithoutChangingIt) {
    live();
    for (const Refused& c : refusals()) {
        const Answer answer = refresh(c.fields);
        EXPECT_EQ(answer.status, c.status) << text_of(c.fields);
        if (!c.header.empty()) {
            EXPECT_EQ(answer.headers.at(std::string(c.header)), c.value);
        }
        EXPECT_FALSE(refreshed);
    }
    EXPECT_EQ(notifiers->size(), 1U);
    EXPECT_EQ(notifiers->seconds_left(handle), 3595U);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_THAT(presentity.refreshed, IsEmpty());
}

TEST_F(NotifierTest, A423NeedsAMinimumAboveTheTime) {  // RFC 6665 §4.2.1.1: an hour is never brief
    NotifierConfig strict = config();
    strict.least_expires = 7200;
    make(strict);
    EXPECT_EQ(subscribe({.expires = "3599"}).status, 423);
    EXPECT_EQ(subscribe({.expires = "3600"}).status, 200);
}

TEST_F(NotifierTest, WhatIsAccepted) {  // 8.16, 8.18
    for (std::string_view accept : {"",
                                    "*/*",
                                    "application/*",
                                    "APPLICATION/PIDF+XML;q=0.5",
                                    "text/xml , application/pidf+xml",
                                    "text/xml\r\nAccept: application/pidf+xml"}) {
        EXPECT_EQ(subscribe({.accept = std::string(accept)}).status, 200) << accept;
    }
}

TEST_F(NotifierTest, TheEventsIdIsKept) {
    live({.event = "presence;id=7"});
    EXPECT_EQ(refresh({.event = "presence;id=8"}).status, 481);
    EXPECT_EQ(refresh().status, 481);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_EQ(refresh({.event = "presence;id=7"}).status, 200);
    EXPECT_EQ(sender.take().headers.at("Event"), "presence;id=7");
}

TEST_F(NotifierTest, EveryRefreshHas200AndNotify) {  // 8.08
    const Sent first = live();
    for (int i = 2; i < 5; ++i) {  // whatever the interval
        timers.advance(milliseconds(100));
        const Answer answer = refresh({.cseq = std::to_string(i),
                                       .expires = "1000",
                                       .contact = "<sip:alice@192.0.2.8>",
                                       .extra = "Record-Route: <sip:x.example;lr>"});
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.at("Expires"), "1000");
        EXPECT_EQ(answer.headers.at("Contact"), "<sip:gw.example:5061;transport=tls>");
        EXPECT_EQ(answer.headers.count("Record-Route"), 0U);
        EXPECT_EQ(refreshed, 42U);
        EXPECT_EQ(sent_before_answer, 0U);
        const Sent notify = sender.take();
        EXPECT_EQ(notify.headers.at("Subscription-State"), "active;expires=1000");
        EXPECT_EQ(notify.uri, "sip:alice@192.0.2.8");
        EXPECT_EQ(notify.headers.count("Route"), 0U) << "the route set never changes";
        EXPECT_GT(notify.cseq, first.cseq);
        respond_to(notify, "200 OK");
    }
    EXPECT_THAT(presentity.refreshed, ElementsAre(42U, 42U, 42U));
    EXPECT_EQ(notifiers->seconds_left(handle), 1000U);
}

TEST_F(NotifierTest, RefreshesThatAreNobodys) {
    live();
    EXPECT_EQ(refresh({.call_id = "other"}).status, 481);
    EXPECT_EQ(refresh({.from_tag = "other"}).status, 481);
    EXPECT_EQ(refresh({.to_tag = "other"}).status, 481);
    EXPECT_EQ(refresh({.cseq = "9"}).status, 200);
    sender.requests.clear();
    EXPECT_EQ(refresh({.cseq = "8"}).status, 500);  // RFC 3261 §12.2.2
    EXPECT_FALSE(refreshed);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_THAT(presentity.refreshed, SizeIs(1));
}

TEST_F(NotifierTest, Unsubscribed) {  // 8.10
    live();
    const Answer answer = refresh({.expires = "0"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("Expires"), "0");
    EXPECT_EQ(sent_before_answer, 0U);
    EXPECT_EQ(refreshed, 42U);
    const Sent last = sender.take();
    EXPECT_EQ(last.headers.at("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(last.body, "<closed/>");
    EXPECT_THAT(presentity.ends, ElementsAre(std::pair(std::uint64_t{42}, End::Unsubscribed)));
    EXPECT_THAT(presentity.refreshed, IsEmpty());
    EXPECT_EQ(notifiers->size(), 0U);
    respond_to(last, "481 Gone");
    EXPECT_THAT(presentity.ends, SizeIs(1));
    EXPECT_EQ(refresh({.cseq = "5"}).status, 481);
    notifiers->changed(handle);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_EQ(timers.armed(), 0U);
}

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

TEST_F(NotifierTest, AFetch) {  // 8.13, RFC 6665 §4.4.3
    const Answer answer = subscribe({.expires = "0"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("Expires"), "0");
    EXPECT_EQ(handle, 0U);
    EXPECT_EQ(notifiers->size(), 0U);
    const Sent notify = sender.take();
    EXPECT_EQ(notify.headers.at("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(notify.body, "<open/>");
    respond_to(notify, "200 OK");
    EXPECT_THAT(presentity.ends, IsEmpty());
    EXPECT_THAT(presentity.described_end, IsEmpty());
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
    timers.advance(seconds(3589));
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
    subscribe();
    fail(sender.take(), ErrorKind::Timeout);
    EXPECT_THAT(presentity.ends, SizeIs(1));
    timers.advance(seconds(4000));
    EXPECT_THAT(sender.requests, IsEmpty());
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

TEST_F(NotifierTest, Limits) {
    NotifierConfig small = config();
    small.max_dialogs = 1;
    make(small);
    EXPECT_EQ(subscribe().status, 200);
    const std::string saved = notifiers->save(handle);
    const Answer refused = subscribe({.call_id = "call-2"}, 43);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.count("Retry-After"), 1U);
    EXPECT_EQ(notifiers->restore(saved, 100, 1), 0U);
    EXPECT_EQ(notifiers->size(), 1U);
    make(config());
    std::string routes;
    for (int i = 0; i < 33; ++i) {
        routes.append(i == 0 ? "" : "\r\n").append("Record-Route: <sip:p.example;lr>");
    }
    EXPECT_EQ(subscribe({.extra = routes}).status, 500);
    EXPECT_EQ(subscribe({.call_id = std::string(5000, 'c')}).status, 500);
    EXPECT_EQ(notifiers->size(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
