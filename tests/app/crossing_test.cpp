// Two real threads and a real database: what the traffic thread wants stored is stored, told to it,
// and not lost when the process stops.
#include "app/crossing.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace isthmus::app {
namespace {

class CrossingTest : public testing::Test {
  protected:
    CrossingTest() {
        folder = std::filesystem::temp_directory_path() / "isthmus-app-XXXXXX";
        mkdtemp(folder.data());
        database.emplace(folder + "/t.db");
        store.emplace(*database);
        Config config;
        config.server_name = "gateway.contoso.example";
        wing = TrafficWing::create(config, policy::Policy::build({}).value(), metrics).value();
        crossing.emplace(*wing, control, *store);
        wing->start();
    }

    ~CrossingTest() override {
        wing->stop();
        crossing.reset();
        wing.reset();
        database.reset();
        std::filesystem::remove_all(folder);
    }

    /// In one turn of the traffic thread.
    void save(int count, int from = 0) {
        wing->loop().post([this, count, from] {
            for (int i = from; i < from + count; ++i) {
                wing->subscription_queue().save(
                    {.user = "alice@contoso.example",
                     .contact = std::to_string(i),
                     .user_uri = "sip:alice@contoso.example",
                     .dialogs = {},
                     .shown = {}},
                    [this](bool is_stored) { is_stored ? ++stored : ++failed; });
            }
        });
    }

    /// Returns when the traffic thread has ended the turn in which it did what was posted so far:
    /// the second question comes in a later turn than the first.
    void end_turn() {
        ASSERT_TRUE(crossing->read_status());
        ASSERT_TRUE(crossing->read_status());
    }

    std::size_t in_database() const {
        return store->load([](auto) {});
    }

    std::string folder;
    metrics::Registry metrics;
    net::EventLoop control;
    std::optional<store::Database> database;
    std::optional<store::SubscriptionStore> store;
    std::unique_ptr<TrafficWing> wing;
    std::optional<Crossing> crossing;
    std::atomic<int> stored = 0;
    std::atomic<int> failed = 0;
};

TEST_F(CrossingTest, ATurnIsATransactionAndTheTrafficThreadHears) {
    save(500);
    ASSERT_TRUE(control.run_until([this] { return in_database() != 0; }));
    EXPECT_EQ(in_database(), 500U);
    // The outcome goes back without the control thread.
    ASSERT_TRUE(crossing->read_status());
    EXPECT_EQ(stored, 500);
}

TEST_F(CrossingTest, ABrokenDatabaseIsToldAndStopsNothing) {
    database->execute("ALTER TABLE subscriptions RENAME TO hidden");
    save(3);
    end_turn();
    control.run_once(Duration::zero());
    end_turn();
    EXPECT_EQ(failed, 3);
    database->execute("ALTER TABLE hidden RENAME TO subscriptions");
    save(2);
    ASSERT_TRUE(control.run_until([this] { return in_database() == 2; }));
    ASSERT_TRUE(crossing->read_status());
    EXPECT_EQ(stored, 2);
}

TEST_F(CrossingTest, WhatIsQueuedAtTheEndIsWritten) {
    save(10);
    end_turn();
    // The first batch lies in the mailbox of a control thread that turns no more.
    save(20, 100);
    end_turn();
    wing->stop();
    EXPECT_EQ(in_database(), 0U);
    crossing->write_rest();
    EXPECT_EQ(in_database(), 30U);
    EXPECT_EQ(wing->subscription_queue().take_rest().size(), 0U);
    EXPECT_EQ(stored, 0) << "nobody is there to be told";
}

TEST_F(CrossingTest, SubscriptionsAreAskedAcross) {
    const control::PresenceSide side = crossing->presence_side();
    std::optional<Result<control::SubscriptionPage>> page;
    side.list({}, [&](auto made) { page = std::move(made); });
    ASSERT_TRUE(control.run_until([&] { return page.has_value(); }));
    EXPECT_EQ(page->value().total, 0U);
    EXPECT_EQ(side.get("7").error().code, "IST-API-002");
    EXPECT_EQ(side.refresh("7").error().kind, ErrorKind::NotFound);
    EXPECT_EQ(side.end("7").error().kind, ErrorKind::NotFound);
    std::optional<Result<void>> answer;
    side.remove_contact("alice@contoso.example", "nobody@fabrikam.example", [&](auto result) {
        answer = std::move(result);
    });
    ASSERT_TRUE(control.run_until([&] { return answer.has_value(); }));
    EXPECT_EQ(answer->error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace isthmus::app
