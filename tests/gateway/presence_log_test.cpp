// What the log says of an outage: each thing once, with a count at its end.
#include "presence_world.h"

namespace isthmus::gateway {
namespace {

using namespace std::chrono_literals;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

class PresenceLogTest : public PresenceWorld {};

TEST_F(PresenceLogTest, APartnerThatIsAwayIsALineWhenItGoesAndOneWhenItIsBack) {
    subscriptions::Record pending = record(1, "juliet@fabrikam.example");
    pending.sip_watches_xmpp = subscriptions::Standing::Pending;
    pending.xmpp_watches_sip = subscriptions::Standing::None;
    flow.restore({pending});
    flow.begin();
    timers.advance(100ms);
    const Error why =
        make_error(ErrorKind::Timeout, "IST-XMPP-003", "could not be reached in time", "");
    CaptureStdout();
    CaptureStderr();
    for (int i = 0; i < 10; ++i) {
        const std::vector<std::uint64_t> asked = std::exchange(xmpp.cookies, {});
        ASSERT_EQ(asked.size(), 1U) << "it is asked every five seconds";
        flow.on_not_sent(asked.front(), why);
        timers.advance(5s);
    }
    ASSERT_EQ(xmpp.cookies.size(), 1U);
    flow.on_sent(xmpp.cookies.front());
    const std::string log = GetCapturedStdout() + GetCapturedStderr();
    EXPECT_EQ(count(log, "\"pres.sub\""), 1U) << log;
    EXPECT_EQ(count(log, "\"pres.partner\""), 2U) << log;
    EXPECT_EQ(count(log, "\"state\":\"away\",\"pairs\":1"), 1U) << log;
    EXPECT_EQ(count(log, "\"state\":\"back\",\"pairs\":1,\"failures\":9,\"seconds\":50"), 1U)
        << log;
}

}  // namespace
}  // namespace isthmus::gateway
