// Work on a thread of its own: what follows runs here, and nothing follows when its owner has gone.
#include "control/background.h"

#include "support/posted_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

namespace isthmus::control {
namespace {

class BackgroundTest : public testing::Test {
  protected:
    test::PostedCalls posted;
    std::optional<Background> background{[this](auto call) { posted.post(std::move(call)); }};
};

TEST_F(BackgroundTest, WhatFollowsRunsHere) {
    std::thread::id worker;
    std::thread::id here;
    background->run([&](const std::atomic<bool>&) { worker = std::this_thread::get_id(); },
                    [&] { here = std::this_thread::get_id(); });
    EXPECT_TRUE(background->is_busy());
    ASSERT_TRUE(posted.run_one());
    EXPECT_EQ(here, std::this_thread::get_id());
    EXPECT_NE(worker, here);
    EXPECT_FALSE(background->is_busy());
}

TEST_F(BackgroundTest, WhatFollowsMayBeginTheNext) {
    int runs = 0;
    background->run([](const std::atomic<bool>&) {},
                    [&] {
                        ++runs;
                        background->run([](const std::atomic<bool>&) {}, [&] { ++runs; });
                    });
    ASSERT_TRUE(posted.run_one());
    EXPECT_TRUE(background->is_busy());
    ASSERT_TRUE(posted.run_one());
    EXPECT_EQ(runs, 2);
}

TEST_F(BackgroundTest, TheEndBreaksItOff) {
    const auto held = std::make_shared<int>(0);
    bool is_followed = false;
    background->run(
        [](const std::atomic<bool>& is_asked_to_end) {
            while (!is_asked_to_end) {
                std::this_thread::yield();
            }
        },
        [held, &is_followed] { is_followed = true; });
    background.reset();
    ASSERT_TRUE(posted.run_one());
    EXPECT_FALSE(is_followed);
    EXPECT_EQ(held.use_count(), 1) << "what would have followed was let go";
}

}  // namespace
}  // namespace isthmus::control
