// Rich text to plain text: nothing but the format is lost, and nothing costs more than its length.
#include "translate/rtf.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::translate {
namespace {

struct RtfRow {
    const char* rtf;
    const char* text;  ///< null: refused
};

class Rtf : public testing::TestWithParam<RtfRow> {};

TEST_P(Rtf, BecomesText) {
    Arena arena;
    const auto said = rtf_to_text(GetParam().rtf, arena);
    if (GetParam().text == nullptr) {
        EXPECT_FALSE(said) << *said;
    } else {
        ASSERT_TRUE(said);
        EXPECT_EQ(*said, GetParam().text);
    }
}

constexpr const char* kRichEdit =
    "{\\rtf1\\fbidis\\ansi\\ansicpg1252\\deff0\\nouicompat\\deflang1031"
    "{\\fonttbl{\\f0\\fnil\\fcharset0 Segoe UI;}{\\f1\\fnil\\fcharset204 Segoe UI;}}\r\n"
    "{\\colortbl ;\\red0\\green0\\blue0;}\r\n{\\*\\generator Riched20 "
    "16.0.4417}\\viewkind4\\uc1\r\n"
    "\\pard\\ltrpar\\cf1\\f0\\fs20 Gr\\'fc\\'dfe "
    "\\f1\\lang1049\\'ef\\'f0\\'e8\\'e2\\'e5\\'f2\\f0\\par\r\n"
    "second {\\b bold} line\\par\r\n}\r\n\0";

INSTANTIATE_TEST_SUITE_P(
    Table,
    Rtf,
    testing::Values(
        RtfRow{"{\\rtf1 hello}", "hello"},
        RtfRow{kRichEdit,
               "Gr\xC3\xBC\xC3\x9F"
               "e \xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\n"
               "second bold line"},
        RtfRow{"{\\rtf1 a\\par\\par b\\line c\\tab d}", "a\n\nb\nc\td"},
        RtfRow{"{\\rtf1 \\{x\\} \\\\ y}", "{x} \\ y"},
        RtfRow{"{\\rtf1\\uc1 \\u8364?5 \\u-10179?\\u-8704?!}",
               "\xE2\x82\xAC"
               "5 \xF0\x9F\x98\x80!"},
        RtfRow{"{\\rtf1\\uc2 \\u1055ab\\u1088cd}", "\xD0\x9F\xD1\x80"},
        RtfRow{"{\\rtf1{\\uc0\\u1055}x}", "\xD0\x9Fx"},
        RtfRow{"{\\rtf1 a{\\*\\unknown secret}b{\\pict\\bin5 }{}{}}c}", "abc"},
        RtfRow{"{\\rtf1 a{\\info{\\author x}}b}", "ab"},
        RtfRow{"{\\rtf1 \\lquote q\\rquote  \\emdash\\~x}",
               "\xE2\x80\x98q\xE2\x80\x99 \xE2\x80\x94\xC2\xA0x"},
        RtfRow{"{\\rtf1 see {\\field{\\*\\fldinst{HYPERLINK \"https://x.example/\"}}"
               "{\\fldrslt here}}.}",
               "see here <https://x.example/>."},
        RtfRow{"{\\rtf1 {\\field{\\*\\fldinst HYPERLINK \"https://x.example/\"}"
               "{\\fldrslt https://x.example/}}}",
               "https://x.example/"},
        RtfRow{"{\\rtf1 {\\field{\\*\\fldinst HYPERLINK \"javascript:alert(1)\"}{\\fldrslt x}}}",
               "x"},
        RtfRow{"{\\rtf1}", ""},
        RtfRow{"{\\rtf1 half", "half"},
        RtfRow{"{\\rtf1 a}trailing", "a"},
        RtfRow{"hello", nullptr},
        RtfRow{"", nullptr},
        RtfRow{"{\\rtf1 \\u-10179?x}", nullptr},
        RtfRow{"{\\rtf1 \\u-8704?x}", nullptr},
        RtfRow{"{\\rtf1 \\'g0}", nullptr},
        RtfRow{"{\\rtf1\\ansicpg932 \\'93\\'fa}", nullptr},
        RtfRow{"{\\rtf1{\\fonttbl{\\f0\\fcharset128 MS;}}\\f0 \\'93\\'fa}", nullptr},
        RtfRow{"{\\rtf1 a\\bin99999999999999999999 b}", "a"},
        RtfRow{"{\\rtf1 a\\bin-5 b}", "ab"},
        RtfRow{"{\\rtf1 \\", nullptr}));

TEST(RtfBombs, DeepNestingIsRefused) {
    Arena arena;
    EXPECT_FALSE(rtf_to_text("{\\rtf1" + std::string(100000, '{'), arena));
    EXPECT_TRUE(rtf_to_text("{\\rtf1" + std::string(60, '{') + "x", arena));
}

TEST(RtfBombs, TheTextIsNeverMuchLongerThanTheInput) {
    for (const std::string part : {"\\~", "\\'80", "\\u8364", "\\bullet", "{\\field}", "\\_"}) {
        Arena arena;
        std::string rtf("{\\rtf1\\uc0 ");
        for (int i = 0; i < 5000; ++i) {
            rtf += part;
        }
        const auto said = rtf_to_text(rtf, arena);
        ASSERT_TRUE(said) << part;
        EXPECT_LE(said->size(), 3 * rtf.size()) << part;
    }
}

}  // namespace
}  // namespace isthmus::translate
