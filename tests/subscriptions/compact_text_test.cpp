// A text that costs one pointer while it is empty.
#include "subscriptions/compact_text.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::subscriptions {
namespace {

TEST(CompactTextTest, IsWhatWasAssignedLast) {
    CompactText text;
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(text.view(), "");
    for (const std::size_t size : {3U, 40U, 39U, 25U, 26U, 9U, 200U, 1U, 2U}) {
        const std::string wanted(size, static_cast<char>('a' + size % 26));
        text.assign(wanted);
        EXPECT_EQ(text.view(), wanted);
    }
    text.assign("");
    EXPECT_TRUE(text.empty());
}

TEST(CompactTextTest, TakesAPartOfItself) {
    CompactText text("0123456789012345678901234567890123456789");
    text.assign(text.view().substr(5));
    EXPECT_EQ(text.view(), "56789012345678901234567890123456789");
    text.assign(text.view().substr(30));
    EXPECT_EQ(text.view(), "56789");
}

TEST(CompactTextTest, StaysWhereItIsWhenItShrinksAndGrowsBack) {
    CompactText text(std::string(100, 'a'));
    const char* const place = text.view().data();
    text.assign(std::string(60, 'b'));
    text.assign(std::string(100, 'c'));
    EXPECT_EQ(text.view(), std::string(100, 'c'));
    EXPECT_EQ(text.view().data(), place);
}

TEST(CompactTextTest, TakesLongTexts) {
    CompactText text;
    for (const std::size_t size : {4075U, 4076U, 4077U, 70000U, 69999U, 10U}) {
        const std::string wanted(size, static_cast<char>('a' + size % 26));
        text.assign(wanted);
        EXPECT_EQ(text.view(), wanted);
    }
}

}  // namespace
}  // namespace isthmus::subscriptions
