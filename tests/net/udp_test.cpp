#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "party.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;

class Mailbox final : public DatagramHandler {
  public:
    void on_datagram(const Endpoint& from, std::string_view datagram) override {
        sources.push_back(from);
        texts.emplace_back(datagram);
        if (when_heard) {
            when_heard();
        }
    }

    std::vector<Endpoint> sources;
    std::vector<std::string> texts;
    std::function<void()> when_heard;
};

class Udp : public ::testing::Test {
  protected:
    EventLoop loop;
    metrics::Registry metrics;
    SystemNetwork network{loop, metrics};
    Mailbox ours;
    Mailbox theirs;

    std::unique_ptr<DatagramSocket> bind(Mailbox& mailbox, std::string_view address) {
        return network.bind(at(address), mailbox).value();
    }
};

TEST_F(Udp, DatagramsKeepTheirBoundsTheirOrderAndTheirSource) {
    const auto a = bind(ours, "127.0.0.1:0");
    const auto b = bind(theirs, "127.0.0.1:0");
    for (int i = 0; i < 200; ++i) {
        a->send(b->local(), "datagram " + std::to_string(i));
    }
    EXPECT_TRUE(loop.run_until([&] { return theirs.texts.size() == 200; }));
    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(theirs.texts[static_cast<std::size_t>(i)], "datagram " + std::to_string(i));
    }
    EXPECT_EQ(theirs.sources.front(), a->local());
    b->send(theirs.sources.front(), "answer");
    EXPECT_TRUE(loop.run_until([&] { return ours.texts.size() == 1; }));
}

TEST_F(Udp, TheLargestAndTheEmptyDatagramPass) {
    const auto a = bind(ours, "127.0.0.1:0");
    const auto b = bind(theirs, "127.0.0.1:0");
    a->send(b->local(), std::string(65507, 'x'));
    a->send(b->local(), "");
    EXPECT_TRUE(loop.run_until([&] { return theirs.texts.size() == 2; }));
    EXPECT_EQ(theirs.texts[0].size(), 65507U);
    EXPECT_EQ(theirs.texts[1], "");
}

TEST_F(Udp, OneThatTheKernelRefusesDoesNotHoldTheOthersAndIsCounted) {
    const auto a = bind(ours, "127.0.0.1:0");
    const auto b = bind(theirs, "127.0.0.1:0");
    a->send(b->local(), "first");
    a->send(b->local(), std::string(65508, 'x'));
    a->send(at("[::1]:9"), "wrong family");
    a->send(b->local(), "last");
    EXPECT_TRUE(loop.run_until([&] { return theirs.texts.size() == 2; }));
    EXPECT_THAT(theirs.texts, ::testing::ElementsAre("first", "last"));
    EXPECT_NE(metrics.render().find("isthmus_net_datagrams_dropped_total 2"), std::string::npos);
}

TEST_F(Udp, ASocketOnAllAddressesSpeaksBothFamilies) {
    const auto all = bind(ours, "[::]:0");
    for (const std::string_view address : {"127.0.0.1:0", "[::1]:0"}) {
        Mailbox mailbox;
        const auto peer = bind(mailbox, address);
        peer->send({peer->local().address, all->local().port}, "question");
        const std::size_t before = ours.texts.size();
        EXPECT_TRUE(loop.run_until([&] { return ours.texts.size() > before; }));
        EXPECT_EQ(ours.sources.back(), peer->local());
        all->send(ours.sources.back(), "answer");
        EXPECT_TRUE(loop.run_until([&] { return mailbox.texts.size() == 1; }));
    }
}

TEST_F(Udp, AHandlerMayDestroyTheSocket) {
    auto a = bind(ours, "127.0.0.1:0");
    const auto b = bind(theirs, "127.0.0.1:0");
    ours.when_heard = [&] { a.reset(); };
    b->send(a->local(), "one");
    b->send(a->local(), "two");
    EXPECT_TRUE(loop.run_until([&] { return !a; }));
    EXPECT_EQ(ours.texts.size(), 1U);
}

}  // namespace
}  // namespace isthmus::net
