#include "gateway/kept_presence.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::gateway {
namespace {

using xmpp::Presence;
using xmpp::PresenceType;

Presence of(std::string_view resource, std::string_view show = {}, std::string_view status = {}) {
    Presence presence;
    presence.from = {"juliet", "fabrikam.example", resource};
    presence.show = show;
    if (!status.empty()) {
        presence.statuses.push_back({{}, status});
    }
    return presence;
}

Presence left(std::string_view resource) {
    Presence presence = of(resource);
    presence.type = PresenceType::Unavailable;
    return presence;
}

std::string text_of(const KeptPresence& kept) {
    Arena arena;
    std::vector<Presence> all;
    kept.read({"juliet", "fabrikam.example", {}}, {}, arena, all);
    std::string text;
    for (const Presence& presence : all) {
        text +=
            std::string(presence.from.resource) +
            (presence.type == PresenceType::Available ? "+" : "-") + std::string(presence.show) +
            (presence.statuses.empty() ? "" : "'" + std::string(presence.statuses[0].text)) + " ";
    }
    return text;
}

TEST(KeptPresence, KeepsHowSheIsCalled) {
    KeptPresence kept;
    Presence presence = of("balcony", "away", "hello");
    presence.idle_since = "2026-11-22T15:23:01Z";
    EXPECT_TRUE(kept.keep(presence, 1));
    presence.nick = "Juliet C.";
    EXPECT_TRUE(kept.keep(presence, 1)) << "a name is news";
    EXPECT_FALSE(kept.keep(presence, 1));
    EXPECT_TRUE(kept.drop_statuses());
    EXPECT_FALSE(kept.drop_statuses());
    EXPECT_TRUE(kept.keep(of("chamber", "", "there"), 1));
    Arena arena;
    std::vector<Presence> all;
    kept.read({"juliet", "fabrikam.example", {}}, {}, arena, all);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].nick, "Juliet C.");
    EXPECT_EQ(all[0].idle_since, "2026-11-22T15:23:01Z");
    EXPECT_TRUE(all[0].statuses.empty());
    EXPECT_EQ(all[1].nick, "");
    EXPECT_EQ(all[1].statuses[0].text, "there");
    presence.nick = {};
    EXPECT_TRUE(kept.keep(presence, 1)) << "and so is that she has none any more";
}

TEST(KeptPresence, TellsNewsFromRepetition) {
    KeptPresence kept;
    EXPECT_TRUE(kept.is_empty());
    EXPECT_TRUE(kept.keep(of("balcony", "away", "hello"), 1));
    EXPECT_FALSE(kept.keep(of("balcony", "away", "hello"), 1));
    EXPECT_TRUE(kept.keep(of("balcony", "away", "bye"), 1));
    EXPECT_TRUE(kept.keep(of("chamber"), 1));
    EXPECT_TRUE(kept.is_available());
    EXPECT_EQ(text_of(kept), "balcony+away'bye chamber+ ");
}

TEST(KeptPresence, IdleIsKeptAndIsNews) {
    KeptPresence kept;
    Presence presence = of("balcony", "away");
    EXPECT_TRUE(kept.keep(presence, 1));
    presence.idle_since = "2026-11-22T15:00:00Z";
    presence.statuses = {{"en", "tea"}};
    EXPECT_TRUE(kept.keep(presence, 1));
    EXPECT_FALSE(kept.keep(presence, 1));
    Arena arena;
    std::vector<Presence> all;
    kept.read({"juliet", "fabrikam.example", {}}, {}, arena, all);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].idle_since, presence.idle_since);
    EXPECT_EQ(all[0].statuses, presence.statuses);
}

TEST(KeptPresence, PriorityAndLanguageCount) {
    KeptPresence kept;
    Presence presence = of("balcony");
    EXPECT_TRUE(kept.keep(presence, 1));
    presence.has_priority = true;
    presence.priority = -3;
    EXPECT_TRUE(kept.keep(presence, 1));
    presence.lang = "en";
    EXPECT_TRUE(kept.keep(presence, 1));
    Arena arena;
    std::vector<Presence> all;
    kept.read(presence.from.bare(), {}, arena, all);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].priority, -3);
    EXPECT_EQ(all[0].lang, "en");
}

TEST(KeptPresence, OnlyTheLastOneThatLeftIsKept) {
    KeptPresence kept;
    for (const char* resource : {"a", "b", "c"}) {
        kept.keep(of(resource), 1);
    }
    EXPECT_TRUE(kept.keep(left("a"), 1));
    EXPECT_TRUE(kept.keep(left("b"), 1));
    EXPECT_FALSE(kept.keep(left("b"), 1));
    EXPECT_EQ(text_of(kept), "c+ b- ");
    std::vector<std::string_view> available;
    kept.available(available);
    EXPECT_EQ(available, (std::vector<std::string_view>{"c"}));
}

TEST(KeptPresence, TheBareAddressLeavesForAll) {
    KeptPresence kept;
    kept.keep(of("a"), 1);
    kept.keep(of("b"), 1);
    EXPECT_TRUE(kept.keep(left(""), 1));
    EXPECT_FALSE(kept.keep(left(""), 1));
    EXPECT_FALSE(kept.is_available());
    EXPECT_EQ(text_of(kept), "- ");
}

TEST(KeptPresence, LeaveAllNamesTheLast) {
    KeptPresence kept;
    kept.keep(of("a"), 1);
    kept.keep(of("b", "dnd", "busy"), 1);
    kept.leave_all();
    EXPECT_EQ(text_of(kept), "b- ");
}

TEST(KeptPresence, IsBounded) {
    KeptPresence kept;
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(kept.keep(of("r" + std::to_string(i)), 1), i < 20);
    }
    const std::string text = std::string(511, 'x') + "\xc3\xa4";
    EXPECT_TRUE(kept.keep(of("r1", "", text), 1));
    EXPECT_NE(text_of(kept).find(std::string(511, 'x')), std::string::npos);
    EXPECT_EQ(text_of(kept).find('\xc3'), std::string::npos);
}

std::string names_of(const KeptPresence& kept) {
    std::vector<std::string_view> names;
    kept.available(names);
    std::string text;
    for (const std::string_view name : names) {
        text += std::string(name) + " ";
    }
    return text;
}

TEST(KeptPresence, WhatIsAssumedIsShownAndAllThatIsHeardOfItIsNews) {
    KeptPresence kept;
    kept.assume("balcony");
    kept.assume("chamber");
    EXPECT_TRUE(kept.has_assumed());
    EXPECT_FALSE(kept.has_unstored());
    EXPECT_EQ(names_of(kept), "balcony chamber ");
    EXPECT_EQ(text_of(kept), "");
    EXPECT_TRUE(kept.keep(of("balcony"), 4));
    EXPECT_FALSE(kept.keep(of("balcony"), 4));
    EXPECT_TRUE(kept.has_assumed());
    EXPECT_TRUE(kept.keep(left("chamber"), 4));
    EXPECT_FALSE(kept.has_assumed());
    EXPECT_EQ(text_of(kept), "balcony+ chamber- ");
    EXPECT_FALSE(kept.has_unstored());
}

TEST(KeptPresence, StatusesCanBeTakenOutAlone) {
    KeptPresence kept;
    Presence idle = of("balcony", "away", "at lunch");
    idle.statuses.push_back({"de", "zu Tisch"});
    idle.idle_since = "2026-11-26T12:00:00Z";
    idle.has_priority = true;
    idle.priority = -3;
    kept.keep(idle, 4);
    kept.keep(of("chamber", "dnd"), 4);
    kept.keep(left("tomb"), 4);
    kept.set_stored(true);
    EXPECT_TRUE(kept.drop_statuses());
    EXPECT_EQ(text_of(kept), "balcony+away chamber+dnd tomb- ");
    EXPECT_FALSE(kept.has_unstored());
    EXPECT_FALSE(kept.drop_statuses());
    idle.statuses.clear();
    EXPECT_FALSE(kept.keep(idle, 4)) << "nothing else of it is lost";
    EXPECT_TRUE(kept.keep(of("balcony", "away", "at lunch"), 4));
}

TEST(KeptPresence, AssumedOnesTakeNoPlaceFromThoseThatAreThere) {
    KeptPresence kept;
    for (std::size_t i = 0; i < KeptPresence::kMaxResources; ++i) {
        kept.assume("old" + std::to_string(i));
    }
    EXPECT_TRUE(kept.keep(of("balcony"), 4));
}

TEST(KeptPresence, ANameIsStoredOnceHoweverOftenItComesAndGoes) {
    KeptPresence kept;
    kept.keep(of("balcony"), 4);
    EXPECT_TRUE(kept.has_unstored());
    kept.set_stored(true);
    EXPECT_FALSE(kept.has_unstored());
    EXPECT_FALSE(kept.keep(of("balcony"), 4));
    kept.keep(of("balcony", "away"), 4);
    kept.keep(left("balcony"), 4);
    kept.keep(of("balcony"), 4);
    EXPECT_FALSE(kept.has_unstored());
    kept.keep(of("chamber"), 4);
    EXPECT_TRUE(kept.has_unstored());
    kept.set_stored(true);
    kept.set_stored(false);
    EXPECT_TRUE(kept.has_unstored());
}

TEST(KeptPresence, WhatIsForgottenIsNewsAndItsNameStaysStored) {
    KeptPresence kept;
    kept.keep(of("balcony", "away"), 4);
    kept.set_stored(true);
    kept.keep(of("chamber"), 4);
    kept.forget();
    EXPECT_EQ(text_of(kept), "");
    EXPECT_FALSE(kept.is_available());
    EXPECT_FALSE(kept.has_assumed());
    EXPECT_TRUE(kept.keep(of("balcony", "away"), 4));
    EXPECT_FALSE(kept.has_unstored());
    EXPECT_TRUE(kept.keep(of("chamber"), 4));
    EXPECT_TRUE(kept.has_unstored());
}

}  // namespace
}  // namespace isthmus::gateway
