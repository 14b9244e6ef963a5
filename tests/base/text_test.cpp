#include "base/text.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/codes.h"
#include "base/digest.h"
#include "base/metrics.h"
#include "base/sip_answers.h"
#include "base/utc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace isthmus {
namespace {

TEST(Text, Utf8IsStrict) {
    EXPECT_TRUE(text::is_utf8("plain, long enough for the fast path"));
    EXPECT_TRUE(text::is_utf8("t\xc3\xb6rt\xe2\x82\xac\xf0\x9f\x98\x80"));
    for (const char* bad : {"\xc0\xaf",
                            "\xe0\x80\xaf",
                            "\xed\xa0\x80",
                            "\xf4\x90\x80\x80",
                            "\x80",
                            "12345678\xc3",
                            "\xf5\x80\x80\x80",
                            "\xe2\x82"}) {
        EXPECT_FALSE(text::is_utf8(bad)) << text::escape_for_log(bad);
    }
}

TEST(Text, CodePointsRoundTrip) {
    for (char32_t c : {U'a', U'\u00e9', U'\u20ac', U'\U0001F600', U'\U0010FFFF'}) {
        std::string out;
        text::append_utf8(out, c);
        std::size_t at = 0;
        EXPECT_EQ(text::next_code_point(out, at), c);
        EXPECT_EQ(at, out.size());
    }
}

TEST(Text, NumbersAreDigitsOnly) {
    EXPECT_EQ(text::to_number("0042"), 42U);
    for (const char* bad : {"", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616"}) {
        EXPECT_FALSE(text::to_number(bad)) << bad;
    }
}

TEST(Text, LogEscapesControlsAndTerminals) {
    EXPECT_EQ(text::escape_for_log("a\r\n\x1b[31m\xff"), "a\\x0D\\x0A\\x1B[31m\\xFF");
}

TEST(Utc, LeapYearsAndTheEpoch) {
    EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(utc_text(951'782'399), "2000-02-28T23:59:59Z");
    EXPECT_EQ(utc_text(951'782'400), "2000-02-29T00:00:00Z");
    EXPECT_EQ(utc_now_text().size(), 20U);
}

TEST(Digest, KnownAnswers) {
    EXPECT_EQ(digest::md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(digest::sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(digest::hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, Base64RoundTripsAndIsStrict) {
    for (const std::string& plain : {std::string(),
                                     std::string("f"),
                                     std::string("fo"),
                                     std::string("foo"),
                                     std::string("foob\0r", 6)}) {
        EXPECT_EQ(digest::base64_decode(digest::base64_encode(plain)), plain);
    }
    EXPECT_EQ(digest::base64_encode("foob"), "Zm9vYg==");
    for (const char* bad : {"Zg", "Zg=", "Z===", "Zg==Zg==", "Zm 9"}) {
        EXPECT_FALSE(digest::base64_decode(bad)) << bad;
    }
}

TEST(Buffer, QueuesAndCompacts) {
    Buffer buffer;
    std::string expected;
    for (int i = 0; i < 2000; ++i) {
        buffer.append("item ").append_number(i).append(';');
        expected += "item " + std::to_string(i) + ";";
        if (i % 3 == 0) {
            buffer.consume(7);
            expected.erase(0, 7);
        }
    }
    EXPECT_EQ(buffer.view(), expected);
}

TEST(Arena, KeepsBigAndSmallApart) {
    Arena arena(128);
    const auto small = arena.copy("small");
    const auto big = arena.copy(std::string(1000, 'x'));
    const auto more = arena.concat("a", "bc", "d");
    EXPECT_EQ(small, "small");
    EXPECT_EQ(big.size(), 1000U);
    EXPECT_EQ(more, "abcd");
    arena.reset();
    EXPECT_EQ(arena.copy("again"), "again");
}

TEST(Metrics, Exposition) {
    metrics::Registry registry;
    registry.counter("isthmus_x_total", "Things.", {{"partner", "a\"b"}}).add(3);
    registry.histogram("isthmus_y_seconds", "Time.").observe(0.3);
    const std::string text = registry.render();
    EXPECT_NE(text.find("isthmus_x_total{partner=\"a\\\"b\"} 3\n"), std::string::npos);
    EXPECT_NE(text.find("isthmus_y_seconds_bucket{le=\"0.5\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("isthmus_y_seconds_bucket{le=\"0.2\"} 0\n"), std::string::npos);
    EXPECT_NE(text.find("isthmus_y_seconds_count 1\n"), std::string::npos);
}

TEST(Codes, SortedUniqueAndFound) {
    const auto all = codes::all();
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &codes::Code::id));
    for (const auto& code : all) {
        EXPECT_EQ(codes::find(code.id), &code);
        EXPECT_TRUE(code.id.starts_with("IST-"));
    }
    EXPECT_EQ(codes::find("IST-NONE-999"), nullptr);
}

TEST(Codes, ARefusalOfASipPeerSaysWhatItsStatusMeans) {
    const auto all = codes::sip_answers();
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &codes::SipAnswer::status));
    for (const codes::SipAnswer& one : all) {
        const std::string status = std::to_string(one.status);
        EXPECT_TRUE(one.sentence.ends_with("(" + status + ").")) << one.sentence;
        EXPECT_FALSE(one.fix.empty()) << one.status;
        EXPECT_EQ(codes::find("IST-SIP-003", status + " Whatever").sentence, one.sentence);
    }
    const codes::Code known = codes::find("IST-SIP-003", "404 Not Found; ms-diagnostics 1003 x");
    EXPECT_EQ(known.id, "IST-SIP-003");
    EXPECT_EQ(known.sentence, "The SIP peer knows no such user (404).");
    EXPECT_EQ(codes::find("IST-SIP-003", "486").sentence,
              "The user is busy and takes no message now (486).");
    const std::string_view general = codes::find("IST-SIP-003")->sentence;
    for (const char* evidence : {"", "40", "4041 x", "404x", "499 Odd", "no 404"}) {
        EXPECT_EQ(codes::find("IST-SIP-003", evidence).sentence, general) << evidence;
    }
    EXPECT_EQ(codes::find("IST-SIP-002", "404 Not Found").sentence,
              codes::find("IST-SIP-002")->sentence);
    EXPECT_EQ(codes::find("IST-NONE-999", "404").sentence, "");
}

}  // namespace
}  // namespace isthmus
