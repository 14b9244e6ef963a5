// Documents in parts: what they do not speak of is as it was.
#include "base/arena.h"
#include "sip/pidf.h"
#include "translate/presence.h"

#include <gtest/gtest.h>

#include <vector>

namespace isthmus::translate {
namespace {

using xmpp::Presence;

class PresenceParts : public testing::Test {
  protected:
    PresenceParts() {
        last_.from = {.local = "juliet", .domain = "litware.example", .resource = "lync"};
        last_.to = {.local = "romeo", .domain = "fabrikam.example"};
        last_.show = "dnd";
        last_.nick = "Juliet";
        pidf_.entity = "sip:juliet@litware.example";
    }

    void say_state(const char* activity) {
        sip::PidfTuple& tuple = pidf_.tuples.emplace_back();
        tuple.id = "lync";
        tuple.basic = sip::PidfBasic::Open;
        tuple.activities.push_back(activity);
    }

    std::vector<Presence> told() {
        PresenceContext context{.presentity = last_.from.bare(), .watcher = last_.to};
        context.kept = {&last_, is_known_ ? 1U : 0U};
        std::vector<Presence> into;
        EXPECT_TRUE(to_presence(pidf_, context, arena_, into));
        return into;
    }

    Arena arena_;
    Presence last_;
    bool is_known_ = true;
    sip::Pidf pidf_;
};

TEST_F(PresenceParts, ANoteAloneLeavesTheState) {
    pidf_.unsaid = {.state = true, .notes = false, .name = true};
    pidf_.notes.push_back({{}, "on the balcony"});
    const auto made = told();
    ASSERT_EQ(made.size(), 1U);
    EXPECT_EQ(made[0].show, "dnd");
    EXPECT_EQ(made[0].nick, "Juliet");
    ASSERT_EQ(made[0].statuses.size(), 1U);
    EXPECT_EQ(made[0].statuses[0].text, "on the balcony");
}

TEST_F(PresenceParts, SayNothingOfWhomNothingIsKnown) {
    is_known_ = false;
    pidf_.unsaid = {.state = true, .notes = false, .name = true};
    pidf_.notes.push_back({{}, "on the balcony"});
    EXPECT_TRUE(told().empty());
}

TEST_F(PresenceParts, AStateAloneLeavesTheNote) {
    last_.statuses.push_back({{}, "on the balcony"});
    pidf_.unsaid = {.state = false, .notes = true, .name = true};
    say_state("meeting");
    const auto made = told();
    ASSERT_EQ(made.size(), 1U);
    EXPECT_EQ(made[0].nick, "Juliet");
    ASSERT_EQ(made[0].statuses.size(), 1U);
    EXPECT_EQ(made[0].statuses[0].text, "on the balcony");
}

TEST_F(PresenceParts, WhatAnActivitySaidGoesWithTheState) {
    last_.statuses.push_back({"en", "In a meeting"});
    pidf_.unsaid = {.state = false, .notes = true, .name = true};
    say_state("busy");
    const auto made = told();
    ASSERT_EQ(made.size(), 1U);
    EXPECT_TRUE(made[0].statuses.empty());
}

TEST_F(PresenceParts, OfPidfThereAreNone) {
    last_.statuses.push_back({{}, "on the balcony"});
    say_state("busy");
    const auto made = told();
    ASSERT_EQ(made.size(), 1U);
    EXPECT_TRUE(made[0].statuses.empty());
    EXPECT_TRUE(made[0].nick.empty());
}

}  // namespace
}  // namespace isthmus::translate
