#include "net/event_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;

class Reader final : public Watch {
  public:
    Reader(EventLoop& loop, int descriptor) : Watch(loop), descriptor_(descriptor) {
        EXPECT_TRUE(watch(descriptor_, true, false));
    }

    using Watch::forget;
    using Watch::watch;

    std::function<void()> when_ready;
    int calls = 0;

  private:
    void on_ready(bool /*readable*/, bool /*writable*/) override {
        ++calls;
        if (when_ready) {
            when_ready();
        }
    }

    int descriptor_;
};

class Work final : public EndOfTurn {
  public:
    Work(EventLoop& loop, std::function<void()> call) : EndOfTurn(loop), call_(std::move(call)) {}

    using EndOfTurn::at_end_of_turn;

  private:
    void on_end_of_turn() override { call_(); }

    std::function<void()> call_;
};

struct Pair {
    Pair() { socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends); }

    ~Pair() {
        close(ends[0]);
        close(ends[1]);
    }

    int ends[2] = {};
};

TEST(EventLoop, PostedCallsRunInOrderOnTheLoop) {
    EventLoop loop;
    std::vector<int> seen;
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i) {
            loop.post([&seen, i] { seen.push_back(i); });
        }
        loop.post([&loop] { loop.stop(); });
    });
    loop.run();
    other.join();
    ASSERT_EQ(seen.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(EventLoop, StopFromAnotherThreadWakesASleepingLoop) {
    EventLoop loop;
    std::thread other([&] { loop.stop(); });
    loop.run();
    other.join();
}

TEST(EventLoop, TimersFireInTheLoopAndTimeGoesOn) {
    EventLoop loop;
    const TimePoint start = loop.timers().now();
    int fired = 0;
    Timer timer(loop.timers(), [&] { ++fired; });
    timer.arm(3ms);
    EXPECT_TRUE(loop.run_until([&] { return fired == 1; }));
    EXPECT_GE(loop.timers().now() - start, 3ms);
}

TEST(EventLoop, EndOfTurnWorkIsDoneInOrderOnceAndUntilNoneIsLeft) {
    EventLoop loop;
    std::string order;
    Work third(loop, [&] { order += 'c'; });
    Work second(loop, [&] {
        order += 'b';
        third.at_end_of_turn();
    });
    Work first(loop, [&] { order += 'a'; });
    {
        Work dead(loop, [&] { order += 'x'; });
        first.at_end_of_turn();
        dead.at_end_of_turn();
        second.at_end_of_turn();
        first.at_end_of_turn();
    }
    loop.run_once(0ms);
    EXPECT_EQ(order, "abc");
    loop.run_once(0ms);
    EXPECT_EQ(order, "abc");
}

TEST(EventLoop, AWatchThatDiesInTheSameBatchIsNotCalled) {
    EventLoop loop;
    const Pair one;
    const Pair two;
    auto a = std::make_unique<Reader>(loop, one.ends[0]);
    auto b = std::make_unique<Reader>(loop, two.ends[0]);
    a->when_ready = [&] { b.reset(); };
    b->when_ready = [&] { a.reset(); };
    ASSERT_EQ(write(one.ends[1], "x", 1), 1);
    ASSERT_EQ(write(two.ends[1], "x", 1), 1);
    loop.run_once(1s);
    EXPECT_NE(a == nullptr, b == nullptr);
    EXPECT_EQ(a ? a->calls : b->calls, 1);
}

TEST(EventLoop, AHangUpOfAForgottenDescriptorDoesNotSpin) {
    EventLoop loop;
    Pair pair;
    Reader reader(loop, pair.ends[0]);
    EXPECT_TRUE(reader.watch(pair.ends[0], false, false));
    close(pair.ends[1]);
    pair.ends[1] = -1;
    const auto turns = loop.turns();
    bool done = false;
    Timer timer(loop.timers(), [&] { done = true; });
    timer.arm(30ms);
    loop.run_until([&] { return done; });
    EXPECT_EQ(reader.calls, 0);
    EXPECT_LE(loop.turns() - turns, 10U);
}

TEST(EventLoop, WhatComesWhileReadingIsNotWantedWaitsAndDoesNotSpin) {
    EventLoop loop;
    const Pair pair;
    Reader reader(loop, pair.ends[0]);
    EXPECT_TRUE(reader.watch(pair.ends[0], false, false));
    ASSERT_EQ(write(pair.ends[1], "x", 1), 1);
    const auto turns = loop.turns();
    bool done = false;
    Timer timer(loop.timers(), [&] { done = true; });
    timer.arm(30ms);
    EXPECT_TRUE(loop.run_until([&] { return done; }));
    EXPECT_EQ(reader.calls, 0);
    EXPECT_LE(loop.turns() - turns, 10U);
    EXPECT_TRUE(reader.watch(pair.ends[0], true, false));
    EXPECT_TRUE(loop.run_until([&] { return reader.calls == 1; }));
}

TEST(EventLoop, SignalsArriveAsCalls) {
    EventLoop loop;
    std::string seen;
    loop.on_signal(SIGHUP, [&] { seen += 'h'; });
    loop.on_signal(SIGTERM, [&] { seen += 't'; });
    kill(getpid(), SIGHUP);
    EXPECT_TRUE(loop.run_until([&] { return seen == "h"; }));
    kill(getpid(), SIGTERM);
    EXPECT_TRUE(loop.run_until([&] { return seen == "ht"; }));
}

TEST(EventLoop, AnIoContextRunsInTheSameLoop) {
    EventLoop loop;
    const Pair pair;
    Reader reader(loop, pair.ends[0]);
    int asio_calls = 0;
    boost::asio::post(loop.asio(), [&] { ++asio_calls; });
    EXPECT_TRUE(loop.run_until([&] { return asio_calls == 1; }));
    ASSERT_EQ(write(pair.ends[1], "x", 1), 1);
    EXPECT_TRUE(loop.run_until([&] { return reader.calls == 1; }));
    int fired = 0;
    Timer timer(loop.timers(), [&] { ++fired; });
    timer.arm(3ms);
    reader.forget();
    EXPECT_TRUE(loop.run_until([&] { return fired == 1; }));
    std::thread other([&] { loop.post([&] { ++asio_calls; }); });
    EXPECT_TRUE(loop.run_until([&] { return asio_calls == 2; }));
    other.join();
}

}  // namespace
}  // namespace isthmus::net
