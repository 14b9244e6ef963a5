// Answers go to the spelling that a SIP user wrote from last (gap G-02).
#include "gateway/spellings.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::gateway {
namespace {

class SpellingsTest : public testing::Test {
  protected:
    void seen(const std::string& text) {
        arena_.reset();
        const auto uri = sip::parse_uri(text);
        ASSERT_TRUE(uri) << text;
        const auto mapped = translate::to_jid(*uri, arena_);
        ASSERT_TRUE(mapped) << text;
        spellings_.seen(*uri, *mapped);
    }

    std::string_view of(const char* jid) const {
        return spellings_.of(xmpp::Jid::from_prepared(jid));
    }

    Arena arena_;
    Spellings spellings_{2};
};

TEST_F(SpellingsTest, TheLastOneCounts) {
    EXPECT_EQ(of("alice@contoso.example"), "");
    seen("sip:Alice:secret@Contoso.Example.:5062;transport=tcp?subject=x");
    EXPECT_EQ(of("alice@contoso.example"), "sip:Alice@contoso.example");
    EXPECT_EQ(of("alice@contoso.example/balcony"), "sip:Alice@contoso.example");
    EXPECT_EQ(of("alice@northwind.example"), "");
    seen("sip:ALICE@contoso.example");
    EXPECT_EQ(of("alice@contoso.example"), "sip:ALICE@contoso.example");
    seen("sip:alice@contoso.example");
    EXPECT_EQ(of("alice@contoso.example"), "");
    EXPECT_EQ(spellings_.size(), 0U);
}

TEST_F(SpellingsTest, WhatAJidSaysAsWellTakesNoPlace) {
    seen("sip:%61lice@contoso.example");
    seen("sip:o%27hara@contoso.example");
    EXPECT_EQ(spellings_.size(), 0U);
}

TEST_F(SpellingsTest, IsBounded) {
    seen("sip:A@x.example");
    seen("sip:B@x.example");
    seen("sip:A@x.example");
    seen("sip:C@x.example");
    EXPECT_EQ(spellings_.size(), 2U);
    EXPECT_EQ(of("b@x.example"), "") << "was not seen for the longest time";
    EXPECT_EQ(of("a@x.example"), "sip:A@x.example");
    seen("sip:" + std::string(257, 'A') + "@x.example");
    EXPECT_EQ(spellings_.size(), 2U) << "nobody's name is as long";
}

}  // namespace
}  // namespace isthmus::gateway
