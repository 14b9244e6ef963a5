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

TEST_F(PresenceDialogsTest, NonsenseIsNoDialog) {
    for (const char* id : {"", "s", "zs", "1", "1x", "ffffffffffffffffffs", "99s", "0n"}) {
        EXPECT_FALSE(flow.get_dialog(id)) << id;
        EXPECT_FALSE(flow.end_dialog(id)) << id;
    }
}

}  // namespace
}  // namespace isthmus::gateway
