#include "sip/locate.h"

#include "support/fixed_resolver.h"
#include "support/manual_loop.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::sip {
namespace {

using Names = std::vector<std::string>;

std::string describe(const std::vector<LocatedTarget>& targets) {
    std::string text;
    for (const LocatedTarget& target : targets) {
        text.append(text.empty() ? "" : " ");
        text.append(transport_name(target.transport)).append("/");
        text.append(target.endpoint.to_string());
    }
    return text;
}

class Locate : public testing::Test {
  protected:
    /// "tls/192.0.2.1:5061 ..." or the code of the error.
    std::string locate(LocateQuery query) {
        std::optional<std::string> said;
        const auto pending = sip::locate(resolver_, std::move(query), [&](auto answer) {
            EXPECT_FALSE(said) << "answered twice";
            said = answer ? describe(*answer) : std::string(answer.error().code);
        });
        EXPECT_FALSE(said) << "answered inside the call";
        loop_.run();
        return said.value_or("no answer");
    }

    const Names& questions() const { return resolver_.questions(); }

    test::ManualLoop loop_;
    test::FixedResolver resolver_{loop_};
};

TEST_F(Locate, NumericHostNeedsNoDns) {
    EXPECT_EQ(locate({.host = "192.0.2.1"}), "udp/192.0.2.1:5060");
    EXPECT_EQ(locate({.host = "[2001:db8::1]", .transport = Transport::Tls}),
              "tls/[2001:db8::1]:5061");
    EXPECT_EQ(locate({.host = "192.0.2.1", .is_secure = true}), "tls/192.0.2.1:5061");
    EXPECT_EQ(locate({.host = "192.0.2.1", .port = 5070, .transport = Transport::Tcp}),
              "tcp/192.0.2.1:5070");
}

// RFC 3263 §4.2: an explicit port means an address lookup, no SRV.
TEST_F(Locate, PortSkipsSrv) {
    resolver_.add_srv("_sip._tcp.example.com", {.port = 1, .target = "wrong.example.com"});
    resolver_.add_address("example.com", "2001:db8::1");
    resolver_.add_address("example.com", "192.0.2.1");
    EXPECT_EQ(locate({.host = "Example.COM", .port = 5070, .transport = Transport::Tcp}),
              "tcp/[2001:db8::1]:5070 tcp/192.0.2.1:5070");
    EXPECT_EQ(questions(), Names{"A example.com"});
}

TEST_F(Locate, NaptrChoosesTransportAndName) {
    resolver_.add_naptr("example.com", {20, 0, "s", "SIP+D2U", "_sip._udp.example.com"});
    resolver_.add_naptr("example.com", {10, 50, "S", "sips+d2t", "_sips._tcp.pool.example.com"});
    resolver_.add_naptr("example.com", {10, 40, "s", "SIP+D2S", "_sip._sctp.example.com"});
    resolver_.add_naptr("example.com", {5, 0, "u", "E2U+sip", "!.*!sip:x@y!"});
    resolver_.add_srv("_sips._tcp.pool.example.com", {.port = 5071, .target = "a.example.com"});
    resolver_.add_srv("_sip._udp.example.com", {.port = 5062, .target = "b.example.com"});
    resolver_.add_address("a.example.com", "192.0.2.1");
    resolver_.add_address("b.example.com", "192.0.2.2");
    EXPECT_EQ(locate({.host = "example.com"}), "tls/192.0.2.1:5071 udp/192.0.2.2:5062");
}

TEST_F(Locate, WithoutNaptrEveryUsableTransportIsAsked) {
    resolver_.add_srv("_sip._tcp.example.com", {.port = 5060, .target = "a.example.com"});
    resolver_.add_srv("_sip._udp.example.com", {.port = 5060, .target = "a.example.com"});
    resolver_.add_address("a.example.com", "192.0.2.1");
    EXPECT_EQ(locate({.host = "example.com", .usable = {Transport::Tls, Transport::Tcp}}),
              "tcp/192.0.2.1:5060");
    EXPECT_EQ(questions(),
              (Names{"NAPTR example.com",
                     "SRV _sips._tcp.example.com",
                     "SRV _sip._tcp.example.com",
                     "A a.example.com"}));
}

// RFC 3263 §4.3: all targets in order, for fail-over.
TEST_F(Locate, AllTargetsOfAllRecordsInOrder) {
    resolver_.add_srv("_sip._tcp.example.com", {.port = 5060, .target = "a.example.com"});
    resolver_.add_srv("_sip._tcp.example.com", {.port = 5064, .target = "gone.example.com"});
    resolver_.add_srv("_sip._tcp.example.com", {.port = 5062, .target = "b.example.com"});
    resolver_.add_srv("_sip._tcp.example.com", {.port = 5060, .target = "a.example.com"});
    resolver_.add_address("a.example.com", "192.0.2.1");
    resolver_.add_address("a.example.com", "192.0.2.2");
    resolver_.add_address("b.example.com", "192.0.2.3");
    EXPECT_EQ(locate({.host = "example.com", .transport = Transport::Tcp}),
              "tcp/192.0.2.1:5060 tcp/192.0.2.2:5060 tcp/192.0.2.3:5062");
    EXPECT_EQ(locate({.host = "example.com", .transport = Transport::Tcp, .max_targets = 2}),
              "tcp/192.0.2.1:5060 tcp/192.0.2.2:5060");
}

TEST_F(Locate, FallsBackToTheDomainItself) {
    resolver_.add_address("example.com", "192.0.2.1");
    EXPECT_EQ(locate({.host = "example.com"}), "udp/192.0.2.1:5060");
    EXPECT_EQ(locate({.host = "example.com", .transport = Transport::Tls}), "tls/192.0.2.1:5061");
    EXPECT_EQ(locate({.host = "example.com", .is_secure = true}), "tls/192.0.2.1:5061");
    EXPECT_EQ(locate({.host = "example.com", .usable = {Transport::Tcp}}), "tcp/192.0.2.1:5060");
}

// Also when the SRV question itself got no answer: an old name server is no reason to give up.
TEST_F(Locate, SilentSrvFallsBackToo) {
    resolver_.fail("_sip._tcp.example.com");
    resolver_.add_address("example.com", "192.0.2.1");
    EXPECT_EQ(locate({.host = "example.com", .transport = Transport::Tcp}), "tcp/192.0.2.1:5060");
}

TEST_F(Locate, SecureTargetsAreNeverPlain) {
    resolver_.add_naptr("example.com", {10, 0, "s", "SIP+D2T", "_sip._tcp.example.com"});
    resolver_.add_srv("_sip._tcp.example.com", {.port = 5060, .target = "a.example.com"});
    resolver_.add_srv("_sips._tcp.example.com", {.port = 5061, .target = "a.example.com"});
    resolver_.add_address("a.example.com", "192.0.2.1");
    EXPECT_EQ(locate({.host = "example.com", .is_secure = true}), "tls/192.0.2.1:5061");
    EXPECT_EQ(locate({.host = "192.0.2.1", .transport = Transport::Udp, .is_secure = true}),
              "IST-DNS-002");
}

TEST_F(Locate, SaysWhyThereIsNothing) {
    EXPECT_EQ(locate({.host = "nowhere.example"}), "IST-DNS-002");
    resolver_.add_srv("_sip._tcp.closed.example", {.port = 0, .target = "."});
    resolver_.add_address("closed.example", "192.0.2.1");
    EXPECT_EQ(locate({.host = "closed.example", .transport = Transport::Tcp}), "IST-DNS-003");
    resolver_.fail("silent.example");
    EXPECT_EQ(locate({.host = "silent.example", .port = 5060}), "IST-DNS-004");
}

TEST_F(Locate, DestroyedItStaysSilent) {
    resolver_.add_address("example.com", "192.0.2.1");
    bool was_called = false;
    auto pending =
        sip::locate(resolver_, {.host = "example.com"}, [&](const auto&) { was_called = true; });
    loop_.turn();
    pending.reset();
    loop_.run();
    EXPECT_FALSE(was_called);
}

TEST_F(Locate, MayBeDestroyedByItsHandler) {
    resolver_.add_address("example.com", "192.0.2.1");
    std::unique_ptr<net::Pending> pending;
    bool was_called = false;
    pending = sip::locate(resolver_, {.host = "example.com"}, [&](const auto&) {
        pending.reset();
        was_called = true;
    });
    loop_.run();
    EXPECT_TRUE(was_called);
}

TEST_F(Locate, AFloodOfRecordsIsCut) {
    for (int i = 0; i < 500; ++i) {
        resolver_.add_srv("_sip._tcp.example.com",
                          {.port = 5060, .target = "h" + std::to_string(i) + ".example.com"});
    }
    EXPECT_EQ(locate({.host = "example.com", .transport = Transport::Tcp}), "IST-DNS-002");
    EXPECT_LE(questions().size(), 17U);
}

}  // namespace
}  // namespace isthmus::sip
