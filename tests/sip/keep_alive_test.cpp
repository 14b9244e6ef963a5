// Keep-alives on connections that we have opened: RFC 5626 §4.4.1. A peer that has answered one and
// then falls silent is gone; one that never answers is left alone.
#include "sip/user_agent_world.h"

#include <gmock/gmock.h>

namespace isthmus::sip::test {
namespace {

using testing::SizeIs;

class KeepAliveTest : public UserAgentTest {
  protected:
    KeepAliveTest() {
        resolver.add_address("example.com", "192.0.2.10");
        server = std::make_unique<StreamServer>(wire.host("192.0.2.10"), "192.0.2.10:5060");
        send(target(Transport::Tcp, "example.com"), 1);
        loop.run();
        server->last().send(response_to(server->last().take(), "200 OK"));
        loop.run();
    }

    std::unique_ptr<StreamServer> server;
};

TEST_F(KeepAliveTest, AnIdleConnectionIsPinged) {
    loop.advance(seconds(109));
    EXPECT_EQ(server->last().take(), "");
    loop.advance(seconds(2));
    EXPECT_EQ(server->last().take(), "\r\n\r\n");
}

TEST_F(KeepAliveTest, WhoeverNeverAnswersIsLeftAlone) {
    loop.advance(seconds(300));
    EXPECT_TRUE(server->last().is_connected());
    EXPECT_EQ(server->last().take(), "\r\n\r\n") << "one is enough for a peer that ignores it";
}

TEST_F(KeepAliveTest, WhoeverHasAnsweredAndIsSilentIsGone) {
    loop.advance(seconds(111));
    server->last().send("\r\n");
    loop.run();
    loop.advance(seconds(105));
    EXPECT_TRUE(server->last().is_connected());
    loop.advance(seconds(6));
    EXPECT_TRUE(server->last().is_connected()) << "ten seconds are left to answer";
    loop.advance(seconds(11));
    EXPECT_FALSE(server->last().is_connected());
    // The next request opens a new one and nothing is lost.
    send(target(Transport::Tcp, "example.com"), 2);
    loop.run();
    EXPECT_THAT(server->peers(), SizeIs(2));
    server->last().send(response_to(server->last().take(), "200 OK"));
    loop.run();
    EXPECT_THAT(above.outcomes, SizeIs(2));
}

TEST_F(KeepAliveTest, AnswersKeepItUntilItIsIdleForTooLong) {
    for (int i = 0; i < 5; ++i) {
        loop.advance(seconds(111));
        EXPECT_EQ(server->last().take().substr(0, 4), "\r\n\r\n") << i;
        server->last().send("\r\n");
        loop.run();
        EXPECT_TRUE(server->last().is_connected());
    }
    loop.advance(seconds(60));
    EXPECT_FALSE(server->last().is_connected()) << "ten minutes without a message";
}

}  // namespace
}  // namespace isthmus::sip::test
