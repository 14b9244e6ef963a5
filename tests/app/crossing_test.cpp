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
        crossing.emplace(*wing, control, [this](const SubscriptionQueue::Batch& batch) {
            ++transactions;
            if (is_broken) {
                return false;
            }
            store->write(batch);
            return true;
        });
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
                     .dialogs = {}},
                    [this](bool is_stored) { is_stored ? ++stored : ++failed; });
            }
        });
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
    int transactions = 0;
    bool is_broken = false;
    std::atomic<int> stored = 0;
    std::atomic<int> failed = 0;
};

TEST_F(CrossingTest, ATurnIsATransactionAndTheTrafficThreadHears) {
    save(500);
    ASSERT_TRUE(control.run_until([this] { return transactions == 1; }));
    // The outcome goes back without the control thread.
    ASSERT_TRUE(crossing->read_status());
    EXPECT_EQ(stored, 500);
    EXPECT_EQ(in_database(), 500U);
    is_broken = true;
    save(3, 1000);
    ASSERT_TRUE(control.run_until([this] { return transactions == 2; }));
    ASSERT_TRUE(crossing->read_status());
    EXPECT_EQ(failed, 3);
    EXPECT_EQ(in_database(), 500U);
}

TEST_F(CrossingTest, WhatIsQueuedAtTheEndIsWritten) {
    save(10);
    ASSERT_TRUE(crossing->read_status());
    // The first batch lies in the mailbox of a control thread that turns no more.
    save(20, 100);
    ASSERT_TRUE(crossing->read_status());
    wing->stop();
    EXPECT_EQ(transactions, 0);
    crossing->write_rest();
    EXPECT_EQ(in_database(), 30U);
    crossing->write_rest();
    EXPECT_EQ(transactions, 2);
    EXPECT_EQ(stored, 0);
}

TEST_F(CrossingTest, SubscriptionsAreAskedAcross) {
    const control::PresenceSide side = crossing->presence_side();
    EXPECT_EQ(side.list({}).value().total, 0U);
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
