// The nearest known word to a misspelt one.
#include "base/spelling.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace isthmus::text {
namespace {

TEST(Spelling, Distance) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("listen", "lisen"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("tls", "tsl"), 1U) << "neighbours that changed places";
}

TEST(Spelling, NearestOfTheKnown) {
    const std::vector<std::string> known = {"partner", "policy", "status", "--user"};
    EXPECT_EQ(nearest("partnr", known), "partner");
    EXPECT_EQ(nearest("satus", known), "status");
    EXPECT_EQ(nearest("--usr", known), "--user");
    EXPECT_EQ(nearest("xyzzy", known), "") << "no guess is better than a wild one";
    EXPECT_EQ(nearest("xml", {"yaml"}), "");
    EXPECT_EQ(nearest("", known), "");
    EXPECT_EQ(nearest("status", {}), "");
    EXPECT_EQ(nearest(std::string(10000, 's'), known), "");
}

}  // namespace
}  // namespace isthmus::text
