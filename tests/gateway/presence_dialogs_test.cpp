// SIP dialogs as an administrator lists and ends them.
#include <algorithm>
#include <optional>

#include "presence_world.h"

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;
using subscriptions::Record;

class PresenceDialogsTest : public PresenceWorld {
  protected:
    PresenceDialogsTest() {
        std::vector<Record> records;
        for (std::size_t i = 0; i < 20; ++i) {
            records.push_back(record(i, "c@fabrikam.example"));
        }
        records.push_back(record(3, "romeo@rare.example"));
        flow.restore(records);
        flow.begin();
        timers.advance(60s);  // all have asked again
    }

    DialogPage list(SubscriptionFilter filter) {
        std::optional<DialogPage> page;
        flow.list_dialogs(std::move(filter),
                          [&page](Result<DialogPage> made) { page = std::move(made.value()); });
        for (int slices = 0; !page && slices < 1000; ++slices) {
            timers.advance(1ms);
        }
        return page.value();
    }
};

TEST_F(PresenceDialogsTest, AreListedWithWhatTheyServe) {
    const DialogPage all = list({});
    EXPECT_EQ(all.total, 21U);
    const DialogPage one = list({.user = user(3), .contact = {}, .partner = "rare.example"});
    ASSERT_EQ(one.items.size(), 1U);
    const DialogStatus& dialog = one.items.front();
    EXPECT_EQ(dialog.role, "subscriber");
    EXPECT_EQ(dialog.user, user(3));
    EXPECT_EQ(dialog.contact, "romeo@rare.example");
    EXPECT_EQ(dialog.partner, "rare.example");
    EXPECT_FALSE(dialog.call_id.empty());
    EXPECT_TRUE(flow.get(dialog.subscription)) << dialog.subscription;
    EXPECT_EQ(flow.get_dialog(dialog.id)->call_id, dialog.call_id);
    EXPECT_EQ(
        list({.user = {}, .contact = {}, .partner = {}, .offset = 20, .limit = 5}).items.size(),
        1U);
}

TEST_F(PresenceDialogsTest, AnEndedOneIsMadeAfresh) {
    const DialogStatus before = list({.user = user(5), .contact = {}, .partner = {}}).items.front();
    ASSERT_TRUE(flow.end_dialog(before.id));
    EXPECT_FALSE(flow.end_dialog(before.id)) << "it is ending already";
    const DialogPage after = list({.user = user(5), .contact = {}, .partner = {}});
    ASSERT_EQ(after.items.size(), 1U);
    EXPECT_NE(after.items.front().call_id, before.call_id);
    EXPECT_EQ(list({}).total, 21U) << "the others stand";
}

TEST_F(PresenceDialogsTest, ChangesAreToldAsThingsAreNow) {
    const std::uint64_t start = flow.change_count();
    EXPECT_TRUE(flow.news(start, 20).pairs.empty());
    const DialogStatus dialog = list({.user = user(5), .contact = {}, .partner = {}}).items.front();
    ASSERT_TRUE(flow.end_dialog(dialog.id));
    PresenceNews news = flow.news(start, 20);
    EXPECT_GT(news.last, start);
    ASSERT_EQ(news.pairs.size(), 1U) << "the pair once, however often it changed";
    EXPECT_EQ(news.pairs[0].pair + "x", dialog.subscription);
    ASSERT_EQ(news.pairs[0].subscriptions.size(), 1U);
    EXPECT_EQ(news.pairs[0].subscriptions[0].id, dialog.subscription);
    ASSERT_EQ(news.pairs[0].dialogs.size(), 1U);
    EXPECT_NE(news.pairs[0].dialogs[0].call_id, dialog.call_id);
    ASSERT_TRUE(flow.end(dialog.subscription));
    news = flow.news(news.last, 20);
    ASSERT_EQ(news.pairs.size(), 1U);
    EXPECT_EQ(news.pairs[0].pair + "x", dialog.subscription);
    EXPECT_TRUE(news.pairs[0].subscriptions.empty());
    EXPECT_TRUE(news.pairs[0].dialogs.empty());
    EXPECT_TRUE(flow.news(news.last, 20).pairs.empty());
}

TEST_F(PresenceDialogsTest, OfManyChangesTheLatestAreToldAndTheRestCounted) {
    const PresenceNews news = flow.news(0, 5);
    EXPECT_EQ(news.last, flow.change_count());
    EXPECT_EQ(news.pairs.size(), 5U);
    EXPECT_GE(news.left_out, 16U) << "there are 21 pairs";
}

TEST(RecentPairs, WhatTheRingHasLostIsCounted) {
    RecentPairs recent;
    std::size_t left_out = 0;
    EXPECT_TRUE(recent.since(0, 5, left_out).empty());
    for (PairHandle pair = 1; pair <= RecentPairs::kKept + 10; ++pair) {
        recent.add(pair);
    }
    const auto all = recent.since(0, RecentPairs::kKept * 2, left_out);
    EXPECT_EQ(all.size(), RecentPairs::kKept);
    EXPECT_EQ(all.front(), RecentPairs::kKept + 10);
    EXPECT_EQ(all.back(), 11U);
    EXPECT_EQ(left_out, 10U);
    recent.add(3);
    recent.add(4);
    recent.add(3);
    EXPECT_EQ(recent.since(RecentPairs::kKept + 10, 5, left_out), (std::vector<PairHandle>{3, 4}));
    EXPECT_EQ(left_out, 0U);
}

TEST_F(PresenceDialogsTest, NonsenseIsNoDialog) {
    for (const char* id : {"", "s", "zs", "1", "1x", "ffffffffffffffffffs", "99s", "0n"}) {
        EXPECT_FALSE(flow.get_dialog(id)) << id;
        EXPECT_FALSE(flow.end_dialog(id)) << id;
    }
}

}  // namespace
}  // namespace isthmus::gateway
