// Batches, their order, their limit, and what a failed transaction does. A loop turned by hand;
// the control thread is a list of batches that the test answers when it likes.
#include "app/subscription_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace isthmus::app {
namespace {

using subscriptions::Record;

class SubscriptionQueueTest : public testing::Test {
  protected:
    SubscriptionQueueTest() {
        queue.set_commit([this](SubscriptionQueue::Batch batch, std::function<void(bool)> outcome) {
            batches.push_back(std::move(batch));
            answer = std::move(outcome);
        });
    }

    void save(const std::string& contact) {
        queue.save(
            Record{.user = "alice", .contact = contact, .user_uri = {}, .dialogs = {}, .shown = {}},
            [this, contact](bool stored) { told += contact + (stored ? "+" : "-"); });
    }

    void turn() { loop.run_once(Duration::zero()); }

    void outcome(bool stored) {
        std::exchange(answer, nullptr)(stored);
        turn();
    }

    static std::string contacts(const SubscriptionQueue::Batch& batch) {
        std::string made;
        for (const auto& change : batch) {
            const auto* record = std::get_if<Record>(&change);
            made += record != nullptr ? record->contact
                                      : "~" + std::get<store::ErasedPair>(change).contact;
        }
        return made;
    }

    net::EventLoop loop;
    metrics::Registry metrics;
    SubscriptionQueue queue{loop, metrics, 5, 3};
    std::vector<SubscriptionQueue::Batch> batches;
    std::function<void(bool)> answer;
    std::string told;
};

TEST_F(SubscriptionQueueTest, OneBatchATurnAndOneUnderWay) {
    save("a");
    queue.erase("alice", "b", {});
    EXPECT_TRUE(batches.empty()) << "not before the turn ends";
    turn();
    save("c");
    turn();
    save("d");
    turn();
    ASSERT_EQ(batches.size(), 1U) << "the second waits for the outcome of the first";
    EXPECT_EQ(contacts(batches[0]), "a~b");
    EXPECT_EQ(told, "");
    outcome(true);
    EXPECT_EQ(told, "a+");
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(contacts(batches[1]), "cd");
    outcome(true);
    EXPECT_EQ(told, "a+c+d+");
    EXPECT_EQ(queue.waiting(), 0U);
}

TEST_F(SubscriptionQueueTest, AFailedTransactionIsFalseForAllOfItAndForNoOther) {
    save("a");
    save("b");
    turn();
    save("c");
    outcome(false);
    outcome(true);
    EXPECT_EQ(told, "a-b-c+");
    const std::string page = metrics.render();
    EXPECT_NE(page.find("isthmus_subscription_writes_total{result=\"failed\"} 2"), page.npos);
    EXPECT_NE(page.find("isthmus_subscription_writes_total{result=\"stored\"} 1"), page.npos);
    EXPECT_NE(page.find("isthmus_subscription_writes_waiting 0"), page.npos);
}

TEST_F(SubscriptionQueueTest, BeyondTheLimitItIsRefusedInTheSameTurn) {
    for (const char* contact : {"a", "b", "c", "d", "e", "f"}) {
        save(contact);
    }
    EXPECT_EQ(told, "") << "never inside the call";
    turn();
    EXPECT_EQ(told, "f-");
    EXPECT_EQ(contacts(batches.at(0)), "abc") << "a transaction has its limit too";
    save("g");
    turn();
    EXPECT_EQ(told, "f-g-");
    outcome(true);
    save("h");
    turn();
    outcome(true);
    EXPECT_EQ(contacts(batches.at(1)), "de");
    EXPECT_EQ(contacts(batches.at(2)), "h");
    EXPECT_EQ(told, "f-g-a+b+c+d+e+");
}

TEST_F(SubscriptionQueueTest, AQueueThatIsFullAgainAndAgainFillsNoLog) {
    testing::internal::CaptureStderr();
    for (int round = 0; round < 5; ++round) {
        for (const char* contact : {"a", "b", "c", "d", "e", "f", "g"}) {
            save(contact);
        }
        turn();
        outcome(true);  // makes room for three
    }
    const std::string log = testing::internal::GetCapturedStderr();
    const std::size_t line = log.find("IST-LIM-005");
    ASSERT_NE(line, log.npos);
    EXPECT_EQ(log.find("IST-LIM-005", line + 1), log.npos) << log;
    EXPECT_NE(log.find("\"level\":\"warning\""), log.npos) << log;
    EXPECT_EQ(metrics.render().find("isthmus_subscription_writes_total{result=\"refused\"} 0"),
              std::string::npos);
}

TEST_F(SubscriptionQueueTest, WhatItIsAskedWhenItTellsMakesTheNextBatch) {
    queue.save(subscriptions::Record{}, [this](bool) { save("next"); });
    turn();
    outcome(true);
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(contacts(batches[1]), "next");
}

TEST_F(SubscriptionQueueTest, TheRestIsWhatNobodyWasGiven) {
    save("a");
    turn();
    save("b");
    save("c");
    EXPECT_EQ(contacts(queue.take_rest()), "bc");
    EXPECT_TRUE(queue.take_rest().empty());
}

}  // namespace
}  // namespace isthmus::app
