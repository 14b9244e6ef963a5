// What DNS says of our own domains is known without asking, and soon again while it is wrong.
#include "control/record_watch.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace isthmus::control {
namespace {

class RecordWatchTest : public testing::Test {
  protected:
    static OwnRecords records(bool is_there) {
        OwnRecords made{.domain = "contoso.example", .failure = {}, .servers = {}};
        if (is_there) {
            made.servers = {{.host = "gateway.contoso.example",
                             .port = 5269,
                             .addresses = {"192.0.2.1"},
                             .is_here = true}};
        }
        return made;
    }

    Timers timers;
    std::vector<std::function<void(std::vector<OwnRecords>)>> asked;
    DoctorSide side{.read_local =
                        [] {
                            LocalFacts facts;
                            facts.server_name = "gateway.contoso.example";
                            facts.xmpp_listeners = {"[::]:5269"};
                            facts.xmpp_domains = {"contoso.example"};
                            return facts;
                        },
                    .look_up = [this](auto, auto done) { asked.push_back(std::move(done)); },
                    .read_status = {}};
};

TEST_F(RecordWatchTest, LooksAtOnceAndThenNowAndThen) {
    RecordWatch watch(side, timers);
    watch.start();
    EXPECT_TRUE(watch.checks().empty());
    ASSERT_EQ(asked.size(), 1U);
    asked[0]({records(true)});
    ASSERT_EQ(watch.checks().size(), 1U);
    EXPECT_EQ(watch.checks().front().state, TestState::Pass);
    timers.advance(RecordWatch::kFaultInterval * 2);
    EXPECT_EQ(asked.size(), 1U);
    timers.advance(RecordWatch::kInterval);
    EXPECT_EQ(asked.size(), 2U);
}

TEST_F(RecordWatchTest, SoonAgainWhileItIsWrong) {
    RecordWatch watch(side, timers);
    watch.start();
    asked[0]({records(false)});
    EXPECT_EQ(watch.checks().front().code, "IST-DNS-002");
    timers.advance(RecordWatch::kFaultInterval);
    ASSERT_EQ(asked.size(), 2U);
    watch.note({});  // what the doctor has found meanwhile
    EXPECT_TRUE(watch.checks().empty());
}

TEST_F(RecordWatchTest, AnAnswerThatNeverComesIsAskedForAgain) {
    auto watch = std::make_unique<RecordWatch>(side, timers);
    watch->start();
    timers.advance(RecordWatch::kInterval);
    EXPECT_EQ(asked.size(), 2U);
    watch.reset();
    asked[1]({records(true)});  // nobody is there to hear it
}

}  // namespace
}  // namespace isthmus::control
