// What the flows keep books in: handles, notices, counters.
#include "gateway/counters.h"
#include "gateway/delivery_notices.h"
#include "gateway/message_log.h"
#include "gateway/recent_table.h"
#include "gateway/slab.h"
#include "support/counting_random.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace isthmus::gateway {
namespace {

TEST(Slab, AStaleHandleFindsNothing) {
    Slab<std::string> slab;
    const auto first = slab.acquire();
    *slab.find(first) = "a";
    slab.release(first);
    EXPECT_EQ(slab.find(first), nullptr);
    const auto second = slab.acquire();
    EXPECT_NE(second, first);
    EXPECT_EQ(slab.find(first), nullptr);
    EXPECT_NE(slab.find(second), nullptr);
    EXPECT_EQ(slab.find(12345), nullptr);
    slab.clear();
    EXPECT_EQ(slab.size(), 0U);
    EXPECT_EQ(slab.find(second), nullptr);
}

TEST(RecentTable, BoundedLeastRecentlyTouchedFirst) {
    RecentTable<int> table(1000);
    for (std::uint64_t key = 0; key < 1000; ++key) {
        table.touch(key * 64) = static_cast<int>(key);
    }
    table.touch(0);
    for (std::uint64_t key = 1000; key < 1500; ++key) {
        table.touch(key * 64) = static_cast<int>(key);
    }
    EXPECT_EQ(table.size(), 1000U);
    ASSERT_NE(table.find(0), nullptr);
    EXPECT_EQ(table.find(64), nullptr);
    EXPECT_EQ(table.find(500ULL * 64), nullptr);
    ASSERT_NE(table.find(501ULL * 64), nullptr);
    EXPECT_EQ(*table.find(501ULL * 64), 501);
    EXPECT_EQ(*table.oldest(), 501);
}

TEST(RecentTable, ErasedRowsComeBackFresh) {
    RecentTable<int> table(8);
    for (int round = 0; round < 100; ++round) {
        table.touch(5) = round + 1;
        table.touch(7);
        table.erase(5);
        table.erase(6);
        EXPECT_EQ(table.find(5), nullptr);
        EXPECT_EQ(table.touch(5), 0);
        table.erase_oldest();
        EXPECT_EQ(table.size(), 1U);
        EXPECT_NE(table.find(5), nullptr);
        table.erase_oldest();
        EXPECT_EQ(table.oldest(), nullptr);
    }
}

translate::ImdnRequest asked(std::string_view id) {
    return {.message_id = id, .datetime = "2006-04-04T12:16:49-05:00", .negative_delivery = true};
}

TEST(DeliveryNotices, OnlyTheAddresseeMayReport) {
    DeliveryNotices notices;
    const xmpp::Jid alice{"alice", "contoso.example", {}};
    const xmpp::Jid romeo{"romeo", "fabrikam.example", {}};
    notices.remember(7, asked("m-7"), alice, romeo);
    notices.remember(8, {}, alice, romeo);
    EXPECT_EQ(notices.size(), 1U);
    ASSERT_NE(notices.find(7, {"romeo", "fabrikam.example", "orchard"}, alice), nullptr);
    EXPECT_EQ(notices.find(7, romeo, alice)->asked.message_id, "m-7");
    EXPECT_EQ(notices.find(7, {"eve", "fabrikam.example", {}}, alice), nullptr);
    notices.forget(7);
    EXPECT_EQ(notices.find(7, romeo, alice), nullptr);
}

TEST(DeliveryNotices, BoundedOldestFirst) {
    DeliveryNotices notices(100);
    const xmpp::Jid alice{"alice", "contoso.example", {}};
    for (std::uint64_t id = 1; id <= 1000; ++id) {
        notices.remember(id, asked(std::to_string(id)), alice, alice);
        notices.forget(id % 2 == 0 ? id : 0);
    }
    EXPECT_LE(notices.size(), 100U);
    EXPECT_EQ(notices.find(1, alice, alice), nullptr);
    ASSERT_NE(notices.find(999, alice, alice), nullptr);
    EXPECT_EQ(notices.find(999, alice, alice)->asked.message_id, "999");
}

TEST(Counters, EveryOutcomeHasItsPlaceAndStrangersAreOther) {
    metrics::Registry registry;
    const Timers timers;
    Counters counters(registry, timers);
    policy::Objects objects;
    objects.partners = {{.domain = "fabrikam.example"}};
    const auto policy = policy::Policy::build(objects).value();
    counters.set_policy(*policy);
    counters.count(Direction::SipToXmpp, 0, Outcome::Delivered);
    counters.count(Direction::SipToXmpp, Counters::kOther, Outcome::Denied);
    counters.set_policy(*policy);
    counters.count(Direction::SipToXmpp, 0, Outcome::Delivered);
    const std::string text = registry.render();
    EXPECT_NE(
        text.find("isthmus_messages_total{direction=\"sip_to_xmpp\",partner=\"fabrikam.example\","
                  "result=\"delivered\"} 2\n"),
        std::string::npos);
    EXPECT_NE(text.find("partner=\"other\",result=\"denied\"} 1\n"), std::string::npos);
}

TEST(Counters, WhenAMessageGotThroughLast) {
    metrics::Registry registry;
    Timers timers;
    Counters counters(registry, timers);
    policy::Objects objects;
    objects.partners = {{.domain = "fabrikam.example"}, {.domain = "bystander.example"}};
    const auto policy = policy::Policy::build(objects).value();
    EXPECT_FALSE(counters.last_delivered("fabrikam.example"));
    counters.set_policy(*policy);
    timers.advance_to(TimePoint(std::chrono::seconds(5)));
    counters.count(Direction::XmppToSip, 0, Outcome::Failed);
    EXPECT_FALSE(counters.last_delivered("fabrikam.example"));
    counters.count(Direction::XmppToSip, 0, Outcome::Delivered);
    timers.advance_to(TimePoint(std::chrono::seconds(9)));
    EXPECT_EQ(counters.last_delivered("fabrikam.example"), TimePoint(std::chrono::seconds(5)));
    EXPECT_FALSE(counters.last_delivered("bystander.example"));
    EXPECT_FALSE(counters.last_delivered("stranger.example"));
}

TEST(Counters, WhatABlockHasRefused) {
    metrics::Registry registry;
    const Timers timers;
    Counters counters(registry, timers);
    policy::Objects objects;
    objects.access_edge.allow_federated_users = true;
    objects.partners = {{.domain = "fabrikam.example"}};
    objects.blocked_domains = {{.domain = "*.evil.example", .comment = {}},
                               {.domain = "bystander.example", .comment = {}}};
    const auto policy = policy::Policy::build(objects).value();
    counters.set_policy(*policy);
    for (const char* domain : {"a.evil.example", "b.evil.example", "fabrikam.example"}) {
        counters.count_decision(policy->decide_link(domain));
    }
    EXPECT_EQ(counters.block_hits("*.evil.example"), 2U);
    EXPECT_EQ(counters.block_hits("bystander.example"), 0U);
    counters.set_policy(*policy);
    EXPECT_EQ(counters.block_hits("*.evil.example"), 2U) << "another snapshot changes nothing";
    objects.blocked_domains = {{.domain = "*", .comment = {}}};
    counters.set_policy(*policy::Policy::build(objects).value());
    EXPECT_EQ(counters.block_hits("*.evil.example"), 0U);
}

TEST(MessageLog, IdsAreReadBackOnlyByTheRunThatMadeThem) {
    Timers timers;
    test::CountingRandom random;
    const MessageLog one(timers, random, nullptr);
    const MessageLog other(timers, random, nullptr);
    Arena arena;
    const std::string text(one.text_of(0x1234, arena));
    EXPECT_EQ(one.id_of(text), 0x1234U);
    EXPECT_FALSE(other.id_of(text));
    for (const char* wrong : {"", "12345678", "zzzzzzzz1", "not an id of ours"}) {
        EXPECT_FALSE(one.id_of(wrong)) << wrong;
    }
    EXPECT_FALSE(one.id_of(text + "x"));
}

}  // namespace
}  // namespace isthmus::gateway
