// A partner whose stream was closed because nothing was said: presence must not open it again.
#include <utility>

#include "presence_world.h"

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;

class PresenceRestTest : public PresenceWorld {
  protected:
    void SetUp() override {
        flow.restore({record(1, "juliet@fabrikam.example")});
        flow.begin();
        timers.advance(1s);
        flow.on_link("fabrikam.example", xmpp::LinkEvent::Up);
        for (const std::uint64_t cookie : questions()) {
            flow.on_sent(cookie);
        }
    }

    std::vector<std::uint64_t> questions() { return std::exchange(xmpp.cookies, {}); }
};

TEST_F(PresenceRestTest, IsAskedAfterAnHourAndNotAtOnce) {
    flow.on_link("fabrikam.example", xmpp::LinkEvent::AtRest);
    timers.advance(59min);
    EXPECT_TRUE(questions().empty());
    timers.advance(1min + 5s);
    EXPECT_EQ(questions().size(), 1U);
    timers.advance(59min);
    EXPECT_TRUE(questions().empty()) << "it is not asked every five seconds from then on";
    timers.advance(2min);
    EXPECT_EQ(questions().size(), 1U);
}

TEST_F(PresenceRestTest, WhoIsUpAgainIsNotAsked) {
    flow.on_link("fabrikam.example", xmpp::LinkEvent::AtRest);
    flow.on_link("fabrikam.example", xmpp::LinkEvent::Up);
    timers.advance(2h);
    EXPECT_TRUE(questions().empty());
}

TEST_F(PresenceRestTest, WhoClosedItselfIsAskedAtOnce) {
    flow.on_link("fabrikam.example", xmpp::LinkEvent::Closed);
    EXPECT_EQ(questions().size(), 1U);
}

TEST_F(PresenceRestTest, WhoCannotBeReachedAfterARestIsAway) {
    flow.on_link("fabrikam.example", xmpp::LinkEvent::AtRest);
    timers.advance(1h + 5s);
    for (const std::uint64_t cookie : questions()) {
        flow.on_not_sent(cookie, make_error(ErrorKind::Unreachable, "IST-TCP-001", "", ""));
    }
    timers.advance(5s);
    EXPECT_EQ(questions().size(), 1U) << "as whoever is away, every five seconds";
}

}  // namespace
}  // namespace isthmus::gateway
