// Dialback keys against the published values, and the shape of the elements. XEP-0185, XEP-0220;
// abuse case B14.
#include "xmpp/dialback.h"

#include "xml/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::xmpp::dialback {
namespace {

// tests/data has the same values as shared vectors: case SK-001.
TEST(Dialback, KeyOfXep0185) {
    EXPECT_EQ(make_key("s3cr3tf0rd14lb4ck", "xmpp.example.com", "example.org", "D60000229F"),
              "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643");
}

TEST(Dialback, KeyIsOursOnlyForItsOwnPairStreamAndSecret) {
    std::string key = make_key("secret", "a.example", "b.example", "id1");
    EXPECT_TRUE(is_our_key(key, "secret", "a.example", "b.example", "id1"));
    EXPECT_FALSE(is_our_key(key, "secret", "a.example", "b.example", "id2"));
    EXPECT_FALSE(is_our_key(key, "secret", "b.example", "a.example", "id1"));
    EXPECT_FALSE(is_our_key(key, "other", "a.example", "b.example", "id1"));
    EXPECT_FALSE(is_our_key("", "secret", "a.example", "b.example", "id1"));
    EXPECT_FALSE(is_our_key(key + "0", "secret", "a.example", "b.example", "id1"));
}

TEST(Dialback, FieldsDoNotRunIntoEachOther) {
    EXPECT_NE(make_key("s", "a.example", "b.example1", "2"),
              make_key("s", "a.example", "b.example", "12"));
    EXPECT_NE(make_key("s", "aa", "b", "i"), make_key("s", "a", "ab", "i"));
}

class DialbackElement : public testing::Test {
  protected:
    std::optional<Element> read(std::string_view text) {
        auto parsed = xml::parse_document(text, arena, {});
        return parsed ? Element::read(**parsed, arena) : std::nullopt;
    }

    Arena arena;
};

TEST_F(DialbackElement, ReadsPreparedDomainsAndTheKey) {
    auto found = read(
        "<db:result xmlns:db='jabber:server:dialback' from='Example.ORG' to='a.example'>\n"
        "abc</db:result>");
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->is_verify);
    EXPECT_EQ(found->from, "example.org");
    EXPECT_EQ(found->to, "a.example");
    EXPECT_EQ(found->key, "abc");
    EXPECT_EQ(found->type, "");
}

TEST_F(DialbackElement, BadDomainsCountAsMissing) {
    auto found =
        read("<db:verify xmlns:db='jabber:server:dialback' from='a b' id='1' type='valid'/>");
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->is_verify);
    EXPECT_EQ(found->from, "");
    EXPECT_EQ(found->to, "");
    EXPECT_EQ(found->verdict(), Verdict::Valid);
}

TEST_F(DialbackElement, ErrorTellsItsCondition) {
    auto found = read(
        "<db:result xmlns:db='jabber:server:dialback' from='a.example' to='b.example' "
        "type='error'><error xmlns='jabber:server' type='cancel'>"
        "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->condition, "item-not-found");
    EXPECT_EQ(found->verdict(), Verdict::Unknown);
}

TEST_F(DialbackElement, OtherElementsAreNone) {
    EXPECT_FALSE(read("<result xmlns='jabber:server'/>"));
    EXPECT_FALSE(read("<db:other xmlns:db='jabber:server:dialback'/>"));
}

}  // namespace
}  // namespace isthmus::xmpp::dialback
