// The small readers: charsets, dates, HTML, MIME, CPIM.
#include "translate/charset.h"
#include "translate/cpim.h"
#include "translate/dates.h"
#include "translate/html.h"
#include "translate/mime.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::translate {

namespace {

using namespace std::string_literals;

class TextParts : public testing::Test {
  protected:
    std::string utf8(std::string_view octets, std::string_view charset) {
        const auto text = to_utf8(octets, charset, arena_);
        return text ? std::string(*text) : "refused";
    }

    std::string plain(std::string_view html) { return std::string(html_to_text(html, arena_)); }

    Arena arena_;
};

TEST_F(TextParts, CharsetsAreStrict) {
    EXPECT_EQ(utf8("h\xC3\xA9", ""), "hé");
    EXPECT_EQ(utf8("\xEF\xBB\xBFhi", "UTF-8"), "hi");
    EXPECT_EQ(utf8("caf\xE9", "utf-8"), "refused");
    EXPECT_EQ(utf8("caf\xE9", "ISO-8859-1"), "café");
    EXPECT_EQ(utf8("plain", "US-ASCII"), "plain");
    EXPECT_EQ(utf8("h\xC3\xA9", "us-ascii"), "refused");
    EXPECT_EQ(utf8("\xFF\xFEh\0i\0"s, "utf-16"), "hi");
    EXPECT_EQ(utf8("\xFE\xFF\0h\0i"s, "utf-16"), "hi");
    EXPECT_EQ(utf8("\0h\0i"s, "utf-16"), "hi");
    EXPECT_EQ(utf8("=\xD8M\xDC"s, "utf-16le"), "👍");
    EXPECT_EQ(utf8("\xD8=\xDCM"s, "utf-16be"), "👍");
    EXPECT_EQ(utf8("\xD8=\0x"s, "utf-16be"), "refused");
    EXPECT_EQ(utf8("\xD8="s, "utf-16be"), "refused");
    EXPECT_EQ(utf8("\xDCM\xD8="s, "utf-16be"), "refused");
    EXPECT_EQ(utf8("odd", "utf-16le"), "refused");
    EXPECT_EQ(utf8("+AGEAYg-", "utf-7"), "refused");
    EXPECT_EQ(utf8("hi", "koi8-r"), "refused");
}

TEST_F(TextParts, LinesEndWithLineFeed) {
    EXPECT_EQ(with_line_feeds("a\r\nb\rc\nd\r", arena_), "a\nb\nc\nd\n");
    const std::string_view same = "a\nb";
    EXPECT_EQ(with_line_feeds(same, arena_).data(), same.data());
    EXPECT_EQ(repaired_utf8("a\xFF\xC3\xA9\xC3", arena_), "a\xEF\xBF\xBDé\xEF\xBF\xBD");
}

TEST_F(TextParts, Dates) {
    EXPECT_EQ(parse_sip_date("Tue, 10 Sep 2002 23:08:25 GMT"), 1031699305);
    EXPECT_EQ(format_sip_date(1031699305, arena_), "Tue, 10 Sep 2002 23:08:25 GMT");
    EXPECT_EQ(format_datetime(1031699305, arena_), "2002-09-10T23:08:25Z");
    EXPECT_EQ(format_datetime(0, arena_), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_datetime(253402300799, arena_), "9999-12-31T23:59:59Z");
    EXPECT_EQ(format_datetime_us(1031699305000042, arena_), "2002-09-10T23:08:25.000042Z");
    EXPECT_EQ(parse_datetime("2002-09-10T23:08:25Z"), 1031699305);
    EXPECT_EQ(parse_datetime("2002-09-11T01:08:25.123+02:00"), 1031699305);
    EXPECT_EQ(parse_datetime("2002-09-10T16:08:25-07:00"), 1031699305);
    for (std::string_view bad : {"",
                                 "0001-01-01T00:00:00Z",
                                 "9999-12-31T23:59:59Z",
                                 "1970-01-01T00:00:00+14:00",
                                 "2002-02-30T00:00:00Z",
                                 "2002-09-10T24:00:00Z",
                                 "2002-09-10T23:08:25",
                                 "2002-09-10 23:08:25Z",
                                 "2002-09-10T23:08:25Zx",
                                 "20020910T23:08:25"}) {
        EXPECT_FALSE(parse_datetime(bad)) << bad;
    }
    for (std::string_view bad : {"Tue, 10 Sep 2002 23:08:25 EST",
                                 "Tue, 99 Sep 2002 23:08:25 GMT",
                                 "10 Sep 2002 23:08:25 GMT",
                                 "Tue, 10 Sep 20020 23:08:25 GMT"}) {
        EXPECT_FALSE(parse_sip_date(bad)) << bad;
    }
}

TEST_F(TextParts, HtmlLosesItsMarkup) {
    EXPECT_EQ(plain("<p>Hello <b>you</b></p>"), "Hello you");
    EXPECT_EQ(plain("<div>one</div><div>two<br/>three</div>"), "one\ntwo\nthree");
    EXPECT_EQ(plain("a &lt; b &amp;amp; &#x41;&#66; &nope; &"), "a < b &amp; AB &nope; &");
    EXPECT_EQ(plain("1 < 2"), "1 < 2");
    EXPECT_EQ(plain("x<!-- <b>no</b> -->y"), "xy");
    EXPECT_EQ(plain("<STYLE>p{}</STYLE><header>h</header>"), "h");
    EXPECT_EQ(plain("<script>if (a</script >1) x</script>done"), "1) xdone");
    EXPECT_EQ(plain("<p title='a > b'>t"), "t");
    EXPECT_EQ(plain("  spaced \n\t out  "), "spaced out");
    EXPECT_EQ(plain("<script"), "");
    EXPECT_EQ(plain("</a></a>x"), "x");
    EXPECT_EQ(plain("&#0;&#xD800;&#x110000;"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_F(TextParts, HtmlKeepsHarmlessLinks) {
    EXPECT_EQ(plain("<a href=\"https://x.example/?a=1\">here</a>"),
              "here <https://x.example/?a=1>");
    EXPECT_EQ(plain("<a href='https://x.example'>https://x.example</a>"), "https://x.example");
    EXPECT_EQ(plain("<a class=b href=mailto:a@b>mail</a>"), "mail <mailto:a@b>");
    EXPECT_EQ(plain("<a href='javascript:alert(1)'>x</a>"), "x");
    EXPECT_EQ(plain("<a href=' data:text/html,x'>x</a>"), "x");
    EXPECT_EQ(plain("<a href='http://x/\"><b>'>x</a>"), "x");
    EXPECT_EQ(plain("<p>a <a href='http://x'><br></a>"), "a\n <http://x>");
}

TEST_F(TextParts, MultipartParts) {
    const std::string_view body =
        "preamble\r\n--b1\r\n\r\none\r\n--b1 \r\nX: y\r\n\r\ntwo\r\n\r\n--b1--\r\nepilogue";
    Multipart parts(body, "b1");
    EXPECT_EQ(read_entity(*parts.next())->body, "one");
    EXPECT_EQ(read_entity(*parts.next())->body, "two\r\n");
    EXPECT_FALSE(parts.next());
    EXPECT_FALSE(Multipart(body, "").next());
    EXPECT_FALSE(Multipart(body, "b2").next());
    EXPECT_FALSE(Multipart("--b1--", "b1").next());
    Multipart open("--b1\n\nlast", "b1");
    EXPECT_EQ(read_entity(*open.next())->body, "last");
    EXPECT_FALSE(open.next());
}

TEST_F(TextParts, TransferEncodings) {
    const auto decoded = [this](std::string_view encoding, std::string_view body) {
        Entity entity;
        entity.transfer_encoding = encoding;
        entity.body = body;
        const auto text = transfer_decoded(entity, arena_);
        return text ? std::string(*text) : "refused";
    };
    EXPECT_EQ(decoded("", "x=41"), "x=41");
    EXPECT_EQ(decoded("8bit", "x"), "x");
    EXPECT_EQ(decoded("BASE64", "aGVs\r\nbG8="), "hello");
    EXPECT_EQ(decoded("base64", "aGVs!"), "refused");
    EXPECT_EQ(decoded("quoted-printable", "caf=C3=A9 =\r\nx"), "café x");
    EXPECT_EQ(decoded("quoted-printable", "=4"), "refused");
    EXPECT_EQ(decoded("x-uuencode", "x"), "refused");
}

TEST_F(TextParts, CpimNamesAreCaseSensitiveAndPrefixesBound) {
    const auto cpim = read_cpim(
        "From: <im:a@b>\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: 1\r\n"
        "i.Disposition-Notification: display, negative-delivery\r\nsubject: no\r\n"
        "Subject:;lang=cs Ahoj\\u0021\r\nDateTime: 2006-04-04T12:16:49-05:00\r\n\r\n"
        "Content-Type: text/plain\r\n\r\nHi",
        arena_);
    ASSERT_TRUE(cpim);
    EXPECT_EQ(cpim->imdn.message_id, "1");
    EXPECT_TRUE(cpim->imdn.display);
    EXPECT_TRUE(cpim->imdn.negative_delivery);
    EXPECT_FALSE(cpim->imdn.positive_delivery);
    ASSERT_EQ(cpim->subjects.size(), 1U);
    EXPECT_EQ(cpim->subjects[0].text, "Ahoj!");
    EXPECT_EQ(cpim->subjects[0].lang, "cs");
    EXPECT_EQ(cpim->content.body, "Hi");
}

TEST_F(TextParts, CpimThatCannotBeUnderstood) {
    const auto kind = [this](std::string_view text) {
        const auto cpim = read_cpim(text, arena_);
        return cpim ? ErrorKind::Internal : cpim.error().kind;
    };
    EXPECT_EQ(kind(""), ErrorKind::Syntax);
    EXPECT_EQ(kind("From: <im:a@b>\r\n"), ErrorKind::Syntax);
    EXPECT_EQ(kind("From: <im:a@b>\r\n\r\nno header here\r\n\r\nx"), ErrorKind::Syntax);
    EXPECT_EQ(kind("bad name: x\r\n\r\nContent-Type: text/plain\r\n\r\nx"), ErrorKind::Syntax);
    EXPECT_EQ(kind("Require: Magic\r\n\r\nContent-Type: text/plain\r\n\r\nx"),
              ErrorKind::Unsupported);
    EXPECT_EQ(kind("Require: Subject, cc\r\n\r\nContent-Type: text/plain\r\n\r\nx"),
              ErrorKind::Internal);
}

}  // namespace

}  // namespace isthmus::translate
