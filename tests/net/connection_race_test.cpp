// RFC 8305 §5 by a clock that the test moves: what an address costs that takes no connection.
#include "net/network.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "party.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;

TimePoint hand_moved{};

/// A listener on ::1 whose queue is full: the kernel answers no further SYN.
class SilentPort {
  public:
    SilentPort() {
        at_.sin6_family = AF_INET6;
        at_.sin6_addr = in6addr_loopback;
        EXPECT_EQ(::bind(listener_, address(), sizeof at_), 0);
        EXPECT_EQ(::listen(listener_, 0), 0);
        socklen_t size = sizeof at_;
        getsockname(listener_, address(), &size);
        for (int& filler : fillers_) {
            filler = ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
            ::connect(filler, address(), sizeof at_);
        }
    }

    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;
    SilentPort(SilentPort&&) = delete;
    SilentPort& operator=(SilentPort&&) = delete;

    ~SilentPort() {
        for (const int filler : fillers_) {
            ::close(filler);
        }
        ::close(listener_);
    }

    Endpoint endpoint() const { return {IpAddress::parse("::1").value(), ntohs(at_.sin6_port)}; }

  private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&at_); }

    int listener_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in6 at_{};
    std::array<int, 3> fillers_{};
};

class Race : public ::testing::Test {
  protected:
    void connect(std::vector<Endpoint> to, Duration patience = 10s) {
        pending = network.connect(std::move(to), patience, [this](auto result) {
            if (result) {
                party.take(std::move(*result));
            } else {
                error = result.error();
            }
        });
        turn();
    }

    void turn(Duration moved = {}) {
        hand_moved += moved;
        loop.run_once(0ms);
    }

    SilentPort silent;
    EventLoop loop{[] { return hand_moved; }};
    metrics::Registry metrics;
    SystemNetwork network{loop, metrics};
    int accepted = 0;
    std::unique_ptr<Acceptor> living =
        network.listen(at("127.0.0.1:0"), [this](auto) { ++accepted; }).value();
    Party party;
    std::optional<Error> error;
    std::unique_ptr<Pending> pending;
};

TEST_F(Race, DeadIpv6CostsAQuarterOfASecond) {
    connect({silent.endpoint(), living->local()});
    for (int i = 0; i < 249; ++i) {
        turn(1ms);
    }
    EXPECT_EQ(party.stream, nullptr);
    EXPECT_EQ(accepted, 0) << "nobody was called before";
    turn(1ms);
    EXPECT_TRUE(loop.run_until([&] { return party.stream != nullptr && accepted == 1; }));
    EXPECT_EQ(party.stream->remote(), living->local());
}

TEST_F(Race, TwoDeadOnesCostHalfASecond) {
    const SilentPort another;
    connect({silent.endpoint(), another.endpoint(), living->local()});
    turn(250ms);
    turn(249ms);
    EXPECT_EQ(accepted, 0);
    turn(1ms);
    EXPECT_TRUE(loop.run_until([&] { return party.stream != nullptr; }));
}

TEST_F(Race, WithNobodyThereItEndsWithItsPatience) {
    connect({silent.endpoint()}, 5s);
    turn(4999ms);
    EXPECT_FALSE(error);
    turn(1ms);
    turn();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, "IST-TCP-001");
}

}  // namespace
}  // namespace isthmus::net
