// Pages of subscriptions out of many pairs: the right ones, in slices, and one user's at once.
#include <optional>

#include "presence_world.h"

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;
using subscriptions::Record;
using subscriptions::Standing;

class PresenceListingTest : public PresenceWorld {
  protected:
    static constexpr std::size_t kPairs = 10'000;

    PresenceListingTest() {
        std::vector<Record> records;
        for (std::size_t i = 0; i < kPairs; ++i) {
            records.push_back(record(i / 4, "c" + std::to_string(i) + "@fabrikam.example"));
        }
        records.push_back(record(1, "romeo@rare.example"));
        records.back().xmpp_watches_sip = Standing::None;
        flow.restore(records);
    }

    void ask(SubscriptionFilter filter) {
        answer.reset();
        flow.list(std::move(filter), [this](Result<SubscriptionPage> page) {
            EXPECT_FALSE(answer) << "answered twice";
            answer = std::move(page);
        });
    }

    /// How many more slices it took.
    std::size_t wait() {
        std::size_t slices = 0;
        for (; !answer && slices < 1000; ++slices) {
            timers.advance(1ms);
        }
        return slices;
    }

    std::optional<Result<SubscriptionPage>> answer;
};

TEST_F(PresenceListingTest, TheFirstPageOfAllIsThereAtOnceWithTheTotal) {
    ask({.user = {}, .contact = {}, .partner = {}, .limit = 50});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->value().items.size(), 50U);
    EXPECT_EQ(answer->value().total, 2 * kPairs + 1);
}

TEST_F(PresenceListingTest, ALaterPageComesInSlices) {
    ask({.user = {}, .contact = {}, .partner = {}, .offset = 2 * kPairs - 1, .limit = 50});
    EXPECT_FALSE(answer);
    EXPECT_GT(wait(), 3U);
    EXPECT_EQ(answer->value().items.size(), 2U);
    EXPECT_EQ(answer->value().items.back().contact, "romeo@rare.example");
    EXPECT_EQ(answer->value().total, 2 * kPairs + 1);
}

TEST_F(PresenceListingTest, OnesPartnerIsFoundAmongAll) {
    ask({.user = {}, .contact = {}, .partner = "rare.example"});
    EXPECT_FALSE(answer);
    EXPECT_GT(wait(), 3U);
    ASSERT_EQ(answer->value().items.size(), 1U);
    EXPECT_EQ(answer->value().items[0].direction, "sip_watches_xmpp");
    EXPECT_EQ(answer->value().total, 1U);
}

TEST_F(PresenceListingTest, OfOneUserOnlyHisPairsAreLookedAt) {
    for (const std::size_t number : {std::size_t{0}, kPairs / 4 - 1}) {
        ask({.user = user(number), .contact = {}, .partner = {}});
        ASSERT_TRUE(answer) << "another slice means that others were looked at";
        EXPECT_EQ(answer->value().items.size(), 8U);
        EXPECT_EQ(answer->value().total, 8U);
        for (const SubscriptionStatus& one : answer->value().items) {
            EXPECT_EQ(one.user, user(number));
        }
    }
    ask({.user = "nobody@contoso.example", .contact = {}, .partner = {}});
    EXPECT_EQ(answer->value().total, 0U);
    ask({.user = user(1), .contact = "romeo@rare.example", .partner = {}});
    EXPECT_EQ(answer->value().total, 1U);
    ask({.user = user(1), .contact = {}, .partner = "rare.example"});
    EXPECT_EQ(answer->value().total, 1U);
}

TEST_F(PresenceListingTest, AUserWithVeryManyContactsIsListedInSlicesAndTheyMayGoMeanwhile) {
    std::vector<Record> records;
    for (std::size_t i = 0; i < 3000; ++i) {
        records.push_back(record(77'777, "d" + std::to_string(i) + "@fabrikam.example"));
    }
    flow.restore(records);
    ask({.user = user(77'777), .contact = {}, .partner = {}, .limit = 10'000});
    ASSERT_FALSE(answer);
    timers.advance(1ms);
    // All of them, and so the one at which the list rests.
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < 3000; ++i) {
        const std::string contact = records[i].contact;
        flow.list({.user = user(77'777), .contact = contact, .partner = {}},
                  [&ids](Result<SubscriptionPage> page) {
                      for (const SubscriptionStatus& one : page.value().items) {
                          ids.push_back(one.id);
                      }
                  });
    }
    for (const std::string& id : ids) {
        flow.end(id);
    }
    wait();
    EXPECT_EQ(answer->value().total, 0U);
    EXPECT_TRUE(answer->value().items.empty());
}

TEST_F(PresenceListingTest, ListsMadeAtOnceAreLimitedAndAllAnswered) {
    std::size_t answered = 0;
    std::size_t refused = 0;
    for (int i = 0; i < 40; ++i) {
        flow.list({.user = {}, .contact = {}, .partner = "rare.example"},
                  [&](const Result<SubscriptionPage>& page) { ++(page ? answered : refused); });
    }
    EXPECT_EQ(refused, 8U);
    for (int i = 0; i < 1000 && answered < 32; ++i) {
        timers.advance(1ms);
    }
    EXPECT_EQ(answered, 32U);
    ask({.user = {}, .contact = {}, .partner = "rare.example"});
    wait();
    EXPECT_EQ(answer->value().total, 1U);
}

}  // namespace
}  // namespace isthmus::gateway
