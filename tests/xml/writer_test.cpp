// The writer escapes whatever it is given: gap G-21, abuse cases A10 and E05.
#include "xml/writer.h"

#include <gtest/gtest.h>

#include <random>

#include "stream_log.h"

namespace isthmus::xml {
namespace {

using std::string_view_literals::operator""sv;

std::string text_of(std::string_view text) {
    Buffer out;
    append_text(out, text);
    return std::string(out.view());
}

std::string value_of(std::string_view text) {
    Buffer out;
    append_attribute_value(out, text);
    return std::string(out.view());
}

TEST(Writer, TextIsEscaped) {
    EXPECT_EQ(text_of("a<b>&'\"]]>\r\n\t"), "a&lt;b&gt;&amp;'\"]]&gt;&#13;\n\t");
    EXPECT_EQ(text_of(""), "");
    EXPECT_EQ(text_of("h\xC3\xA9 \xF0\x9F\x98\x80"), "h\xC3\xA9 \xF0\x9F\x98\x80");
}

TEST(Writer, AttributeValuesAreEscaped) {
    EXPECT_EQ(value_of("a<b>&'\"\r\n\t"), "a&lt;b&gt;&amp;&apos;\"&#13;&#10;&#9;");
}

TEST(Writer, G21_ForbiddenCharactersBecomeReplacements) {
    const std::string r = "\xEF\xBF\xBD";
    EXPECT_EQ(text_of(std::string("a\0b\x01\x1F", 5)), "a" + r + "b" + r + r);
    EXPECT_EQ(text_of("\xEF\xBF\xBE|\xEF\xBF\xBF"), r + "|" + r);
    EXPECT_EQ(text_of("\xED\xA0\x80|\xC0\xBC|\xFF|\x80"), r + "|" + r + "|" + r + "|" + r);
    EXPECT_EQ(text_of("\xE2\x82"), r);
    EXPECT_EQ(text_of("\xE2<"), r + "&lt;");
    EXPECT_EQ(value_of("\x0B"), r);
}

TEST(Writer, TagsNest) {
    Buffer out;
    Writer w(out);
    w.open("message").attribute("to", "j'@x").optional_attribute("id", "").open("a");
    w.close("a").element("body", "x").text("").empty("request", "urn:x");
    w.close("message");
    EXPECT_EQ(out.view(),
              "<message to='j&apos;@x'><a/><body>x</body><request xmlns='urn:x'/></message>");
}

TEST(Writer, EmptyElementHasNoEndTag) {
    Buffer out;
    Writer(out).element("body", "");
    EXPECT_EQ(out.view(), "<body/>");
}

TEST(Writer, TreeKeepsNamespaces) {
    StreamLog log;
    std::string again;
    log.during_element = [&](const Element& e) {
        Buffer out;
        Writer(out).tree(e, "jabber:server");
        again = out.view();
    };
    log.arrive(kHeader);
    log.arrive(
        "<message xml:lang='de'><xml:a><b/></xml:a><xml:c/><p:x xmlns:p='u' p:a='1' b='2' "
        "xmlns:q='v' q:c='&lt;'>t<y "
        "xmlns=''/></p:x></message>");
    EXPECT_EQ(again,
              "<message xml:lang='de'><xml:a><b/></xml:a><xml:c/><x xmlns='u' xmlns:n1='u' "
              "n1:a='1' b='2' xmlns:n2='v' "
              "n2:c='&lt;'>t<y xmlns=''/></x></message>");
    log.during_element = nullptr;
    log.arrive(again);
    EXPECT_EQ(log.events[1], log.events[2]);
}

// Any octets at all: one element arrives, with the same text if it was legal.
TEST(Writer, A10_NothingWrittenBreaksAStream) {
    std::minstd_rand random(3);
    const std::string_view alphabet =
        "<>&'\"]/!\r\n\t\0\x01 a\xC3\xA9\xE2\x82\xAC\xF0\x9F\xED\xA0\xEF\xBF\xBE\xFF"sv;
    for (int i = 0; i < 5000; ++i) {
        std::string any;
        for (std::size_t j = random() % 40; j > 0; --j) {
            any.push_back(alphabet[random() % alphabet.size()]);
        }
        Buffer out;
        Writer(out).open("a").attribute("b", any).text(any).close("a");
        StreamLog log;
        std::string text;
        std::string value;
        log.during_element = [&](const Element& e) {
            text = e.text;
            value = *e.attribute("b");
        };
        log.arrive(kHeader);
        log.arrive(out.view());
        ASSERT_EQ(log.events.size(), 2U) << out.view();
        ASSERT_EQ(text, value);
        if (text.find("\xEF\xBF\xBD") == std::string::npos) {
            ASSERT_EQ(text, any);
        }
    }
}

}  // namespace
}  // namespace isthmus::xml
