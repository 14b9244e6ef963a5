// Pairs and dialogs come back as they went in; a transaction is all or nothing.
#include "store/subscription_store.h"

#include <optional>
#include <string>

#include "both_databases.h"

namespace isthmus::store {
namespace {

using subscriptions::Record;
using subscriptions::Standing;

Record pair(std::string user, std::string contact) {
    return {.user = std::move(user),
            .contact = std::move(contact),
            .user_uri = "sip:Alice@contoso.example",
            .sip_watches_xmpp = Standing::Active,
            .xmpp_watches_sip = Standing::Pending,
            .since = 1'790'000'000,
            .dialogs = {{.saved = std::string("a\0b\xFF", 4), .expires_at = 1'790'003'600},
                        {.saved = "", .expires_at = -1}},
            .shown = {"desk", "", "mobile phone"}};
}

class SubscriptionStoreTest : public BothDatabases {
  protected:
    SubscriptionStoreTest() { open(); }

    void open() {
        store.reset();
        BothDatabases::open();
        store.emplace(*database);
    }

    void write(std::vector<SubscriptionChange> changes) { store->write(changes); }

    std::vector<Record> load() const {
        std::vector<Record> made;
        const std::size_t told = store->load(
            [&](std::vector<Record> slice) {
                EXPECT_LE(slice.size(), 2U);
                made.insert(made.end(), slice.begin(), slice.end());
            },
            2);
        EXPECT_EQ(told, made.size());
        return made;
    }

    std::optional<SubscriptionStore> store;
};

ISTHMUS_ON_BOTH_DATABASES(SubscriptionStoreTest);

TEST_P(SubscriptionStoreTest, EverythingComesBackInOrderWithItsOwnDialogs) {
    Record none = pair("alice@contoso.example", "nurse@fabrikam.example");
    none.dialogs.clear();
    none.sip_watches_xmpp = Standing::None;
    const Record bob = pair("bob@contoso.example", "juliet@fabrikam.example");
    const Record more = pair("bob@contoso.example", "mäuschen@bücher.example");
    const Record alice = pair("alice@contoso.example", "juliet@fabrikam.example");
    write({more, bob, none, alice});
    open();
    EXPECT_EQ(load(), (std::vector{alice, none, bob, more}));
}

TEST_P(SubscriptionStoreTest, TheLastWordOfABatchHolds) {
    const Record first = pair("a@contoso.example", "b@fabrikam.example");
    Record changed = first;
    changed.sip_watches_xmpp = Standing::None;
    changed.user_uri = "sip:A@contoso.example";
    changed.since = 5;
    changed.dialogs = {{.saved = "new", .expires_at = 7}};
    changed.shown.clear();
    write({first, changed});
    EXPECT_EQ(load(), std::vector{changed});
    write({ErasedPair{first.user, first.contact}, first});
    EXPECT_EQ(load(), std::vector{first});
}

TEST_P(SubscriptionStoreTest, ErasingTakesTheDialogsAndNobodyElses) {
    const Record gone = pair("a@contoso.example", "b@fabrikam.example");
    const Record bystander = pair("a@contoso.example", "c@fabrikam.example");
    write({gone, bystander});
    write({ErasedPair{gone.user, gone.contact}, ErasedPair{"nobody@contoso.example", "x"}});
    EXPECT_EQ(load(), std::vector{bystander});
    Record again = gone;
    again.dialogs.clear();
    write({again});
    EXPECT_EQ(load(), (std::vector{again, bystander}));
}

TEST_P(SubscriptionStoreTest, OneFaultAndNothingOfTheTransactionIsStored) {
    const Record before = pair("a@contoso.example", "b@fabrikam.example");
    write({before});
    Record bad = pair("z@contoso.example", "b@fabrikam.example");
    bad.xmpp_watches_sip = static_cast<Standing>(3);
    EXPECT_THROW(write({pair("c@contoso.example", "b@fabrikam.example"),
                        ErasedPair{before.user, before.contact},
                        bad}),
                 StoreError);
    EXPECT_EQ(load(), std::vector{before});
    write({ErasedPair{before.user, before.contact}});
    EXPECT_TRUE(load().empty());
}

TEST_P(SubscriptionStoreTest, ABigBatchIsTheSame) {
    std::vector<SubscriptionChange> changes;
    std::vector<Record> expected;
    for (int i = 10'000; i < 11'000; ++i) {
        expected.push_back(pair("u" + std::to_string(i) + "@contoso.example", "x@y.example"));
        changes.emplace_back(ErasedPair{expected.back().user, expected.back().contact});
        changes.emplace_back(expected.back());
    }
    write(changes);
    write(changes);
    EXPECT_EQ(load(), expected);
}

}  // namespace
}  // namespace isthmus::store
