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

TEST(Spelling, TheNearestOfVeryMany) {
    const auto nearest_of = [](std::string_view word, std::initializer_list<const char*> known) {
        NearestSearch search(word);
        for (const char* each : known) {
            search.offer(each);
        }
        return search.best();
    };
    EXPECT_EQ(nearest_of("fabrikan.example", {"contoso.example", "fabrikam.example"}),
              "fabrikam.example");
    // The nearer one wins, whichever comes first.
    EXPECT_EQ(nearest_of("fabrikan.example", {"fabrika.exampl", "fabrikam.example"}),
              "fabrikam.example");
    EXPECT_EQ(nearest_of("fabrikan.example", {"fabrikam.example", "fabrika.exampl"}),
              "fabrikam.example");
    EXPECT_EQ(nearest_of("frabikam.example", {"fabrikam.example"}), "fabrikam.example");
    EXPECT_EQ(nearest_of("litware.example", {"fabrikam.example"}), "");
    // The same letters alone are not enough.
    EXPECT_EQ(nearest_of("abcdefgh", {"hgfedcba"}), "");
    EXPECT_EQ(nearest_of("a", {"bcd", ""}), "");
    EXPECT_EQ(nearest_of("", {"a"}), "");
    EXPECT_EQ(nearest_of(std::string(4000, 'a'), {std::string(4000, 'a').c_str()}), "");
}

}  // namespace
}  // namespace isthmus::text
