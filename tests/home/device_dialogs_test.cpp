// What devices hear of their own user: list, watchers, publications, a restored backup.
#include <gmock/gmock.h>

#include "home/contact_list.h"
#include "home_world.h"

namespace isthmus::home {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class DeviceDialogs : public HomeWorld {
  protected:
    std::shared_ptr<Answer> subscribe(std::string_view event,
                                      std::string_view more = {},
                                      std::string_view uri = "sip:alice@contoso.example",
                                      std::uint64_t flow = 1) {
        return ask({.method = "SUBSCRIBE",
                    .uri = std::string(uri),
                    .headers = fmt::format("Event: {}\r\nContact: <sip:192.0.2.1:{}"
                                           ";transport=tls>\r\n{}",
                                           event,
                                           40000 + flow,
                                           more),
                    .flow = flow});
    }

    std::shared_ptr<Answer> change_list(std::string_view call, std::uint64_t flow = 1) {
        auto answer = ask(
            {.method = "SERVICE",
             .uri = "sip:alice@contoso.example",
             .headers = "Content-Type: application/SOAP+xml\r\n",
             .body = fmt::format("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
                                 "xmlns:m='http://schemas.microsoft.com/winrtc/2002/11/sip'>"
                                 "<s:Body>{}</s:Body></s:Envelope>",
                                 call),
             .flow = flow});
        outside.saved.back().done(true);
        return answer;
    }

    std::shared_ptr<Answer> add(std::string_view who, std::uint64_t flow = 1) {
        return change_list(fmt::format("<m:setContact><m:displayName>{0}</m:displayName>"
                                       "<m:groups>1</m:groups><m:URI>sip:{0}@fabrikam.example"
                                       "</m:URI></m:setContact>",
                                       who),
                           flow);
    }

    std::shared_ptr<Answer> publish(std::string_view headers, std::string_view basic = "open") {
        return ask({.method = "PUBLISH",
                    .uri = "sip:alice@contoso.example",
                    .headers = fmt::format("Event: presence\r\nContent-Type: "
                                           "application/pidf+xml\r\n{}",
                                           headers),
                    .body = basic.empty()
                                ? std::string()
                                : fmt::format("<presence xmlns='urn:ietf:params:xml:ns:pidf' "
                                              "entity='sip:alice@contoso.example'><tuple id='a'>"
                                              "<status><basic>{}</basic></status></tuple>"
                                              "</presence>",
                                              basic)});
    }

    void watched_by(std::string_view who) {
        flows_ask({.method = "SUBSCRIBE",
                   .uri = "sip:alice@contoso.example",
                   .from = fmt::format("sip:{}@fabrikam.example", who),
                   .headers = "Event: presence\r\nExpires: 6000\r\nContact: <sip:flows>\r\n"});
    }

    static constexpr std::string_view kList = "sip:alice@contoso.example;list=contacts";
};

TEST_F(DeviceDialogs, AChangedListReachesHisOtherDevice) {
    sign_in("alice", 1, true);
    sign_in("alice", 2, true);
    for (const std::uint64_t flow : {1U, 2U}) {
        subscribe("vnd-microsoft-roaming-contacts", {}, "sip:alice@contoso.example", flow);
    }
    outside.to_devices.clear();
    EXPECT_EQ(add("romeo")->status, 200);
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_EQ(outside.to_devices[0].flow, 2U);
    EXPECT_THAT(outside.to_devices[0].body,
                AllOf(StartsWith("<contactDelta "),
                      HasSubstr("<addedContact uri='sip:romeo@fabrikam.example'")));
}

TEST_F(DeviceDialogs, WhoWatchesIsToldAndWhoComesLaterToo) {
    sign_in("alice", 1);
    watched_by("romeo");
    outside.to_devices.clear();
    EXPECT_EQ(subscribe("presence.winfo")->status, 200);
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_EQ(outside.to_devices[0].content_type, "application/watcherinfo+xml");
    EXPECT_THAT(outside.to_devices[0].body,
                AllOf(HasSubstr("version='0' state='full'"),
                      HasSubstr("status='active' event='approved'>sip:romeo@fabrikam.example<")));
    for (const char* who : {"nurse", "tybalt"}) {
        watched_by(who);
    }
    timers.advance(std::chrono::seconds(6));
    ASSERT_THAT(outside.to_devices, SizeIs(2));  // not one for each
    EXPECT_THAT(outside.to_devices[1].body,
                AllOf(HasSubstr("version='1'"), HasSubstr("nurse"), HasSubstr("tybalt")));
    EXPECT_EQ(subscribe("presence.winfo", {}, "sip:bob@contoso.example")->status, 403);
    EXPECT_EQ(subscribe("presence.winfo", "Accept: text/plain\r\n")->status, 406);
    EXPECT_EQ(subscribe("presence.winfo", "Expires: 5\r\n")->status, 423);
}

TEST_F(DeviceDialogs, ManyWatchersTakeSeveralDocuments) {
    sign_in("alice", 1);
    for (int i = 0; i < 450; ++i) {
        watched_by(fmt::format("w{}", i));
    }
    outside.to_devices.clear();
    subscribe("presence.winfo");
    ASSERT_THAT(outside.to_devices, SizeIs(3));
    EXPECT_THAT(outside.to_devices[0].body, HasSubstr("state='full'"));
    EXPECT_THAT(outside.to_devices[2].body, HasSubstr("version='2' state='partial'"));
}

TEST_F(DeviceDialogs, ASubscriptionThatIsNotRefreshedEnds) {
    sign_in("alice", 1);
    subscribe("presence.winfo", "Expires: 60\r\n");
    outside.to_devices.clear();
    timers.advance(std::chrono::seconds(61));
    watched_by("romeo");
    timers.advance(std::chrono::seconds(6));
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_EQ(outside.to_devices[0].headers["Subscription-State"], "terminated;reason=timeout");
    answer(outside.to_devices[0], 200);
    watched_by("nurse");
    timers.advance(std::chrono::seconds(6));
    EXPECT_THAT(outside.to_devices, SizeIs(1));
}

TEST_F(DeviceDialogs, AResourceListTellsOfAllContacts) {
    sign_in("alice", 1);
    add("romeo");
    add("nurse");
    outside.to_devices.clear();
    const auto without = subscribe("presence", {}, kList);
    EXPECT_EQ(without->status, 421);
    EXPECT_EQ(without->header("Require"), "eventlist");
    const auto granted = subscribe("presence", "Supported: eventlist\r\n", kList);
    EXPECT_EQ(granted->status, 200);
    EXPECT_EQ(granted->header("Require"), "eventlist");
    EXPECT_THAT(outside.to_flows, SizeIs(2));  // both are asked about
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    Sent& told = outside.to_devices[0];
    EXPECT_EQ(told.headers["Require"], "eventlist");
    EXPECT_THAT(told.content_type, StartsWith("multipart/related;type=\"application/rlmi+xml\""));
    EXPECT_THAT(told.body,
                AllOf(HasSubstr("version='0' fullState='true'"),
                      HasSubstr("uri='sip:romeo@fabrikam.example'"),
                      HasSubstr("uri='sip:nurse@fabrikam.example'"),
                      HasSubstr("<basic>closed</basic>")));
    // Who is new comes with the whole list again.
    add("tybalt");
    ASSERT_THAT(outside.to_devices, SizeIs(2));
    EXPECT_THAT(outside.to_devices[1].body,
                AllOf(HasSubstr("version='1' fullState='true'"), HasSubstr("tybalt")));
    EXPECT_EQ(
        subscribe("presence", "Supported: eventlist\r\n", "sip:bob@contoso.example;list=contacts")
            ->status,
        403);
}

TEST_F(DeviceDialogs, ALongResourceListComesInParts) {
    sign_in("alice", 1);
    for (int i = 0; i < 100; ++i) {
        add(fmt::format("c{}", i));
    }
    outside.to_devices.clear();
    subscribe("presence", "Supported: eventlist\r\n", kList);
    ASSERT_THAT(outside.to_devices, SizeIs(3));
    EXPECT_THAT(outside.to_devices[0].body,
                AllOf(HasSubstr("fullState='true'"), HasSubstr("uri='sip:c99@fabrikam.example'")));
    EXPECT_THAT(outside.to_devices[2].body,
                AllOf(HasSubstr("version='2' fullState='false'"),
                      HasSubstr("entity='sip:c99@fabrikam.example'")));
}

TEST_F(DeviceDialogs, WhatIsPublishedEnds) {
    sign_in("alice", 1);
    watched_by("romeo");
    answer(outside.to_flows.back(), 200);
    EXPECT_EQ(publish({}, {})->status, 400);
    EXPECT_EQ(publish("Expires: 5\r\n")->header("Min-Expires"), "60");
    const auto closed = publish("Expires: 100\r\n", "closed");
    EXPECT_EQ(closed->header("Expires"), "100");
    timers.advance(std::chrono::seconds(50));
    const std::string tag =
        fmt::format("SIP-If-Match: {}\r\nExpires: 100\r\n", closed->header("SIP-ETag"));
    EXPECT_EQ(publish(tag, {})->status, 200);
    timers.advance(std::chrono::seconds(60));  // it was refreshed
    EXPECT_THAT(outside.to_flows.back().body, HasSubstr("<basic>closed</basic>"));
    answer(outside.to_flows.back(), 200);
    timers.advance(std::chrono::seconds(41));
    EXPECT_THAT(outside.to_flows.back().body, HasSubstr("<basic>open</basic>"));
    EXPECT_EQ(publish(tag, {})->status, 412);
}

TEST_F(DeviceDialogs, ABackupIsInForceAtOnce) {
    sign_in("alice", 1, true);
    sign_in("bob", 2, true);
    subscribe("vnd-microsoft-roaming-contacts");
    add("romeo");
    outside.to_devices.clear();
    ContactList kept;
    kept.block("tybalt@fabrikam.example");
    kept.set_contact({.address = "nurse@fabrikam.example", .name = "Nurse", .groups = {1}});
    home.restore_all({{"alice@contoso.example",
                       policy::SipCredentials::make("alice@contoso.example", kPassword)}},
                     {{.user = "alice@contoso.example", .kind = "contacts", .body = kept.save()}});
    EXPECT_EQ(home.devices(), 1U);  // bob has no password any more
    EXPECT_THAT(outside.closed, testing::ElementsAre(2));
    const auto list = std::ranges::find_if(outside.to_devices, [](const Sent& sent) {
        return sent.body.starts_with("<contactList ");
    });
    ASSERT_NE(list, outside.to_devices.end());
    EXPECT_THAT(list->body, AllOf(HasSubstr("nurse"), Not(HasSubstr("romeo"))));
    EXPECT_EQ(flows_ask({.uri = "sip:alice@contoso.example", .from = "sip:tybalt@fabrikam.example"})
                  ->status,
              403);
}

TEST_F(DeviceDialogs, WhoeverGetsTheAddressLaterFindsNothingOfHim) {
    sign_in("alice", 1, true);
    add("romeo");
    watched_by("nurse");
    const Sent notify = outside.to_flows.back();
    answer(notify, 200);
    home.forget("alice@contoso.example");
    EXPECT_EQ(home.devices(), 0U);
    EXPECT_THAT(outside.to_flows.back().headers["Subscription-State"],
                HasSubstr("reason=noresource"));
    home.set_credentials("alice@contoso.example",
                         policy::SipCredentials::make("alice@contoso.example", kPassword));
    sign_in("alice", 2, true);
    outside.to_devices.clear();
    subscribe("vnd-microsoft-roaming-contacts", {}, "sip:alice@contoso.example", 2);
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_THAT(outside.to_devices[0].body, Not(HasSubstr("romeo")));
}

TEST_F(DeviceDialogs, TenThousandContactsCostNoMoreThanTheLimit) {
    ContactList full;
    for (std::size_t i = 0; i < ContactList::kMaxContacts; ++i) {
        full.set_contact({.address = fmt::format("c{}@fabrikam.example", i)});
    }
    home.restore_all({{"alice@contoso.example",
                       policy::SipCredentials::make("alice@contoso.example", kPassword)}},
                     {{.user = "alice@contoso.example", .kind = "contacts", .body = full.save()}});
    sign_in("alice", 1, true);
    const auto refused =
        ask({.method = "SERVICE",
             .uri = "sip:alice@contoso.example",
             .headers = "Content-Type: application/SOAP+xml\r\n",
             .body = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
                     "xmlns:m='http://schemas.microsoft.com/winrtc/2002/11/sip'><s:Body>"
                     "<m:setContact><m:groups>1</m:groups><m:URI>sip:one@more.example</m:URI>"
                     "</m:setContact></s:Body></s:Envelope>"});
    EXPECT_EQ(refused->status, 403);
    EXPECT_THAT(outside.saved, IsEmpty());
    outside.to_devices.clear();
    for (unsigned part = 0; part < 10; ++part) {  // one message is no longer than 64 KiB
        std::string batch =
            "<batchSub xmlns='http://schemas.microsoft.com/2006/01/sip/batch-subscribe'>"
            "<action name='subscribe'><adhocList>";
        for (int i = 0; i < 1000; ++i) {
            batch += fmt::format("<resource uri='sip:b{}x{}@fabrikam.example'/>", part, i);
        }
        const auto answer =
            ask({.method = "SUBSCRIBE",
                 .uri = "sip:alice@contoso.example",
                 .headers = "Event: presence\r\nContact: <sip:192.0.2.1:40001;transport=tls>\r\n"
                            "Content-Type: application/msrtc-adrl-categorylist+xml\r\n",
                 .body = batch + "</adhocList></action></batchSub>",
                 .call_id = "batches",
                 .to_tag = part == 0 ? "" : "ours",
                 .cseq = part + 1});
        EXPECT_EQ(answer->status, 200);
    }
    EXPECT_EQ(outside.to_flows.size(), ContactList::kMaxContacts);
    EXPECT_LE(outside.to_devices.size(), 32U);
}

TEST_F(DeviceDialogs, SimpleOfLibpurpleReadsItsListInTheAnswer) {
    sign_in("alice", 1);
    add("romeo");
    const auto told = subscribe("vnd-microsoft-roaming-contacts");
    EXPECT_EQ(told->status, 200);
    EXPECT_THAT(told->body, HasSubstr("romeo@fabrikam.example"));
    EXPECT_EQ(subscribe("vnd-microsoft-roaming-self")->status, 489);
}

}  // namespace
}  // namespace isthmus::home
