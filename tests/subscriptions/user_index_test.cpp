#include "subscriptions/user_index.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace isthmus::subscriptions {
namespace {

std::set<std::uint32_t> all_of(const UserIndex& index, const std::string& user) {
    std::set<std::uint32_t> found;
    for (std::uint32_t at = index.first(user); at != UserIndex::kNone; at = index.next(at)) {
        EXPECT_TRUE(found.insert(at).second);
    }
    return found;
}

TEST(UserIndex, NamesThePairsOfOneUser) {
    UserIndex index;
    EXPECT_EQ(index.first("alice"), UserIndex::kNone);
    index.add(0, "alice");
    index.add(1, "bob");
    index.add(5, "alice");
    EXPECT_EQ(all_of(index, "alice"), (std::set<std::uint32_t>{0, 5}));
    EXPECT_EQ(all_of(index, "bob"), (std::set<std::uint32_t>{1}));
    EXPECT_TRUE(all_of(index, "carol").empty());
}

TEST(UserIndex, FirstMiddleAndLastOfAChainCanGo) {
    for (const std::uint32_t gone : {0U, 1U, 2U}) {
        UserIndex index;
        std::set<std::uint32_t> left;
        for (std::uint32_t place = 0; place < 3; ++place) {
            index.add(place, "alice");
            left.insert(place);
        }
        index.remove(gone, "alice");
        left.erase(gone);
        EXPECT_EQ(all_of(index, "alice"), left);
        index.add(gone, "bob");
        EXPECT_EQ(all_of(index, "alice"), left);
        EXPECT_EQ(all_of(index, "bob"), std::set<std::uint32_t>{gone});
    }
}

TEST(UserIndex, KeepsItsOrderThroughManyChanges) {
    UserIndex index;
    std::map<std::string, std::set<std::uint32_t>> kept;
    std::map<std::uint32_t, std::string> user_of;
    std::uint32_t random = 1;
    for (int step = 0; step < 20000; ++step) {
        random = random * 1664525U + 1013904223U;
        const std::uint32_t place = random >> 22U;
        if (const auto in = user_of.find(place); in != user_of.end()) {
            index.remove(place, in->second);
            kept[in->second].erase(place);
            user_of.erase(in);
        } else {
            std::string user = "user" + std::to_string(random % 97);
            index.add(place, user);
            kept[user].insert(place);
            user_of[place] = std::move(user);
        }
    }
    ASSERT_GT(user_of.size(), 300U);
    for (const auto& [user, places] : kept) {
        EXPECT_EQ(all_of(index, user), places) << user;
    }
}

}  // namespace
}  // namespace isthmus::subscriptions
