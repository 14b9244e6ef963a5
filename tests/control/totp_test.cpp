#include "control/totp.h"

#include "support/counting_random.h"

#include <gtest/gtest.h>

#include <set>

namespace isthmus::control::totp {
namespace {

// RFC 4226 appendix D.
TEST(Totp, CodesOfRfc4226) {
    constexpr const char* kCodes[] = {"755224",
                                      "287082",
                                      "359152",
                                      "969429",
                                      "338314",
                                      "254676",
                                      "287922",
                                      "162583",
                                      "399871",
                                      "520489"};
    for (std::uint64_t counter = 0; counter < 10; ++counter) {
        EXPECT_EQ(hotp("12345678901234567890", counter, 6), kCodes[counter]);
    }
}

// RFC 6238 appendix B, the SHA-1 rows.
TEST(Totp, CodesOfRfc6238) {
    struct Row {
        std::int64_t seconds;
        const char* code;
    };

    for (const Row& row : {Row{59, "94287082"},
                           Row{1111111109, "07081804"},
                           Row{1111111111, "14050471"},
                           Row{1234567890, "89005924"},
                           Row{2000000000, "69279037"},
                           Row{20000000000, "65353130"}}) {
        EXPECT_EQ(hotp("12345678901234567890", static_cast<std::uint64_t>(step_at(row.seconds)), 8),
                  row.code);
    }
}

TEST(Totp, OneStepOfSlackEachWay) {
    const std::string secret = base32_encode("12345678901234567890");
    EXPECT_EQ(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    for (const int late : {-30, 0, 30}) {
        EXPECT_EQ(matching_step(secret, "287082", 59 + late), 1) << late;
    }
    EXPECT_FALSE(matching_step(secret, "287082", 59 + 60));
    EXPECT_FALSE(matching_step(secret, "287082", 1111111109));
    for (const char* bad : {"", "28708", "2870820", "abcdef", "28708\n"}) {
        EXPECT_FALSE(matching_step(secret, bad, 59)) << bad;
    }
    EXPECT_FALSE(matching_step("", "", 59));
}

// RFC 4648 section 10, without padding.
TEST(Totp, Base32BothWays) {
    for (const auto& [octets, text] : {std::pair{"", ""},
                                       {"f", "MY"},
                                       {"fo", "MZXQ"},
                                       {"foo", "MZXW6"},
                                       {"foob", "MZXW6YQ"},
                                       {"fooba", "MZXW6YTB"},
                                       {"foobar", "MZXW6YTBOI"}}) {
        EXPECT_EQ(base32_encode(octets), text);
        EXPECT_EQ(base32_decode(text), octets);
    }
    EXPECT_FALSE(base32_decode("M1"));
}

TEST(Totp, UriEncodesWhatItIsGiven) {
    EXPECT_EQ(uri("Isthmus", "a b&c@d", "ABC"),
              "otpauth://totp/Isthmus:a%20b%26c%40d?secret=ABC&issuer=Isthmus&algorithm=SHA1&"
              "digits=6&period=30");
}

TEST(Totp, RecoveryCodesAreReadAsPeopleTypeThem) {
    test::CountingRandom random;
    const auto codes = make_recovery_codes(random);
    EXPECT_EQ(codes.size(), 10U);
    EXPECT_EQ(std::set(codes.begin(), codes.end()).size(), 10U);
    const auto hash = recovery_hash(codes[0]);
    ASSERT_TRUE(hash);
    std::string typed;
    for (const char c : codes[0]) {
        typed.push_back(c == '-' ? ' ' : static_cast<char>(std::toupper(c)));
    }
    EXPECT_EQ(recovery_hash(typed), hash);
    EXPECT_NE(recovery_hash(codes[1]), hash);
    for (const char* bad : {"", "123456", "aaaa-aaaa-aaaa-aaa", "aaaa-aaaa-aaaa-aaa1"}) {
        EXPECT_FALSE(recovery_hash(bad)) << bad;
    }
}

}  // namespace
}  // namespace isthmus::control::totp
