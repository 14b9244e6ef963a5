// RFC 6665 §4.2 and RFC 3856 §6, rule by rule.
#include "sip/notifier_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using End = NotifierHandler::End;

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

TEST_F(NotifierTest, NothingIsSentInADialogThatIsNotConfirmed) {
    RecordingTransaction transaction("tag42", [] {});
    const PreparedWatch prepared =
        prepare(transaction, {.extra = "Record-Route: <sip:p1.example;lr>"});
    ASSERT_NE(prepared.handle, 0U);
    EXPECT_FALSE(notifiers->save(prepared.handle).empty());
    notifiers->changed(prepared.handle);
    EXPECT_EQ(transaction.answer.status, 0);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_TRUE(notifiers->confirm(prepared, transaction));
    EXPECT_EQ(transaction.answer.status, 200);
    EXPECT_EQ(transaction.answer.headers.at("Expires"), "3600");
    EXPECT_EQ(transaction.answer.headers.at("Record-Route"), "<sip:p1.example;lr>");
    respond_to(sender.take(), "200 OK");
    EXPECT_THAT(sender.requests, IsEmpty());  // the change went with the first
}

TEST_F(NotifierTest, ADroppedDialogNeverWas) {
    RecordingTransaction transaction("tag42", [] {});
    const PreparedWatch prepared = prepare(transaction);
    notifiers->drop(prepared.handle);
    EXPECT_FALSE(notifiers->confirm(prepared, transaction));
    EXPECT_EQ(transaction.answer.status, 0);
    EXPECT_EQ(notifiers->size(), 0U);
    EXPECT_THAT(sender.requests, IsEmpty());
    EXPECT_THAT(presentity.ends, IsEmpty());
    EXPECT_EQ(refresh().status, 481);
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
    std::string long_routes;
    for (int i = 0; i < 30; ++i) {
        long_routes.append(i == 0 ? "" : "\r\n")
            .append("Record-Route: <sip:" + std::string(420, 'p') + "@p.example;lr>");
    }
    EXPECT_EQ(subscribe({.extra = long_routes}).status, 400);
    EXPECT_EQ(notifiers->size(), 0U);
}

}  // namespace
}  // namespace isthmus::sip::test
