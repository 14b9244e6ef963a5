// The line about a message that failed: who, whom, why, what to do, how long; within a budget.
#include "gateway/message_log.h"

#include "support/counting_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace isthmus::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

TimePoint clock_now;

class MessageLogTest : public testing::Test {
  protected:
    std::string line_of(const MessageReport& report) {
        testing::internal::CaptureStderr();
        log.failure(report, arena);
        return testing::internal::GetCapturedStderr();
    }

    Timers timers;
    test::CountingRandom random;
    Arena arena;
    MessageLog log{timers, random, [] { return clock_now; }};
};

TEST_F(MessageLogTest, AFailedDeliveryHasAllThatIsKnown) {
    timers.advance_to(TimePoint(std::chrono::seconds(5)));
    clock_now = TimePoint(std::chrono::milliseconds(5250));
    const std::string line = line_of({.direction = Direction::SipToXmpp,
                                      .id = log.next_id(),
                                      .code = "IST-TCP-001",
                                      .text = "192.0.2.7:5269: refused",
                                      .step = "delivery",
                                      .from = "sip:alice@contoso.example",
                                      .to = "sip:juliet@fabrikam.example",
                                      .call_id = "c1",
                                      .stanza_id = "s1",
                                      .partner = "fabrikam.example",
                                      .peer = "frontend",
                                      .result = "failed",
                                      .since = timers.now()});
    for (const char* field : {R"("event":"im.fail")",
                              R"("code":"IST-TCP-001")",
                              R"("msg":"No address of the partner accepted a connection.")",
                              R"("evidence":"192.0.2.7:5269: refused")",
                              R"("fix":"Check firewalls)",
                              R"("step":"delivery")",
                              R"("result":"failed")",
                              R"("trace_id":")",
                              R"("direction":"sip_to_xmpp")",
                              R"("from":"sip:alice@contoso.example")",
                              R"("to":"sip:juliet@fabrikam.example")",
                              R"("call_id":"c1")",
                              R"("stanza_id":"s1")",
                              R"("partner":"fabrikam.example")",
                              R"("peer":"frontend")",
                              R"("duration_ms":250)"}) {
        EXPECT_THAT(line, HasSubstr(field));
    }
    EXPECT_THAT(line, Not(HasSubstr("\"gate\"")));
}

TEST_F(MessageLogTest, ARefusalOfASipPeerSaysWhatItsStatusMeans) {
    const std::string line = line_of({.code = "IST-SIP-003", .text = "480 Offline"});
    EXPECT_THAT(line, HasSubstr(R"("msg":"The user is not signed in at the SIP system (480).")"));
    EXPECT_THAT(line, HasSubstr(R"("fix":"Nothing is wrong if he is away)"));
    EXPECT_THAT(line, Not(HasSubstr("404")));
}

TEST_F(MessageLogTest, ARefusalByPolicyNamesTheGateAndTheCommand) {
    const policy::AccessRule rule{.identity = "Global", .description = {}};
    const PolicyRefusal refused{
        {.gate = policy::Gate::User, .rule = &rule},
        {.user = "alice", .user_domain = "contoso.example", .remote_domain = "fabrikam.example"}};
    const std::string line =
        line_of({.code = "IST-POL-002", .text = "fabrikam.example", .refusal = &refused});
    for (const char* field :
         {R"("msg":"alice@contoso.example may not talk to fabrikam.example: the policy global has)",
          R"("fix":"isthmus policy set global )",
          R"("gate":"user-policy")",
          R"("policy":"Global")",
          R"("policy_scope":"global")"}) {
        EXPECT_THAT(line, HasSubstr(field));
    }
}

TEST_F(MessageLogTest, NobodyCanFillTheLog) {  // abuse case F06
    testing::internal::CaptureStderr();
    for (int i = 0; i < 1000; ++i) {
        log.failure({.code = "IST-SIP-002"}, arena);
    }
    const std::string lines = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(lines, '\n'), 50);
}

}  // namespace
}  // namespace isthmus::gateway
