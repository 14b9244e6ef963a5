// One partner's flood beside others: alone anything goes, beside others a multiple of what they do.
#include "xmpp/fair_share.h"

#include <gmock/gmock.h>

#include "world.h"

namespace isthmus::test {
namespace {

using xmpp::FairShare;

class Shares : public testing::Test {
  protected:
    /// So many stanzas are brought in a second by who stops whenever it is told to.
    int bring(const std::shared_ptr<FairShare::Member>& who,
              int wanted,
              const std::function<void()>& meanwhile = {}) {
        int brought = 0;
        const TimePoint end = now + 1s;
        const Duration step = std::chrono::microseconds(1'000'000 / wanted);
        while (now < end) {
            const Duration rest = who->spend(now);
            ++brought;
            now += std::max(step, rest);
            if (meanwhile && brought % 10 == 0) {
                meanwhile();
            }
        }
        return brought;
    }

    TimePoint now{std::chrono::hours(1)};
    FairShare share{{.least = 1000, .factor = 4, .burst = 0.01}};
    std::shared_ptr<FairShare::Member> flood = share.of("flood");
    std::shared_ptr<FairShare::Member> quiet = share.of("quiet");
};

TEST_F(Shares, AloneAnythingGoes) {
    EXPECT_EQ(bring(flood, 100'000), 100'000);
    EXPECT_EQ(bring(flood, 100'000), 100'000);
}

TEST_F(Shares, BesideAQuietOneItGetsTheLeast) {
    quiet->spend(now);
    const int brought = bring(flood, 100'000, [this] { quiet->spend(now); });
    EXPECT_GE(brought, 900);
    EXPECT_LE(brought, 1100);
    // Until the other has been silent for a while.
    now += 2s;
    EXPECT_EQ(bring(flood, 50'000), 50'000);
}

TEST_F(Shares, WhoKeepsBelowTheLeastIsNeverStopped) {
    flood->spend(now);
    EXPECT_EQ(bring(quiet, 500, [this] { flood->spend(now); }), 500);
}

TEST_F(Shares, BesideBusyOnesItGetsAMultipleOfTheQuietest) {
    const auto busy = share.of("busy");
    const auto busier = share.of("busier");
    flood->spend(now);
    for (int i = 0; i < 3000; ++i) {
        busy->spend(now);
        busier->spend(now);
        busier->spend(now);
    }
    now += 1s;
    const int brought = bring(flood, 100'000);
    EXPECT_GE(brought, 11'000);
    EXPECT_LE(brought, 13'000);
}

TEST_F(Shares, TwoFloodsDoNotLiftEachOther) {
    const auto other = share.of("another flood");
    TimePoint free_at = now;
    for (int i = 0; i < 10; ++i) {
        quiet->spend(now);
        int brought_by_other = 0;
        const int brought = bring(flood, 100'000, [&] {
            quiet->spend(now);
            while (free_at <= now) {
                const Duration rest = other->spend(free_at);
                free_at += std::max<Duration>(10us, rest);
                ++brought_by_other;
            }
        });
        EXPECT_LE(brought, 1100);
        EXPECT_LE(brought_by_other, 1100);
    }
}

TEST_F(Shares, SeveralStreamsOfOnePartnerHaveOneShare) {
    EXPECT_EQ(share.of("flood"), flood);
    flood->spend(now);
    EXPECT_EQ(bring(flood, 50'000, [this] { share.of("flood")->spend(now); }), 50'000);
}

TEST_F(Shares, WhoIsGoneCountsNoMore) {
    quiet->spend(now);
    flood->spend(now);
    quiet.reset();
    now += 1s;
    flood->spend(now);
    EXPECT_EQ(bring(flood, 50'000), 50'000);
}

class FloodTest : public World {
  protected:
    static std::string texts(int count, std::string_view from = "bob@fabrikam.example") {
        std::string all;
        for (int i = 0; i < count; ++i) {
            all += "<message from='" + std::string(from) +
                   "' to='alice@contoso.example'><body>x</body></message>";
        }
        return all;
    }
};

TEST_F(FloodTest, IsTakenSlowlyAndCompletelyBesideAnother) {
    config.fair_stanzas_per_second = 1000;
    start();
    auto flooding = call_us();
    authenticate(*flooding);
    const auto other = call_as_bystander();
    say(*other, texts(1, "eve@bystander.example"));
    ASSERT_EQ(handler.messages.size(), 1U);

    flooding->send(texts(3000));
    loop.run();
    EXPECT_LE(handler.messages.size(), 20U);
    // The other is heard at once.
    say(*other, texts(1, "eve@bystander.example"));
    EXPECT_THAT(handler.messages.back(), testing::StartsWith("eve@"));
    loop.advance(500ms);
    EXPECT_GE(handler.messages.size(), 400U);
    EXPECT_LE(handler.messages.size(), 600U);
    // Nothing is lost; and nobody else speaking, nothing holds it back.
    loop.advance(4s);
    EXPECT_EQ(handler.messages.size(), 3002U);
}

}  // namespace
}  // namespace isthmus::test
