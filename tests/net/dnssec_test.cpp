// Answers that DNSSEC proves, and those that it does not. RFC 4035 §4.3, RFC 6698 §4.1.
#include "base/random.h"
#include "net/resolver.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "signed_zone.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHost = "xmpp.signed.example";
constexpr std::string_view kTlsa = "_5269._tcp.xmpp.signed.example";

class Dnssec : public ::testing::Test {
  protected:
    void SetUp() override {
        zone.add("_xmpp-server._tcp.signed.example", RecordType::Srv, srv_data(0, 0, 5269, kHost));
        zone.add(std::string(kTlsa), RecordType::Tlsa, "\3\1\1" + std::string(32, 'x'));
        zone.add(std::string(kHost), RecordType::A, {"\xc0\x00\x02\x01", 4});
    }

    Result<void> start(const std::string& anchors, std::vector<std::string> unsigned_domains = {}) {
        const std::string path = testing::TempDir() + "isthmus_anchors_" +
                                 testing::UnitTest::GetInstance()->current_test_info()->name();
        std::ofstream(path) << anchors;
        auto made = DnsResolver::create(loop,
                                        random,
                                        {.servers = {zone.address()},
                                         .hosts_file = "",
                                         .deadline = 5s,
                                         .trust_anchor_file = path,
                                         .unsigned_domains = std::move(unsigned_domains)});
        if (!made) {
            return made.error();
        }
        resolver = *std::move(made);
        return {};
    }

    template <class T>
    Result<std::vector<T>> wait_for(std::unique_ptr<Pending> (DnsResolver::*ask)(std::string_view,
                                                                                 LookupHandler<T>),
                                    std::string_view name) {
        std::optional<Result<std::vector<T>>> result;
        const auto pending =
            (*resolver.*ask)(name, [&](Result<std::vector<T>> got) { result = std::move(got); });
        EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
        return *result;
    }

    auto tlsa(std::string_view name = kTlsa) { return wait_for(&DnsResolver::tlsa, name); }

    bool is_srv_secure() {
        const auto found = wait_for(&DnsResolver::srv, "_xmpp-server._tcp.signed.example");
        return found && found->size() == 1 && found->front().is_secure;
    }

    EventLoop loop;
    metrics::Registry metrics;
    SystemNetwork network{loop, metrics};
    SignedZone zone{network, "signed.example"};
    SystemRandom random;
    std::unique_ptr<DnsResolver> resolver;
};

TEST_F(Dnssec, WhatIsProvedIsSecure) {
    ASSERT_TRUE(start(zone.anchor()));
    EXPECT_TRUE(is_srv_secure());
    const auto found = tlsa();
    ASSERT_TRUE(found) << found.error().detail;
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front(), (TlsaRecord{3, 1, 1, std::string(32, 'x')}));
}

TEST_F(Dnssec, AbsenceIsProvedToo) {
    ASSERT_TRUE(start(zone.anchor()));
    const auto found = tlsa("_5270._tcp.xmpp.signed.example");
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_TRUE(found->empty());
}

/// Abuse case B21.
TEST_F(Dnssec, WhatIsForgedOrStrippedIsNoAnswer) {
    zone.forge(std::string(kTlsa));
    zone.strip("_xmpp-server._tcp.signed.example");
    zone.strip("_5270._tcp.xmpp.signed.example");
    ASSERT_TRUE(start(zone.anchor()));
    for (const std::string_view name :
         {kTlsa, std::string_view("_5270._tcp.xmpp.signed.example")}) {
        const auto found = tlsa(name);
        ASSERT_FALSE(found) << name;
        EXPECT_EQ(found.error().code, "IST-DNS-004");
        EXPECT_NE(found.error().detail.find("DNSSEC"), std::string::npos) << found.error().detail;
    }
    EXPECT_FALSE(wait_for(&DnsResolver::srv, "_xmpp-server._tcp.signed.example"));
}

TEST_F(Dnssec, WithoutAnAnchorNothingIsSecure) {
    ASSERT_TRUE(start("other.example. IN DS 1 15 2 " + std::string(64, '0') + "\n"));
    EXPECT_FALSE(is_srv_secure());
    EXPECT_TRUE(tlsa().value().empty());
}

TEST_F(Dnssec, ADomainOfAClosedNetworkNeedNotBeSigned) {
    zone.strip("_xmpp-server._tcp.signed.example");
    ASSERT_TRUE(start(zone.anchor(), {"_tcp.signed.example"}));
    const auto found = wait_for(&DnsResolver::srv, "_xmpp-server._tcp.signed.example");
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ(found->size(), 1U);
    EXPECT_FALSE(is_srv_secure());
}

TEST_F(Dnssec, AFileWithoutAnchorsIsRefused) {
    for (const std::string text : {"", "nonsense", "; example. IN DS 1 15 2 00\n", "DS\n"}) {
        const auto made = start(text);
        ASSERT_FALSE(made) << text;
        EXPECT_EQ(made.error().code, "IST-CFG-001");
        EXPECT_NE(made.error().detail.find("trust_anchor_file"), std::string::npos);
    }
}

TEST(DnsMessage, TlsaRecordsAreReadAsTheyAre) {
    const auto message = [](std::string_view data) {
        return u16(1) + u16(0x8180U) + u16(0) + u16(1) + u16(0) + u16(0) + wire_name("a.example") +
               u16(52) + u16(1) + u32(60) + u16(static_cast<unsigned>(data.size())) +
               std::string(data);
    };
    const auto read = [&](std::string_view data) {
        return read_dns_answer(message(data), RecordType::Tlsa).value().tlsa;
    };
    EXPECT_EQ(read(std::string("\2\0\2", 3) + "abc"), (std::vector<TlsaRecord>{{2, 0, 2, "abc"}}));
    EXPECT_EQ(read("\3\1\1"), (std::vector<TlsaRecord>{{3, 1, 1, ""}}));
    EXPECT_TRUE(read("\3\1").empty());
    EXPECT_TRUE(read("").empty());
}

}  // namespace
}  // namespace isthmus::net
