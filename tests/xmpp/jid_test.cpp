// JIDs: RFC 7622 with RFC 8264, 8265, 5892, 5893; house decision 9.
#include "xmpp/jid.h"

#include <gtest/gtest.h>

namespace isthmus::xmpp {
namespace {

std::string shown(const Result<std::string_view>& result) {
    return result ? std::string(*result) : "refused: " + result.error().detail;
}

std::string jid(std::string_view text) {
    Arena arena;
    const auto parsed = parse_jid(text, arena);
    return parsed ? parsed->full() : "refused: " + parsed.error().detail;
}

std::string local(std::string_view text) {
    Arena arena;
    const auto once = prepare_local(text, arena);
    if (once) {
        EXPECT_EQ(shown(prepare_local(*once, arena)), *once) << "must be stable";
    }
    return shown(once);
}

std::string domain(std::string_view text) {
    Arena arena;
    return shown(prepare_domain(text, arena));
}

std::string resource(std::string_view text) {
    Arena arena;
    return shown(prepare_resource(text, arena));
}

std::string key(std::string_view text) {
    Arena arena;
    return shown(account_key(text, arena));
}

constexpr const char* kPrecis = "refused: precis";

TEST(Jid, Rfc7622_3_5_Table1Examples) {
    for (const char* same : {"juliet@example.com",
                             "juliet@example.com/foo",
                             "juliet@example.com/foo bar",
                             "juliet@example.com/foo@bar",
                             "foo\\20bar@example.com",
                             "fussball@example.com",
                             "fu\u00DFball@example.com",
                             "\u03C0@example.com",
                             "\u03C3@example.com",
                             "\u03C2@example.com",
                             "king@example.com/\u265A",
                             "example.com",
                             "example.com/foobar",
                             "a.example.com/b@example.net"}) {
        EXPECT_EQ(jid(same), same);
    }
    EXPECT_EQ(jid("\u03A3@example.com/foo"), "\u03C3@example.com/foo");
}

TEST(Jid, Rfc7622_3_5_Table2ExamplesAreRefused) {
    for (const char* bad : {"\"juliet\"@example.com",
                            "foo bar@example.com",
                            "juliet@example.com/",
                            "@example.com/",
                            "henry\u2163@example.com",
                            "\u265A@example.com",
                            "juliet@",
                            "/foobar"}) {
        EXPECT_EQ(jid(bad).substr(0, 7), "refused") << bad;
    }
}

TEST(Jid, Rfc7622_3_1_SplitsAtSlashThenAtAtSign) {
    Arena arena;
    const Jid parsed = *parse_jid("juliet@example.com/a@b/c", arena);
    EXPECT_EQ(parsed.local, "juliet");
    EXPECT_EQ(parsed.domain, "example.com");
    EXPECT_EQ(parsed.resource, "a@b/c");
    EXPECT_EQ(parsed.to_bare_string(), "juliet@example.com");
    EXPECT_EQ(Jid::from_prepared(parsed.full()), parsed);
    EXPECT_EQ(Jid::from_prepared("example.com"), (Jid{{}, "example.com", {}}));
    EXPECT_EQ(jid("a@b@example.com"), "refused: domain");
}

TEST(Jid, RefusalsSayWhich) {
    EXPECT_EQ(jid("@example.com"), "refused: empty-localpart");
    EXPECT_EQ(jid("a@example.com/"), "refused: empty-resource");
    EXPECT_EQ(jid("a@"), "refused: empty-domain");
    EXPECT_EQ(jid(""), "refused: empty-domain");
    EXPECT_EQ(jid("al ice@example.com"), kPrecis);
    EXPECT_EQ(jid("a&b@example.com"), "refused: disallowed");
    EXPECT_EQ(jid("a\xFF@example.com"), "refused: not-utf8");
    EXPECT_EQ(jid("a\xC0\xAF@example.com"), "refused: not-utf8");
}

TEST(Jid, PreparedAsciiIsNotCopied) {
    Arena arena;
    const std::string_view text = "juliet@example.com/Balcony";
    const Jid parsed = *parse_jid(text, arena);
    EXPECT_EQ(parsed.local.data(), text.data());
    EXPECT_EQ(parsed.domain.data(), text.data() + 7);
    EXPECT_EQ(parsed.resource.data(), text.data() + 19);
}

TEST(Jid, Rfc7622_3_PartsHave1023OctetsAtMost) {
    Arena arena;
    const std::string longest(1023, 'a');
    EXPECT_EQ(local(longest), longest);
    EXPECT_EQ(prepare_local(longest + 'a', arena).error().kind, ErrorKind::TooLong);
    EXPECT_EQ(resource(longest), longest);
    EXPECT_EQ(prepare_resource(longest + 'a', arena).error().kind, ErrorKind::TooLong);
    std::string wide;
    std::string full_width;
    for (int i = 0; i < 511; ++i) {
        wide += "\u00FC";
    }
    for (int i = 0; i < 1023; ++i) {
        full_width += "\uFF41";
    }
    EXPECT_EQ(local(wide + "a"), wide + "a");
    EXPECT_EQ(prepare_local(wide + "aa", arena).error().kind, ErrorKind::TooLong);
    EXPECT_EQ(local(full_width), longest) << "the limit is for the result";
    EXPECT_EQ(prepare_local(std::string(5000, '\xFF'), arena).error().kind, ErrorKind::TooLong);
}

TEST(Jid, Rfc7622_3_3_1_ExcludedCharacters) {
    for (const char* bad : {"a\"", "a&", "a'", "a/", "a:", "a<", "a>", "a@"}) {
        EXPECT_EQ(local(bad), "refused: disallowed") << bad;
        EXPECT_EQ(local(std::string(bad) + "\u00E9"), "refused: disallowed") << bad;
    }
    EXPECT_EQ(local("a\uFF20b"), kPrecis) << "full-width at sign";
    EXPECT_EQ(local("!#$%()*+,-.;=?[\\]^_`{|}~"), "!#$%()*+,-.;=?[\\]^_`{|}~");
    EXPECT_EQ(local(std::string("a\0b", 3)), kPrecis);
    EXPECT_EQ(local("a\r\nb"), kPrecis);
    EXPECT_EQ(local("a\x7F"), kPrecis);
}

TEST(Jid, Rfc8265_3_3_CaseIsMapped) {
    EXPECT_EQ(local("JuLiEt"), "juliet");
    EXPECT_EQ(local("\u00DCBER"), "\u00FCber");
    EXPECT_EQ(local("\u1E9E"), "\u00DF");
    EXPECT_EQ(local("\u039F\u0394\u039F\u03A3"), "\u03BF\u03B4\u03BF\u03C3");
    EXPECT_EQ(local("\u03BF\u03B4\u03BF\u03C2"), "\u03BF\u03B4\u03BF\u03C2");
    EXPECT_EQ(local("\u0130"), "i\u0307");
    EXPECT_EQ(local("\u13A0\u13F0"), "\uAB70\u13F8")
        << "Cherokee: its capitals are the old letters";
    EXPECT_EQ(local("\U00010400"), "\U00010428");
}

TEST(Jid, Rfc8265_3_3_WidthAndFormAreMapped) {
    EXPECT_EQ(local("\uFF21\uFF22"), "ab");
    EXPECT_EQ(local("\uFF76\uFF9E"), "\u30AC") << "half-width KA and voiced sound mark";
    EXPECT_EQ(local("e\u0301"), "\u00E9");
    EXPECT_EQ(local("\u3000a"), kPrecis) << "ideographic space";
}

TEST(Jid, Rfc8264_9_17_CompatibilityCharactersAreRefused) {
    EXPECT_EQ(local("\uFB01x"), kPrecis);
    EXPECT_EQ(local("\u212A"), kPrecis) << "Kelvin sign";
    EXPECT_EQ(local("\u2126"), kPrecis) << "Ohm sign";
    EXPECT_EQ(local("\u2163"), kPrecis) << "Roman numeral four";
    EXPECT_EQ(local("a\u00B2"), kPrecis);
}

TEST(Jid, Rfc8264_9_13_IgnorableCharactersAreRefused) {
    EXPECT_EQ(local("a\u00ADb"), kPrecis) << "soft hyphen";
    EXPECT_EQ(local("a\u200Bb"), kPrecis) << "zero width space";
    EXPECT_EQ(local("a\uFEFFb"), kPrecis);
    EXPECT_EQ(local("a\u202Eb"), kPrecis) << "right-to-left override";
    EXPECT_EQ(local("a\u034Fb"), kPrecis);
    EXPECT_EQ(local("a\U000E0041"), kPrecis) << "tag";
    EXPECT_EQ(local("\u1100\u1161"), kPrecis) << "old Hangul jamo";
    EXPECT_EQ(local("\uFDD0"), kPrecis) << "noncharacter";
    EXPECT_EQ(local("a\u0085"), kPrecis);
    EXPECT_EQ(local("\uE000"), kPrecis) << "private use";
}

TEST(Jid, Rfc8264_9_10_UnassignedIsRefused) {
    EXPECT_EQ(local("a\u0378"), kPrecis);
    EXPECT_EQ(resource("a\u0378"), kPrecis);
}

TEST(Jid, Rfc8264_9_6_Exceptions) {
    EXPECT_EQ(local("\u00DF\u03C2\u06FD"), kPrecis) << "an Arabic sign in a Latin word";
    EXPECT_EQ(local("\u00DF\u03C2"), "\u00DF\u03C2");
    EXPECT_EQ(local("\u3007\u0F0B"), "\u3007\u0F0B");
    EXPECT_EQ(local("\u0627\u0640\u0628"), kPrecis) << "tatweel";
    EXPECT_EQ(local("\u302E"), kPrecis);
    EXPECT_EQ(local("\u3031"), kPrecis);
}

TEST(Jid, Rfc5892_A1_ZeroWidthNonJoiner) {
    EXPECT_EQ(local("\u0915\u094D\u200C\u0937"), "\u0915\u094D\u200C\u0937") << "after a virama";
    EXPECT_EQ(local("\u0646\u0627\u0645\u0647\u200C\u0627\u06CC"),
              "\u0646\u0627\u0645\u0647\u200C\u0627\u06CC");
    EXPECT_EQ(local("\u0628\u064E\u200C\u064E\u0628"), "\u0628\u064E\u200C\u064E\u0628")
        << "transparent marks between";
    EXPECT_EQ(local("\u0627\u200C\u0628"), kPrecis) << "alef does not join to its left";
    EXPECT_EQ(local("a\u200Cb"), kPrecis);
    EXPECT_EQ(local("\u200C"), kPrecis);
    EXPECT_EQ(local("\u0628\u200C"), kPrecis);
}

TEST(Jid, Rfc5892_A2_ZeroWidthJoiner) {
    EXPECT_EQ(local("\u0915\u094D\u200D\u0937"), "\u0915\u094D\u200D\u0937");
    EXPECT_EQ(local("a\u200Db"), kPrecis);
    EXPECT_EQ(local("\u200Db"), kPrecis);
}

TEST(Jid, Rfc5892_A3_MiddleDotBetweenTwoL) {
    EXPECT_EQ(local("col\u00B7legi"), "col\u00B7legi");
    EXPECT_EQ(local("COL\u00B7LEGI"), "col\u00B7legi");
    EXPECT_EQ(local("a\u00B7b"), kPrecis);
    EXPECT_EQ(local("l\u00B7"), kPrecis);
    EXPECT_EQ(local("\u00B7l"), kPrecis);
}

TEST(Jid, Rfc5892_A4_GreekKeraiaBeforeGreek) {
    EXPECT_EQ(local("\u0375\u03B2"), "\u0375\u03B2");
    EXPECT_EQ(local("\u0375b"), kPrecis);
    EXPECT_EQ(local("\u03B2\u0375"), kPrecis);
}

TEST(Jid, Rfc5892_A5_A6_HebrewPunctuationAfterHebrew) {
    EXPECT_EQ(local("\u05D0\u05F3\u05D1"), "\u05D0\u05F3\u05D1");
    EXPECT_EQ(local("\u05D0\u05F4\u05D1"), "\u05D0\u05F4\u05D1");
    EXPECT_EQ(local("\u05F3\u05D0"), kPrecis);
    EXPECT_EQ(local("\u05F4\u05D0"), kPrecis);
}

TEST(Jid, Rfc5892_A7_KatakanaMiddleDotNeedsJapanese) {
    EXPECT_EQ(local("\u30A2\u30FBa"), "\u30A2\u30FBa");
    EXPECT_EQ(local("a\u30FB\u5C71"), "a\u30FB\u5C71");
    EXPECT_EQ(local("a\u30FBb"), kPrecis);
}

TEST(Jid, Rfc5892_A8_A9_ArabicDigitsDoNotMix) {
    EXPECT_EQ(local("\u0628\u0661\u0662"), "\u0628\u0661\u0662");
    EXPECT_EQ(local("\u0628\u06F1\u06F2"), "\u0628\u06F1\u06F2");
    EXPECT_EQ(local("\u0628\u0661\u06F2"), kPrecis);
}

TEST(Jid, Rfc5893_2_BidiRule) {
    EXPECT_EQ(local("\u05D0\u05D1"), "\u05D0\u05D1");
    EXPECT_EQ(local("\u05D0\u05D11"), "\u05D0\u05D11");
    EXPECT_EQ(local("\u05D0\u05D1a"), kPrecis) << "rule 2";
    EXPECT_EQ(local("a\u05D0"), kPrecis) << "rule 5";
    EXPECT_EQ(local("1\u05D0"), kPrecis) << "rule 1";
    EXPECT_EQ(local("\u05D0-"), kPrecis) << "rule 3";
    EXPECT_EQ(local("\u05D0\u05B0"), "\u05D0\u05B0") << "rule 3, a mark at the end";
    EXPECT_EQ(local("\u0628\u06611"), kPrecis) << "rule 4";
    EXPECT_EQ(local("\u0661"), kPrecis) << "rule 1, a number alone";
}

TEST(Jid, Rfc8265_4_2_OpaqueStringKeepsCaseAndSpaces) {
    EXPECT_EQ(resource("Foo Bar"), "Foo Bar");
    EXPECT_EQ(resource(" Foo"), " Foo");
    EXPECT_EQ(resource("a\u00A0b\u3000c\u2003d"), "a b c d");
    EXPECT_EQ(resource("e\u0301"), "\u00E9");
    EXPECT_EQ(resource("\uFF21\u2163\u212B"), "\uFF21\u2163\u00C5");
    EXPECT_EQ(resource("\U0001F600"), "\U0001F600");
    EXPECT_EQ(resource("\u05D0a"), "\u05D0a") << "no bidi rule";
    EXPECT_EQ(resource("a\u00B7b"), kPrecis) << "contextual rules hold here too";
    EXPECT_EQ(resource("a\x01"), kPrecis);
    EXPECT_EQ(resource("a\u0085"), kPrecis);
    EXPECT_EQ(resource("a\u00AD"), kPrecis);
    EXPECT_EQ(resource("\uE000"), kPrecis);
}

TEST(Jid, Rfc7622_3_2_DomainsAreFoldedAndLoseTheirFinalDot) {
    EXPECT_EQ(domain("Example.COM"), "example.com");
    EXPECT_EQ(domain("example.com."), "example.com");
    EXPECT_EQ(domain("m\u00FCnchen.example\u3002"), "m\u00FCnchen.example");
    EXPECT_EQ(domain("localhost"), "localhost");
    EXPECT_EQ(domain("192.0.2.4"), "192.0.2.4");
}

TEST(Jid, Rfc7622_3_2_DomainsThatAreNone) {
    const std::string label(63, 'a');
    EXPECT_EQ(domain(label + ".example"), label + ".example");
    const std::string too_long = label + '.' + label + '.' + label + '.' + label;
    for (const std::string& bad : {std::string("."),
                                   std::string("a..b"),
                                   std::string(".a"),
                                   std::string("a.."),
                                   std::string("-a.example"),
                                   std::string("a-.example"),
                                   std::string("ab--c.example"),
                                   std::string("a_b.example"),
                                   std::string("a b.example"),
                                   std::string("a:5269"),
                                   std::string("a@b"),
                                   std::string("a%2e"),
                                   std::string("a\0b", 3),
                                   label + "a.example",
                                   too_long,
                                   std::string("xn--a.example"),
                                   std::string("xn--.example"),
                                   std::string("\u265A.example"),
                                   std::string("\u00E9-.example"),
                                   std::string("a\u200Bb\u2FF0.example"),
                                   std::string("\u05D0a.example"),
                                   std::string("l\u00B7a.example")}) {
        EXPECT_EQ(domain(bad), "refused: domain") << bad;
    }
    EXPECT_EQ(domain("a\xFF"), "refused: not-utf8");
    Arena arena;
    EXPECT_EQ(prepare_domain(std::string(2000, '\xC3'), arena).error().kind, ErrorKind::TooLong);
}

TEST(Jid, Rfc7622_3_2_1_DomainsAreULabels) {
    Arena arena;
    EXPECT_EQ(domain("xn--mnchen-3ya.example"), "m\u00FCnchen.example");
    EXPECT_EQ(domain("XN--MNCHEN-3YA.example"), "m\u00FCnchen.example");
    EXPECT_EQ(domain("M\u00DCNCHEN.example"), "m\u00FCnchen.example");
    EXPECT_EQ(domain("fa\u00DF.example"), "fa\u00DF.example");
    EXPECT_EQ(shown(domain_to_ascii("fa\u00DF.example", arena)), "xn--fa-hia.example");
    EXPECT_EQ(shown(domain_to_ascii("\u043F\u043E\u0447\u0442\u0430.example", arena)),
              "xn--80a1acny.example");
    EXPECT_EQ(shown(domain_to_ascii("Example.com.", arena)), "example.com");
    EXPECT_EQ(shown(domain_to_ascii("xn--80a1acny.Example", arena)), "xn--80a1acny.example");
    EXPECT_EQ(shown(domain_to_ascii("[2001:db8::1]", arena)), "[2001:db8::1]");
    EXPECT_EQ(shown(domain_to_unicode("xn--80a1acny.example", arena)),
              "\u043F\u043E\u0447\u0442\u0430.example");
    EXPECT_EQ(shown(domain_to_unicode("a_b", arena)), "refused: domain");
}

TEST(Jid, Rfc7622_3_2_3_IpLiterals) {
    EXPECT_EQ(jid("alice@[2001:DB8::1]"), "alice@[2001:db8::1]");
    EXPECT_EQ(domain("[2001:db8:0:0:0:0:0:1]"), "[2001:db8::1]");
    for (const char* bad : {"[]",
                            "[",
                            "[::1",
                            "::1",
                            "[::1]:5269",
                            "[192.0.2.4]",
                            "[fe80::1%eth0]",
                            "[v1.x]",
                            "[0000000000000000000000000000000000000000000000000::1]"}) {
        EXPECT_EQ(domain(bad), "refused: domain") << bad;
    }
    EXPECT_EQ(domain(std::string_view("[::1\0]", 6)), "refused: domain");
}

TEST(Jid, Decision9_AccountKeyFoldsWhatNodeprepFolds) {
    EXPECT_EQ(key("Juliet"), "juliet");
    EXPECT_EQ(key("\u03BF\u03B4\u03BF\u03C2"), key("\u039F\u0394\u039F\u03A3"));
    EXPECT_EQ(key("stra\u00DFe"), key("STRASSE"));
    EXPECT_EQ(key("\u00E9"), key("E\u0301"));
    EXPECT_NE(key("\u0430"), key("a")) << "look-alikes are different accounts";
    EXPECT_EQ(key("a\u00ADb"), kPrecis) << "not an account at all";
    EXPECT_EQ(key("a b"), kPrecis);
    EXPECT_EQ(key("\U0001E900"), key("\U0001E922")) << "letters younger than nodeprep";
    EXPECT_EQ(key("\u05D0\u05B0"), "\u05D0\u05B0") << "nodeprep's own bidi rule refuses it";
}

}  // namespace
}  // namespace isthmus::xmpp
