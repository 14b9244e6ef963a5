// How long names are remembered, by a clock that the test moves: libunbound's, which reads it with
// gettimeofday().
#include "base/random.h"
#include "net/resolver.h"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <ctime>

#include "name_server.h"

namespace {

time_t moved_seconds = 0;

}  // namespace

// Instead of the C library's, for all that is linked with the tests.
extern "C" int gettimeofday(timeval* __restrict to, void* __restrict /*zone*/) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec + moved_seconds;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;

const std::string kData = srv_data(0, 0, 5269, "xmpp.example.org");

class DnsCache : public ::testing::Test {
  protected:
    DnsCache() { server.add("_a._tcp.example.org", RecordType::Srv, kData); }

    ~DnsCache() override { moved_seconds = 0; }

    Result<std::vector<SrvRecord>> ask(std::string_view name) {
        std::optional<Result<std::vector<SrvRecord>>> result;
        const auto pending = resolver->srv(name, [&](auto got) { result = std::move(got); });
        EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
        return *result;
    }

    /// How often the server is asked when `name` is looked up now, that long after the last time.
    int questions_after(std::chrono::seconds time, std::string_view name = "_a._tcp.example.org") {
        moved_seconds += time.count();
        const int before = server.questions;
        ask(name);
        return server.questions - before;
    }

    EventLoop loop;
    metrics::Registry metrics;
    SystemNetwork network{loop, metrics};
    NameServer server{network};
    SystemRandom random;
    std::unique_ptr<DnsResolver> resolver =
        DnsResolver::create(loop, random, {.servers = {server.address()}, .hosts_file = ""})
            .value();
};

TEST_F(DnsCache, AnAnswerIsKeptForItsTimeToLive) {
    server.ttl = 300;
    EXPECT_GT(questions_after(0s), 0);
    EXPECT_EQ(questions_after(290s), 0);
    EXPECT_GT(questions_after(20s), 0);
    server.ttl = 7;
    EXPECT_GT(questions_after(301s), 0);
    EXPECT_EQ(questions_after(3s), 0);
    EXPECT_GT(questions_after(5s), 0);
}

TEST_F(DnsCache, WhatDoesNotExistIsForgottenAfterHalfAMinute) {
    server.negative_ttl = 86400;
    EXPECT_GT(questions_after(0s, "_new._tcp.example.org"), 0);
    EXPECT_EQ(questions_after(20s, "_new._tcp.example.org"), 0);
    server.add("_new._tcp.example.org", RecordType::Srv, kData);
    EXPECT_GT(questions_after(11s, "_new._tcp.example.org"), 0);
    EXPECT_EQ(ask("_new._tcp.example.org").value().size(), 1U);
}

TEST_F(DnsCache, AServerThatFailedIsAskedAgainAfterHalfAMinute) {
    server.rcode_of_unknown = 2;
    EXPECT_FALSE(ask("_late._tcp.example.org"));
    server.add("_late._tcp.example.org", RecordType::Srv, kData);
    moved_seconds += 31;
    const auto found = ask("_late._tcp.example.org");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 1U);
}

TEST_F(DnsCache, AServerThatWasSilentIsAskedAgainAfterHalfAMinute) {
    resolver =
        DnsResolver::create(
            loop, random, {.servers = {server.address()}, .hosts_file = "", .deadline = 50ms})
            .value();
    server.be_silent_about("_late._tcp.example.org");
    EXPECT_FALSE(ask("_late._tcp.example.org"));
    server.be_silent_about("");
    server.add("_late._tcp.example.org", RecordType::Srv, kData);
    EXPECT_TRUE(loop.run_until([&] { return resolver->running() == 0; }, 60s));
    moved_seconds += 31;
    EXPECT_EQ(ask("_late._tcp.example.org").value().size(), 1U);
}

}  // namespace
}  // namespace isthmus::net
