// RFC 3428 §8: one MESSAGE at a time per target, order kept, bounded, aged; others undisturbed.
#include "gateway/outbox.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace isthmus::gateway {
namespace {

class OutboxTest : public testing::Test, protected Outbox::Sender {
  protected:
    void transmit(const sip::OutgoingRequest& request, std::uint64_t cookie) override {
        sent.push_back(std::string(request.request_uri) + " " + std::string(request.body));
        cookies.push_back(cookie);
    }

    void on_expired(std::uint64_t cookie) override { expired.push_back(cookie); }

    Outbox::Submitted submit(std::string uri, std::string body, std::uint64_t cookie) {
        const sip::OutgoingHeader headers[] = {{"Subject", "s"}};
        // The texts die after the call: what is queued must be a copy.
        return outbox.submit(
            {.request_uri = uri, .from = "f", .to = "t", .headers = headers, .body = body}, cookie);
    }

    Timers timers;
    std::vector<std::string> sent;
    std::vector<std::uint64_t> cookies;
    std::vector<std::uint64_t> expired;
    Outbox outbox{*this, timers, {.per_target = 3, .total = 4, .patience = 30s}};
};

TEST_F(OutboxTest, OnePendingPerTargetInOrder) {
    const auto first = submit("sip:romeo@a", "1", 1);
    EXPECT_EQ(first.fate, Outbox::Fate::Sent);
    EXPECT_EQ(submit("sip:romeo@a", "2", 2).fate, Outbox::Fate::Queued);
    EXPECT_EQ(submit("sip:romeo@a", "3", 3).fate, Outbox::Fate::Queued);
    EXPECT_EQ(submit("sip:bystander@a", "b", 9).fate, Outbox::Fate::Sent);
    EXPECT_EQ(sent, (std::vector<std::string>{"sip:romeo@a 1", "sip:bystander@a b"}));
    outbox.finished(first.target);
    outbox.finished(first.target);
    outbox.finished(first.target);
    EXPECT_EQ(cookies, (std::vector<std::uint64_t>{1, 9, 2, 3}));
    EXPECT_EQ(sent.back(), "sip:romeo@a 3");
    EXPECT_EQ(outbox.queued(), 0U);
}

TEST_F(OutboxTest, BoundedPerTargetAndInTotal) {
    submit("sip:a@x", "", 1);
    for (std::uint64_t i = 2; i <= 4; ++i) {
        EXPECT_EQ(submit("sip:a@x", "", i).fate, Outbox::Fate::Queued);
    }
    EXPECT_EQ(submit("sip:a@x", "", 5).fate, Outbox::Fate::Full);
    submit("sip:b@x", "", 6);
    EXPECT_EQ(submit("sip:b@x", "", 7).fate, Outbox::Fate::Queued);
    EXPECT_EQ(submit("sip:b@x", "", 8).fate, Outbox::Fate::Full);
}

TEST_F(OutboxTest, AgedOutButThePendingOneStays) {
    const auto first = submit("sip:a@x", "1", 1);
    timers.advance(10s);
    submit("sip:a@x", "2", 2);
    timers.advance(10s);
    submit("sip:a@x", "3", 3);
    EXPECT_EQ(outbox.oldest(), 10s);
    timers.advance(20s);
    EXPECT_EQ(expired, (std::vector<std::uint64_t>{2}));
    outbox.finished(first.target);
    EXPECT_EQ(cookies, (std::vector<std::uint64_t>{1, 3}));
    timers.advance(60s);
    EXPECT_EQ(expired.size(), 1U);
}

TEST_F(OutboxTest, ManyTargetsComeAndGo) {
    for (int round = 0; round < 3; ++round) {
        std::vector<std::uint32_t> targets;
        for (int i = 0; i < 5000; ++i) {
            targets.push_back(submit("sip:user" + std::to_string(i) + "@x", "m", 1).target);
        }
        for (const std::uint32_t target : targets) {
            outbox.finished(target);
        }
    }
    EXPECT_EQ(sent.size(), 15000U);
}

}  // namespace
}  // namespace isthmus::gateway
