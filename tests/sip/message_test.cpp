#include "sip/message.h"

#include <gtest/gtest.h>

namespace isthmus::sip {
namespace {

TEST(Methods, NamesAndBack) {
    for (int i = 1; i <= static_cast<int>(Method::Update); ++i) {
        const auto method = static_cast<Method>(i);
        ASSERT_FALSE(method_name(method).empty());
        EXPECT_EQ(method_of(method_name(method)), method);
    }
}

// RFC 3261 §7.1: methods are case-sensitive.
TEST(Methods, OthersAreOther) {
    EXPECT_EQ(method_of("message"), Method::Other);
    EXPECT_EQ(method_of("MESSAGES"), Method::Other);
    EXPECT_EQ(method_of(""), Method::Other);
}

TEST(Reasons, StandardPhrases) {
    EXPECT_EQ(standard_reason(200), "OK");
    EXPECT_EQ(standard_reason(202), "Accepted");
    EXPECT_EQ(standard_reason(481), "Call/Transaction Does Not Exist");
    EXPECT_EQ(standard_reason(606), "Not Acceptable");
    EXPECT_EQ(standard_reason(299), "");
    EXPECT_EQ(standard_reason(0), "");
    EXPECT_EQ(standard_reason(9999), "");
}

TEST(Headers, FirstAndCount) {
    Message message;
    message.headers = {{HeaderId::Route, "Route", "a"},
                       {HeaderId::Other, "X", "b"},
                       {HeaderId::Route, "route", "c"}};
    EXPECT_EQ(message.header(HeaderId::Route), "a");
    EXPECT_EQ(message.count(HeaderId::Route), 2U);
    EXPECT_EQ(message.header(HeaderId::Via), std::nullopt);
    EXPECT_EQ(message.count(HeaderId::Via), 0U);
}

}  // namespace
}  // namespace isthmus::sip
