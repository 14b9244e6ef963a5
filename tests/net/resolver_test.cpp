#include "net/resolver.h"

#include "base/random.h"
#include "net/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "name_server.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Dns : public ::testing::Test {
  protected:
    void start(DnsSettings settings) {
        settings.hosts_file = "";
        resolver = DnsResolver::create(loop, random, settings).value();
    }

    void start_with_server() { start({.servers = {server.address()}, .deadline = 1s}); }

    template <class T, class Ask>
    Result<std::vector<T>> wait_for(Ask ask) {
        std::optional<Result<std::vector<T>>> result;
        const auto pending = ask([&](Result<std::vector<T>> got) { result = std::move(got); });
        EXPECT_FALSE(result) << "answered inside the call";
        EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
        return *result;
    }

    Result<std::vector<IpAddress>> addresses(std::string_view name) {
        return wait_for<IpAddress>(
            [&](auto on_done) { return resolver->addresses(name, std::move(on_done)); });
    }

    std::vector<std::string> texts(std::string_view name) {
        std::vector<std::string> result;
        for (const IpAddress& address : addresses(name).value()) {
            result.push_back(address.to_string());
        }
        return result;
    }

    Result<std::vector<SrvRecord>> srv(std::string_view name) {
        return wait_for<SrvRecord>(
            [&](auto on_done) { return resolver->srv(name, std::move(on_done)); });
    }

    EventLoop loop;
    metrics::Registry metrics;
    SystemNetwork network{loop, metrics};
    NameServer server{network};
    SystemRandom random;
    std::unique_ptr<DnsResolver> resolver;
};

TEST_F(Dns, StaticNamesAreAnsweredWithoutAskingAnybody) {
    start({.servers = {server.address()},
           .static_names = {
               {"_xmpp-server._tcp.Fabrikam.example", {"0 0 5269 XMPP.fabrikam.example."}},
               {"xmpp.fabrikam.example", {"127.0.0.1", "::1"}}}});
    const auto records = srv("_xmpp-server._tcp.fabrikam.example").value();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].target, "xmpp.fabrikam.example");
    EXPECT_EQ(records[0].port, 5269);
    EXPECT_THAT(texts("xmpp.FABRIKAM.example"), ElementsAre("::1", "127.0.0.1"));
    // The domain is the table's: what it does not hold does not exist.
    EXPECT_THAT(srv("_sip._tcp.fabrikam.example").value(), IsEmpty());
    EXPECT_THAT(srv("_xmpp-server._tcp.xmpp.fabrikam.example").value(), IsEmpty());
    EXPECT_THAT(texts("fabrikam.example"), IsEmpty());
    EXPECT_EQ(server.questions, 0);
    EXPECT_TRUE(resolver->is_written_down("Fabrikam.example"));
    EXPECT_TRUE(resolver->is_written_down("xmpp.fabrikam.example."));
    EXPECT_FALSE(resolver->is_written_down("other.fabrikam.example"));
    EXPECT_EQ(addresses("other.fabrikam.example").error().code, "IST-DNS-001");
    EXPECT_GT(server.questions, 0);
}

TEST_F(Dns, ABadStaticEntryIsAnErrorThatNamesIt) {
    for (const std::string entry :
         {"", "nonsense", "0 0 5269", "0 0 70000 host", "a b c d", "1 2 3 4 5"}) {
        const auto made =
            DnsResolver::create(loop, random, {.static_names = {{"x.example", {entry}}}});
        ASSERT_FALSE(made) << entry;
        EXPECT_EQ(made.error().code, "IST-CFG-001");
        EXPECT_NE(made.error().detail.find("x.example"), std::string::npos);
    }
    EXPECT_FALSE(DnsResolver::create(loop, random, {.servers = {"not-an-address"}}));
}

TEST_F(Dns, LiteralAddressesAnswerThemselves) {
    start({.servers = {server.address()}});
    EXPECT_THAT(texts("192.0.2.1"), ElementsAre("192.0.2.1"));
    EXPECT_THAT(texts("[2001:db8::1]"), ElementsAre("2001:db8::1"));
    EXPECT_EQ(server.questions, 0);
}

TEST_F(Dns, AddressesOfBothFamiliesInTurnsIPv6First) {
    server.add("www.example.org", RecordType::A, {"\xc0\x00\x02\x01", 4});
    server.add("www.example.org", RecordType::A, {"\xc0\x00\x02\x02", 4});
    server.add(
        "www.example.org", RecordType::Aaaa, "\x20\x01\x0d\xb8" + std::string(11, '\0') + '\1');
    start_with_server();
    const auto found = texts("www.example.org.");
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0], "2001:db8::1");
}

TEST_F(Dns, TheFamilyThatAnswersDoesNotWaitForTheOther) {
    server.add("one.example.org", RecordType::A, {"\xc0\x00\x02\x01", 4});
    server.rcode_of_unknown = 2;  // the AAAA question fails
    start_with_server();
    EXPECT_THAT(texts("one.example.org"), ElementsAre("192.0.2.1"));
}

TEST_F(Dns, SrvRecordsComeSortedAndLowerCase) {
    server.add("_sip._tcp.example.org", RecordType::Srv, srv_data(20, 0, 5062, "c.example.org"));
    server.add("_sip._tcp.example.org", RecordType::Srv, srv_data(10, 5, 5060, "A.Example.org"));
    start_with_server();
    const auto records = srv("_sip._tcp.example.org").value();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].target, "a.example.org");
    EXPECT_EQ(records[0].weight, 5);
    EXPECT_EQ(records[0].ttl, 60U);
    EXPECT_FALSE(records[0].is_secure);
    EXPECT_EQ(records[1].port, 5062);
}

TEST_F(Dns, ATargetOfOneDotIsKept) {
    server.add("_xmpp-server._tcp.none.example", RecordType::Srv, srv_data(0, 0, 0, "."));
    start_with_server();
    const auto records = srv("_xmpp-server._tcp.none.example").value();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].target, ".");
}

TEST_F(Dns, NaptrRecordsAreReadAndOrdered) {
    const auto data = [](unsigned order, std::string_view service, std::string_view replacement) {
        return u16(order) + u16(50) + "\1S" + static_cast<char>(service.size()) +
               std::string(service) + '\0' + wire_name(replacement);
    };
    server.add("example.org", RecordType::Naptr, data(20, "SIP+D2U", "_sip._udp.example.org"));
    server.add("example.org", RecordType::Naptr, data(10, "SIPS+D2T", "_sips._tcp.example.org"));
    start_with_server();
    const auto records = wait_for<NaptrRecord>([&](auto on_done) {
                             return resolver->naptr("example.org", std::move(on_done));
                         }).value();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].service, "SIPS+D2T");
    EXPECT_EQ(records[0].flags, "s");
    EXPECT_EQ(records[0].replacement, "_sips._tcp.example.org");
}

TEST_F(Dns, NoSuchNameNoSuchRecordAndNoServerAreThreeAnswers) {
    start_with_server();
    const auto nothing = addresses("nothing.example.org");
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, "IST-DNS-001");
    EXPECT_EQ(nothing.error().kind, ErrorKind::NotFound);
    EXPECT_THAT(srv("_sip._tcp.nothing.example.org").value(), IsEmpty());
    EXPECT_EQ(addresses("what ever?").error().code, "IST-DNS-001");
    server.rcode_of_unknown = 2;
    const auto failed = srv("_sip._tcp.broken.example.org");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, "IST-DNS-004");
}

/// Abuse case B20, B22: our own deadline holds whatever the servers do.
TEST_F(Dns, ASilentServerEndsAtTheDeadline) {
    server.be_silent_about("silent.example.org");
    start({.servers = {server.address()}, .deadline = 50ms});
    const auto result = addresses("silent.example.org");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "IST-DNS-004");
    EXPECT_GT(resolver->running(), 0U);
    // Neighbours are served meanwhile.
    server.add("_sip._tcp.example.org", RecordType::Srv, srv_data(0, 0, 5060, "a.example.org"));
    EXPECT_EQ(srv("_sip._tcp.example.org").value().size(), 1U);
}

TEST_F(Dns, ACancelledLookupIsNeverHeardOf) {
    server.add("www.example.org", RecordType::A, {"\xc0\x00\x02\x01", 4});
    start_with_server();
    bool called = false;
    auto pending = resolver->addresses("www.example.org", [&](const auto&) { called = true; });
    pending.reset();
    auto literal = resolver->addresses("192.0.2.1", [&](const auto&) { called = true; });
    literal.reset();
    EXPECT_TRUE(loop.run_until([&] { return resolver->running() == 0; }));
    loop.run_once(1ms);
    EXPECT_FALSE(called);
}

TEST_F(Dns, ManyLookupsShareQuestionsAndAreCapped) {
    server.add("www.example.org", RecordType::A, {"\xc0\x00\x02\x01", 4});
    start_with_server();
    int done = 0;
    std::vector<std::unique_ptr<Pending>> pending;
    for (int i = 0; i < 100; ++i) {
        pending.push_back(resolver->addresses("www.example.org", [&](auto result) {
            EXPECT_EQ(result.value().size(), 1U);
            ++done;
        }));
    }
    EXPECT_LE(resolver->running(), 2U);
    for (int i = 0; i < 1000; ++i) {
        pending.push_back(resolver->srv("_sip._tcp.d" + std::to_string(i) + ".example.org",
                                        [&](const auto&) { ++done; }));
    }
    EXPECT_LE(resolver->running(), 256U);
    EXPECT_TRUE(loop.run_until([&] { return done == 1100; }));
    EXPECT_EQ(resolver->running(), 0U);
}

TEST_F(Dns, TheResolverMayDieWithQuestionsOpen) {
    server.be_silent_about("silent.example.org");
    start_with_server();
    auto pending = resolver->addresses("silent.example.org", [](const auto&) { FAIL(); });
    loop.run_once(5ms);
    pending.reset();
    resolver.reset();
    loop.run_once(5ms);
}

TEST_F(Dns, AHandlerMayDestroyItsLookup) {
    start_with_server();
    std::unique_ptr<Pending> pending;
    bool done = false;
    pending = resolver->addresses("192.0.2.1", [&](const auto&) {
        pending.reset();
        done = true;
    });
    EXPECT_TRUE(loop.run_until([&] { return done; }));
}

TEST_F(Dns, TheHostsFileAndTheSystemsServersAreUsed) {
    const std::string hosts = ::testing::TempDir() + "net_hosts";
    std::ofstream(hosts) << "192.0.2.7 printer.local.example\n";
    resolver =
        DnsResolver::create(loop, random, {.servers = {server.address()}, .hosts_file = hosts})
            .value();
    EXPECT_THAT(texts("printer.local.example"), ElementsAre("192.0.2.7"));
    EXPECT_EQ(server.questions, 0);
    std::remove(hosts.c_str());
}

/// Closed networks use the top-level domain that libunbound denies by itself.
TEST_F(Dns, TestDomainsAreAsked) {
    server.add("host.lab.test", RecordType::A, {"\xc0\x00\x02\x01", 4});
    start_with_server();
    EXPECT_THAT(texts("host.lab.test"), ElementsAre("192.0.2.1"));
}

TEST(DnsMessage, RefusesMalformedMessagesAndSkipsMalformedRecords) {
    const std::string header = u16(1) + u16(0x8180) + u16(0) + u16(1) + u16(0) + u16(0);
    const auto record = [](const std::string& name, unsigned type, const std::string& data) {
        return name + u16(type) + u16(1) + u16(0) + u16(60) +
               u16(static_cast<unsigned>(data.size())) + data;
    };
    const std::string good = header + record(wire_name("a.b"), 33, srv_data(1, 2, 3, "t.b"));
    ASSERT_TRUE(read_dns_answer(good, RecordType::Srv));
    EXPECT_EQ(read_dns_answer(good, RecordType::Srv)->srv.size(), 1U);
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(read_dns_answer(good.substr(0, size), RecordType::Srv)) << size;
    }
    // A name that points at itself, forwards, or into a loop.
    for (const std::string pointer : {"\xc0\x0c", "\xc0\x20", "\xff\xff"}) {
        EXPECT_FALSE(read_dns_answer(header + record(pointer, 1, "abcd"), RecordType::A));
    }
    const auto targets = [&](const std::string& data) {
        return read_dns_answer(header + record(wire_name("a.b"), 33, data), RecordType::Srv)
            ->srv.size();
    };
    EXPECT_EQ(targets(u16(1) + u16(2)), 0U);
    EXPECT_EQ(targets(srv_data(1, 2, 3, "host\r\nVia: x")), 0U);
    EXPECT_EQ(targets(srv_data(1, 2, 3, std::string("a\0b", 3))), 0U);
    EXPECT_EQ(read_dns_answer(header + record(wire_name("a.b"), 1, "12345"), RecordType::A)
                  ->addresses.size(),
              0U);
}

TEST(DnsMessage, TakesABoundedNumberOfRecords) {
    std::string message = u16(1) + u16(0x8180) + u16(0) + u16(3000) + u16(0) + u16(0);
    for (int i = 0; i < 3000; ++i) {
        message += '\0' + u16(33) + u16(1) + u16(0) + u16(60) + u16(7) + srv_data(1, 2, 3, ".");
    }
    EXPECT_EQ(read_dns_answer(message, RecordType::Srv)->srv.size(), kMaxRecords);
}

/// RFC 2782: within a priority the chance is in proportion to the weight.
TEST(DnsMessage, SrvOrderFollowsPriorityAndWeight) {
    SystemRandom random;
    int heavy_first = 0;
    for (int i = 0; i < 2000; ++i) {
        std::vector<SrvRecord> records = {
            {2, 0, 3, "backup"}, {1, 10, 1, "light"}, {1, 90, 2, "heavy"}, {1, 0, 4, "zero"}};
        order_srv(records, random);
        ASSERT_EQ(records.back().target, "backup");
        heavy_first += records.front().target == "heavy" ? 1 : 0;
    }
    EXPECT_NEAR(heavy_first, 1780, 120);
}

}  // namespace
}  // namespace isthmus::net
