#include "net/socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "party.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;

class Tcp : public ::testing::Test, public RealWire {};

TEST_F(Tcp, CarriesOctetsBothWaysAndCountsThem) {
    connect();
    client.say("ping");
    EXPECT_EQ(client.stream->appended(), 4U);
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "ping"; }));
    EXPECT_EQ(client.written, 4U);
    server.say("pong");
    EXPECT_TRUE(loop.run_until([&] { return client.heard == "pong"; }));
    EXPECT_EQ(client.stream->remote(), server.stream->local());
    EXPECT_EQ(client.stream->local(), server.stream->remote());
    EXPECT_FALSE(client.stream->is_secure());
    EXPECT_EQ(client.stream->peer_certificate(), nullptr);
}

TEST_F(Tcp, ATakenAddressIsNamedWithTheCommandThatShowsByWhom) {
    const auto first = network.listen(*Endpoint::parse("127.0.0.1:0"), [](auto) {});
    ASSERT_TRUE(first);
    const Endpoint taken = (*first)->local();
    const auto second = network.listen(taken, [](auto) {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "IST-TCP-002");
    EXPECT_EQ(second.error().detail,
              taken.to_string() + ": Address already in use; ss -ltnp 'sport = :" +
                  std::to_string(taken.port) + "' shows by whom");
    const auto elsewhere = network.listen(*Endpoint::parse("192.0.2.1:0"), [](auto) {});
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code, "IST-TCP-004");
    const Endpoint low = *Endpoint::parse("127.0.0.1:443");
    EXPECT_EQ(listen_error(low, SOCK_STREAM, EACCES).code, "IST-TCP-003");
    EXPECT_EQ(listen_error(low, SOCK_DGRAM, EADDRINUSE).detail,
              "127.0.0.1:443: Address already in use; ss -lunp 'sport = :443' shows by whom");
}

TEST_F(Tcp, WhatIsAppendedInOneTurnArrivesAsOneSegment) {
    connect();
    for (int i = 0; i < 100; ++i) {
        client.say("message ");
    }
    EXPECT_TRUE(loop.run_until([&] { return server.heard.size() == 800; }));
    EXPECT_EQ(server.calls, 1);
}

TEST_F(Tcp, UnconsumedOctetsComeAgainExtended) {
    connect();
    std::vector<std::string> seen;
    server.consume = [&](std::string_view unread) {
        seen.emplace_back(unread);
        return unread == "abcd" ? 3 : unread == "def" ? 3 : 0;
    };
    client.say("ab");
    EXPECT_TRUE(loop.run_until([&] { return seen.size() == 1; }));
    client.say("cd");
    EXPECT_TRUE(loop.run_until([&] { return seen.size() == 2; }));
    client.say("ef");
    EXPECT_TRUE(loop.run_until([&] { return seen.size() == 3; }));
    EXPECT_EQ(seen, (std::vector<std::string>{"ab", "abcd", "def"}));
}

TEST_F(Tcp, MegabytesPassInWholeAndInOrder) {
    connect();
    std::string sent;
    for (int i = 0; sent.size() < 20'000'000; ++i) {
        sent += std::to_string(i);
    }
    // The reader leaves odd remainders, small and large, for the next time.
    std::string heard;
    server.consume = [&](std::string_view unread) {
        const std::size_t used =
            unread.size() > 40'000 ? unread.size() - 37'777 : unread.size() - unread.size() % 7;
        heard += unread.substr(0, used);
        return used;
    };
    std::uint64_t last = 0;
    client.when_written = [&] {
        EXPECT_GT(client.written, last);
        last = client.written;
    };
    client.say(sent);
    EXPECT_TRUE(loop.run_until([&] { return heard.size() + 40'000 >= sent.size(); }));
    EXPECT_TRUE(sent.starts_with(heard));
    EXPECT_EQ(client.written, sent.size());
}

TEST_F(Tcp, PausedReaderHearsNothingUntilResumed) {
    connect();
    server.consume = [&](std::string_view unread) {
        server.heard += unread.substr(0, 1);
        server.stream->pause_reading(true);
        return std::size_t{1};
    };
    client.say("abc");
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "a"; }));
    client.say("d");
    loop.run_once(5ms);
    loop.run_once(5ms);
    EXPECT_EQ(server.heard, "a");
    // What had been read before comes without waiting for more.
    server.stream->pause_reading(false);
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "ab"; }));
    server.consume = nullptr;
    server.stream->pause_reading(false);
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "abcd"; }));
}

TEST_F(Tcp, WhatCameBeforeTheEndIsHeardByWhoRests) {
    connect();
    rest_after_each_octet();
}

TEST_F(Tcp, APausedReaderHoldsTheWriterBack) {
    connect();
    server.stream->pause_reading(true);
    client.say(std::string(30'000'000, 'x'));
    loop.run_until([&] { return client.written > 0; });
    for (int i = 0; i < 20; ++i) {
        loop.run_once(1ms);
    }
    EXPECT_LT(client.written, 30'000'000U);
    server.stream->pause_reading(false);
    EXPECT_TRUE(loop.run_until([&] { return server.heard.size() == 30'000'000; }));
    EXPECT_EQ(client.written, 30'000'000U);
}

TEST_F(Tcp, OnWrittenMayAppendMoreInTheSameTurn) {
    connect();
    client.when_written = [&] {
        if (client.written < 5) {
            client.say("x");
        }
    };
    client.say("x");
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "xxxxx"; }));
}

TEST_F(Tcp, ShutDownSendsAllThenBothSidesCloseInOrder) {
    connect();
    client.say(std::string(5'000'000, 'x'));
    client.stream->shut_down();
    server.when_closed = [&] { server.stream.reset(); };
    EXPECT_TRUE(loop.run_until([&] { return client.closed && server.closed; }));
    EXPECT_EQ(server.heard.size(), 5'000'000U);
    EXPECT_EQ(server.closed->kind, ErrorKind::Unreachable);
    EXPECT_EQ(server.closed->detail, "");
    EXPECT_EQ(client.closed->detail, "");
}

TEST_F(Tcp, TheAnswerToAHalfClosedPeerIsStillSent) {
    connect();
    server.consume = [&](std::string_view unread) {
        server.say("answer");
        return unread.size();
    };
    client.say("request");
    client.stream->shut_down();
    bool discarded_only = true;
    client.consume = [&](std::string_view unread) {
        discarded_only = false;
        return unread.size();
    };
    EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.written, 6U);
    EXPECT_TRUE(discarded_only);
}

TEST_F(Tcp, DestroyingTheStreamDropsTheConnectionAndNothingIsCalled) {
    connect();
    client.say("never sent");
    client.stream.reset();
    EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.heard, "");
    EXPECT_FALSE(client.closed);
}

TEST_F(Tcp, AHandlerMayDestroyTheStreamInEveryCallback) {
    connect();
    server.consume = [&](std::string_view unread) {
        server.stream.reset();
        return unread.size();
    };
    client.when_written = [&] { client.stream.reset(); };
    client.say("x");
    EXPECT_TRUE(loop.run_until([&] { return !server.stream && !client.stream; }));
    connect();
    client.when_written = nullptr;
    client.when_closed = [&] { client.stream.reset(); };
    server.stream.reset();
    EXPECT_TRUE(loop.run_until([&] { return !client.stream; }));
}

TEST_F(Tcp, ListenerOnAllAddressesHearsBothFamiliesAndIPv4LooksLikeIPv4) {
    connect("[::]:0");
    EXPECT_FALSE(acceptor->local().address.is_v4());
    client = {};
    server.stream.reset();
    for (const std::string_view address : {"127.0.0.1", "::1"}) {
        const Endpoint to{IpAddress::parse(address).value(), acceptor->local().port};
        const auto pending =
            network.connect({to}, 10s, [&](auto result) { client.take(std::move(*result)); });
        EXPECT_TRUE(loop.run_until([&] { return server.stream && client.stream; }));
        EXPECT_EQ(server.stream->remote().address.to_string(), address);
        client.stream.reset();
        server.stream.reset();
    }
}

TEST_F(Tcp, APortInUseIsAnError) {
    connect();
    const auto second = network.listen(acceptor->local(), [](auto) {});
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().detail.find(acceptor->local().to_string()), std::string::npos);
}

TEST_F(Tcp, ConnectTakesTheFirstAddressThatAnswers) {
    connect();
    const Endpoint good = acceptor->local();
    server.stream.reset();
    Endpoint refused;
    {
        const auto other = network.listen(at("127.0.0.1:0"), [](auto) {}).value();
        refused = other->local();
    }
    Party party;
    const auto pending =
        network.connect({refused, good}, 10s, [&](auto result) { party.take(std::move(*result)); });
    EXPECT_TRUE(loop.run_until([&] { return party.stream != nullptr; }));
    EXPECT_EQ(party.stream->remote(), good);
}

TEST_F(Tcp, ConnectFailsWithEveryAddressesReason) {
    Endpoint refused;
    {
        const auto other = network.listen(at("127.0.0.1:0"), [](auto) {}).value();
        refused = other->local();
    }
    std::optional<Error> error;
    const auto on_done = [&](auto result) { error = result.error(); };
    auto pending = network.connect({refused}, 10s, on_done);
    EXPECT_FALSE(error) << "called from inside connect()";
    EXPECT_TRUE(loop.run_until([&] { return error.has_value(); }));
    EXPECT_EQ(error->code, "IST-TCP-001");
    EXPECT_NE(error->detail.find(refused.to_string()), std::string::npos);
    error.reset();
    pending = network.connect({}, 10s, on_done);
    EXPECT_TRUE(loop.run_until([&] { return error.has_value(); }));
}

TEST_F(Tcp, ACancelledConnectIsNeverHeardOf) {
    bool called = false;
    bool accepted = false;
    const auto listening =
        network.listen(at("127.0.0.1:0"), [&](auto) { accepted = true; }).value();
    auto pending = network.connect({listening->local()}, 10s, [&](auto) { called = true; });
    loop.run_once(0ms);
    pending.reset();
    EXPECT_TRUE(loop.run_until([&] { return accepted; }));
    loop.run_once(1ms);
    EXPECT_FALSE(called);
}

/// A listener whose queue is full: the kernel answers no further SYN.
TEST_F(Tcp, PatienceWithASilentAddressEnds) {
    const int silent = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    ASSERT_EQ(::listen(silent, 0), 0);
    socklen_t size = sizeof any;
    getsockname(silent, reinterpret_cast<sockaddr*>(&any), &size);
    const Endpoint to{IpAddress::v4({127, 0, 0, 1}), ntohs(any.sin_port)};
    std::vector<int> fillers;
    for (int i = 0; i < 3; ++i) {
        fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        ::connect(fillers.back(), reinterpret_cast<sockaddr*>(&any), sizeof any);
    }
    std::optional<Error> error;
    const auto pending = network.connect({to}, 50ms, [&](auto result) { error = result.error(); });
    EXPECT_TRUE(loop.run_until([&] { return error.has_value(); }));
    EXPECT_NE(error->detail.find("no answer"), std::string::npos);
    // RFC 8305 §5: a silent address does not keep the next one waiting.
    connect();
    Party party;
    const auto race = network.connect(
        {to, acceptor->local()}, 10s, [&](auto result) { party.take(std::move(*result)); });
    EXPECT_TRUE(loop.run_until([&] { return party.stream != nullptr; }, 5s));
    EXPECT_EQ(party.stream->remote(), acceptor->local());
    for (const int filler : fillers) {
        close(filler);
    }
    close(silent);
}

/// Abuse case C16: without descriptors the listener rests instead of spinning, and goes on later.
TEST_F(Tcp, RunningOutOfDescriptorsDoesNotSpin) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
    GTEST_SKIP() << "the sanitizer opens a pipe to check a pointer";
#endif
#endif
    connect();
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const int waiting = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(waiting) + 1;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    std::vector<int> holes;
    for (int number = dup(0); number >= 0; number = dup(0)) {
        holes.push_back(number);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(acceptor->local().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(waiting, reinterpret_cast<sockaddr*>(&to), sizeof to);
    const auto kept = std::move(server.stream);  // its descriptor stays in use
    const auto turns = loop.turns();
    bool done = false;
    Timer timer(loop.timers(), [&] { done = true; });
    timer.arm(250ms);
    loop.run_until([&] { return done; });
    EXPECT_LE(loop.turns() - turns, 20U);
    EXPECT_EQ(server.stream, nullptr);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(loop.run_until([&] { return server.stream != nullptr; }));
    for (const int hole : holes) {
        close(hole);
    }
    close(waiting);
}

}  // namespace
}  // namespace isthmus::net
