// Pages of subscriptions out of many pairs: the right ones, in slices, and one user's at once.
#include "base/metrics.h"
#include "base/random.h"
#include "gateway/presence_flow.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;
using subscriptions::Record;
using subscriptions::Standing;

class NoSip final : public SipSide, public sip::EventSender {
  public:
    bool serves(std::string_view /*sip_domain*/) const override { return true; }

    bool is_congestion_safe(std::string_view /*sip_domain*/) const override { return true; }

    void send(const sip::OutgoingRequest& /*request*/,
              std::string_view /*sip_domain*/,
              sip::ResponseHandler& /*handler*/,
              std::uint64_t /*cookie*/) override {}

    void send(const sip::OutgoingRequest& /*request*/,
              std::string_view /*sip_domain*/,
              std::string_view /*next_hop*/,
              sip::ResponseHandler& /*handler*/,
              std::uint64_t /*cookie*/) override {}

    std::string_view contact(std::string_view /*sip_domain*/) const override { return "<sip:g>"; }
};

class NoXmpp final : public xmpp::Server {
  public:
    Result<std::vector<net::Endpoint>> listen(const std::vector<net::Endpoint>& /*at*/) override {
        return std::vector<net::Endpoint>();
    }

    void set_tls(std::shared_ptr<const net::TlsContext> /*context*/) override {}

    void send(const xmpp::Message& /*message*/, std::uint64_t /*cookie*/) override {}

    bool send(const xmpp::Presence& /*presence*/, std::uint64_t /*cookie*/) override {
        return true;
    }

    void send_error(xmpp::Kind /*kind*/,
                    const xmpp::Jid& /*from*/,
                    const xmpp::Jid& /*back_to*/,
                    std::string_view /*id*/,
                    const xmpp::StanzaError& /*error*/) override {}

    void recheck_partners() override {}

    void set_draining(bool /*draining*/) override {}

    std::vector<xmpp::LinkStatus> status() const override { return {}; }

    std::size_t pending() const override { return 0; }
};

class NoStore final : public subscriptions::Store {
  public:
    void save(Record /*record*/, Done done) override { tell(done); }

    void erase(std::string_view /*user*/, std::string_view /*contact*/, Done done) override {
        tell(done);
    }

  private:
    static void tell(const Done& done) {
        if (done) {
            done(true);
        }
    }
};

class PresenceListingTest : public testing::Test {
  protected:
    static constexpr std::size_t kPairs = 10'000;

    PresenceListingTest() {
        config.domains = {{"contoso.example", "contoso.example"}};
        policy::Objects objects;
        objects.access_edge.allow_federated_users = true;
        objects.rules = {
            {.identity = "Global", .enable_federation_access = true, .enable_xmpp_access = true}};
        for (const char* domain : {"fabrikam.example", "rare.example"}) {
            objects.partners.push_back(
                {.domain = domain, .partner_type = policy::PartnerType::Federated});
        }
        admission.set_policy(policy::Policy::build(objects).value());
        flow.attach(sip, sip, xmpp, store);
        std::vector<Record> records;
        for (std::size_t i = 0; i < kPairs; ++i) {
            records.push_back(record(i / 4, "c" + std::to_string(i) + "@fabrikam.example"));
        }
        records.push_back(record(1, "romeo@rare.example"));
        records.back().xmpp_watches_sip = Standing::None;
        flow.restore(records);
    }

    static Record record(std::size_t user, std::string contact) {
        Record made;
        made.user = "u" + std::to_string(user) + "@contoso.example";
        made.contact = std::move(contact);
        made.user_uri = "sip:" + made.user;
        made.sip_watches_xmpp = Standing::Active;
        made.xmpp_watches_sip = Standing::Active;
        return made;
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

    static std::string user(std::size_t number) {
        return "u" + std::to_string(number) + "@contoso.example";
    }

    Timers timers;
    SystemRandom random;
    metrics::Registry metrics;
    GatewayConfig config;
    Admission admission{config};
    Counters counters{metrics};
    NoSip sip;
    NoXmpp xmpp;
    NoStore store;
    PresenceFlow flow{config, admission, counters, timers, random, metrics};
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
