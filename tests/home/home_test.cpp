#include <gmock/gmock.h>

#include "home/contact_list.h"
#include "home_world.h"

namespace isthmus::home {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Messages = HomeWorld;

TEST_F(Messages, ToXmppUsersGoToTheFlows) {
    sign_in("alice", 1);
    ask({.uri = "sip:romeo@fabrikam.example",
         .headers = "Content-Type: text/plain\r\n",
         .body = "hello"});
    ASSERT_THAT(outside.passed, SizeIs(1));
    EXPECT_EQ(outside.passed[0].first, "hello");
}

TEST_F(Messages, ReachAllDevicesAndTheFirstSuccessCounts) {
    sign_in("alice", 1);
    sign_in("alice", 2);
    sign_in("bob", 3);
    outside.to_devices.clear();
    const auto done = flows_ask({.uri = "sip:alice@contoso.example",
                                 .from = "sip:romeo@fabrikam.example",
                                 .headers = "Content-Type: text/plain\r\n",
                                 .body = "hello"});
    ASSERT_THAT(outside.to_devices, SizeIs(2));
    EXPECT_EQ(outside.to_devices[0].flow + outside.to_devices[1].flow, 3U);
    EXPECT_EQ(outside.to_devices[0].body, "hello");
    answer(outside.to_devices[0], 486);
    EXPECT_EQ(done->status, 0);
    answer(outside.to_devices[1], 200);
    EXPECT_EQ(done->status, 200);
}

TEST_F(Messages, FailWhenAllDevicesFail) {
    sign_in("alice", 1);
    sign_in("alice", 2);
    outside.to_devices.clear();
    const auto done =
        flows_ask({.uri = "sip:alice@contoso.example", .from = "sip:romeo@fabrikam.example"});
    answer(outside.to_devices[0], 415);
    answer(outside.to_devices[1], 480);
    EXPECT_EQ(done->status, 415);
    EXPECT_EQ(
        flows_ask({.uri = "sip:bob@contoso.example", .from = "sip:romeo@fabrikam.example"})->status,
        480);
    const auto unknown =
        flows_ask({.uri = "sip:nobody@contoso.example", .from = "sip:romeo@fabrikam.example"});
    EXPECT_EQ(unknown->status, 404);
    EXPECT_THAT(unknown->header("ms-diagnostics"), testing::StartsWith("4005;source="));
}

using Lync = HomeWorld;

constexpr const char* kBatchHeaders =
    "Event: presence\r\nContact: <sip:192.0.2.1:40001;transport=tls>\r\n"
    "Content-Type: application/msrtc-adrl-categorylist+xml\r\n";

std::string batch_of(const std::string& uri) {
    return "<batchSub xmlns='http://schemas.microsoft.com/2006/01/sip/batch-subscribe'>"
           "<action name='subscribe'><adhocList><resource uri='" +
           uri + "'><context/></resource></adhocList></action></batchSub>";
}

std::string call_of(const std::string& inner) {
    return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' "
           "xmlns:m='http://schemas.microsoft.com/winrtc/2002/11/sip'><s:Body>" +
           inner + "</s:Body></s:Envelope>";
}

TEST_F(Lync, ContactListIsStoredBeforeItIsAnswered) {
    sign_in("alice", 1, true);
    const Ask add{.method = "SERVICE",
                  .uri = "sip:alice@contoso.example",
                  .headers = "Content-Type: application/SOAP+xml\r\n",
                  .body = call_of("<m:setContact><m:displayName>sip:romeo@fabrikam.example"
                                  "</m:displayName><m:groups>1</m:groups><m:URI>"
                                  "sip:romeo@fabrikam.example</m:URI></m:setContact>")};
    const auto done = ask(add);
    EXPECT_EQ(done->status, 0);
    ASSERT_THAT(outside.saved, SizeIs(1));
    const auto saved = ContactList::load(outside.saved[0].body);
    ASSERT_NE(saved.find("romeo@fabrikam.example"), nullptr);
    EXPECT_EQ(saved.find("romeo@fabrikam.example")->name, "");  // an address is no name
    outside.saved[0].done(true);
    EXPECT_EQ(done->status, 200);
    EXPECT_THAT(done->body, HasSubstr("m:setContact"));
    // Another time the disk is full: nothing has changed.
    Ask group = add;
    group.body = call_of("<m:addGroup><m:name>Verona</m:name></m:addGroup>");
    const auto refused = ask(group);
    outside.saved[1].done(false);
    EXPECT_EQ(refused->status, 500);
}

TEST_F(Lync, WhatHeSaysOfHimselfIsStoredBeforeItIsAnsweredAndTold) {
    sign_in("alice", 1, true);
    sign_in("bob", 2);
    ask({.method = "SUBSCRIBE",
         .uri = "sip:alice@contoso.example",
         .from = "sip:bob@contoso.example",
         .headers = "Event: presence\r\nExpires: 600\r\nContact: <sip:192.0.2.1:40002>\r\n",
         .flow = 2});
    timers.advance(std::chrono::seconds(10));
    for (const Sent& sent : std::vector(outside.to_devices)) {
        answer(sent, 200);
    }
    outside.to_devices.clear();
    const auto say = [&](const char* note) {
        return ask({.method = "SERVICE",
                    .uri = "sip:alice@contoso.example",
                    .headers = "Content-Type: application/msrtc-category-publish+xml\r\n",
                    .body = std::string("<publish xmlns='http://schemas.microsoft.com/2006/09/sip/"
                                        "rich-presence'><publications uri='sip:alice@contoso."
                                        "example'><publication categoryName='note' instance='0' "
                                        "container='200'><note xmlns='http://schemas.microsoft.com/"
                                        "2006/09/sip/note'><body type='personal'>") +
                            note + "</body></note></publication></publications></publish>"});
    };
    const auto lost = say("never stored");
    EXPECT_EQ(lost->status, 0);
    outside.saved.back().done(false);
    EXPECT_EQ(lost->status, 500);
    timers.advance(std::chrono::seconds(10));
    EXPECT_THAT(outside.to_devices, IsEmpty());
    const auto told = say("at the feast");
    EXPECT_THAT(outside.saved.back().body, HasSubstr("note\tat the feast\n"));
    outside.saved.back().done(true);
    EXPECT_EQ(told->status, 200);
    timers.advance(std::chrono::seconds(10));
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_THAT(outside.to_devices[0].body, HasSubstr("at the feast"));
}

TEST_F(Lync, IsProvisionedWithThePolicyInForce) {
    sign_in("alice", 1, true);
    const auto told = ask({.method = "SUBSCRIBE",
                           .uri = "sip:alice@contoso.example",
                           .headers = "Event: vnd-microsoft-provisioning-v2\r\nExpires: 0\r\n"
                                      "Contact: <sip:192.0.2.1:40001;transport=tls>\r\n"});
    EXPECT_EQ(told->status, 200);
    EXPECT_EQ(told->header("ms-piggyback-cseq"), "1");
    EXPECT_THAT(told->body, HasSubstr("<EnableXmppAccess>false</EnableXmppAccess>"));
    EXPECT_THAT(told->body, HasSubstr("<ExternalAccessPolicy>Global</ExternalAccessPolicy>"));
}

TEST_F(Lync, SomebodyElsesListIsRefused) {
    sign_in("alice", 1, true);
    EXPECT_EQ(ask({.method = "SERVICE",
                   .uri = "sip:bob@contoso.example",
                   .headers = "Content-Type: application/SOAP+xml\r\n",
                   .body = "<x/>"})
                  ->status,
              403);
    EXPECT_EQ(ask({.method = "SUBSCRIBE",
                   .uri = "sip:bob@contoso.example",
                   .headers = "Event: vnd-microsoft-roaming-contacts\r\n"
                              "Contact: <sip:192.0.2.1:40001;transport=tls>\r\n"})
                  ->status,
              403);
}

TEST_F(Lync, WatchesAContactThroughTheFlows) {
    sign_in("alice", 1, true);
    outside.to_devices.clear();
    EXPECT_EQ(ask({.method = "SUBSCRIBE",
                   .uri = "sip:alice@contoso.example",
                   .headers = kBatchHeaders,
                   .body = batch_of("sip:romeo@fabrikam.example")})
                  ->status,
              200);
    ASSERT_THAT(outside.to_flows, SizeIs(1));
    const Sent subscribe = outside.to_flows[0];
    EXPECT_EQ(subscribe.method, "SUBSCRIBE");
    EXPECT_EQ(subscribe.uri, "sip:romeo@fabrikam.example");
    ASSERT_THAT(outside.to_devices, SizeIs(1));  // nothing is known yet
    EXPECT_THAT(outside.to_devices[0].body, HasSubstr("<availability>18500<"));
    const auto noticed = flows_ask(
        {.method = "NOTIFY",
         .uri = "sip:home.contoso.example;transport=tls",
         .from = "sip:romeo@fabrikam.example",
         .to = "sip:alice@contoso.example",
         .headers = "Event: presence\r\nSubscription-State: active;expires=600\r\n"
                    "Contact: <sip:flows>\r\nContent-Type: application/pidf+xml\r\n",
         .body = "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
                 "entity='pres:romeo@fabrikam.example'><tuple id='a'><status><basic>open</basic>"
                 "</status><note>reading</note></tuple></presence>",
         .call_id = subscribe.call_id,
         .to_tag = subscribe.from_tag});
    EXPECT_EQ(noticed->status, 200);
    ASSERT_THAT(outside.to_devices, SizeIs(2));
    EXPECT_THAT(outside.to_devices[1].body, HasSubstr("<availability>3500<"));
    EXPECT_THAT(outside.to_devices[1].body, HasSubstr("reading"));
}

TEST_F(Lync, AcceptsAndBlocksWhoHasAddedHim) {
    sign_in("alice", 1, true);
    ask({.method = "SUBSCRIBE",
         .uri = "sip:alice@contoso.example",
         .headers = "Event: vnd-microsoft-roaming-self\r\n"
                    "Contact: <sip:192.0.2.1:40001;transport=tls>\r\n"});
    outside.to_devices.clear();
    for (const char* who : {"nurse", "tybalt"}) {
        EXPECT_EQ(
            flows_ask({.method = "SUBSCRIBE",
                       .uri = "sip:alice@contoso.example",
                       .from = std::string("sip:") + who + "@fabrikam.example",
                       .headers = "Event: presence\r\nExpires: 600\r\nContact: <sip:flows>\r\n"})
                ->status,
            200);
    }
    ASSERT_THAT(outside.to_flows, SizeIs(2));  // NOTIFY pending
    EXPECT_THAT(outside.to_flows[0].headers["Subscription-State"], HasSubstr("pending"));
    ASSERT_THAT(outside.to_devices, SizeIs(2));
    EXPECT_THAT(outside.to_devices[1].body, HasSubstr("user='nurse@fabrikam.example'"));
    for (const Sent& sent : std::vector(outside.to_flows)) {
        answer(sent, 200);
    }
    ask({.method = "SERVICE",
         .uri = "sip:alice@contoso.example",
         .headers = "Content-Type: application/msrtc-presence-setsubscriber+xml\r\n",
         .body = "<setSubscribers><subscriber user='nurse@fabrikam.example' acknowledged='true'/>"
                 "</setSubscribers>"});
    ask({.method = "SERVICE",
         .uri = "sip:alice@contoso.example",
         .headers = "Content-Type: application/msrtc-setcontainermembers+xml\r\n",
         .body = "<setContainerMembers><container id='32000'><member action='add' type='user' "
                 "value='tybalt@fabrikam.example'/></container></setContainerMembers>"});
    // His client hears of the block: it can take back only what it knows.
    outside.to_devices.clear();
    outside.saved.back().done(true);
    ASSERT_THAT(outside.to_devices, SizeIs(1));
    EXPECT_THAT(outside.to_devices[0].body,
                HasSubstr("<container id='32000' version='1'><member type='user' "
                          "value='tybalt@fabrikam.example'/></container>"));
    timers.advance(std::chrono::seconds(2));
    ASSERT_THAT(outside.to_flows, SizeIs(4));
    std::string active;
    std::string ended;
    for (std::size_t i = 2; i < 4; ++i) {
        Sent& sent = outside.to_flows[i];
        (sent.headers["Subscription-State"].starts_with("active") ? active : ended) = sent.to;
    }
    EXPECT_THAT(active, HasSubstr("nurse"));
    EXPECT_THAT(ended, HasSubstr("tybalt"));
    EXPECT_EQ(flows_ask({.uri = "sip:alice@contoso.example", .from = "sip:tybalt@fabrikam.example"})
                  ->status,
              403);
}

TEST_F(Lync, ThatDoesNotAcknowledgeCostsLittle) {
    sign_in("alice", 1, true);
    for (int i = 0; i < 200; ++i) {
        ask({.method = "SUBSCRIBE",
             .uri = "sip:alice@contoso.example",
             .headers = kBatchHeaders,
             .body = batch_of("sip:c" + std::to_string(i) + "@fabrikam.example"),
             .call_id = "one",
             .to_tag = i == 0 ? "" : "ours",
             .cseq = static_cast<unsigned>(i) + 1});
    }
    EXPECT_LE(outside.to_devices.size(), 33U);
    // When it answers at last it hears of the others, many at a time.
    for (const Sent& sent : std::vector(outside.to_devices)) {
        answer(sent, 200);
    }
    EXPECT_LE(outside.to_devices.size(), 45U);
    EXPECT_THAT(outside.to_devices.back().content_type, HasSubstr("multipart/related"));
}

}  // namespace
}  // namespace isthmus::home
