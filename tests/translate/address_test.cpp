#include "translate/address.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace isthmus::translate {

namespace {

std::string jid_of(std::string_view uri) {
    Arena arena;
    const auto mapped = to_jid(uri, arena);
    return mapped ? mapped->jid.full() : std::string(fault_name(mapped.error()));
}

std::string uri_of(std::string_view text, const UriForm& form = {}) {
    Arena arena;
    const auto jid = read_jid(text, arena);
    if (!jid) {
        return std::string(fault_name(jid.error()));
    }
    const auto uri = to_uri(*jid, arena, form);
    return std::string(uri ? *uri : fault_name(uri.error()));
}

TEST(Address, PlainPartsAreNotCopied) {
    Arena arena;
    const std::string text = "sip:juliet@example.com;gr=balcony";
    const auto mapped = to_jid(*sip::parse_uri(text), arena);
    ASSERT_TRUE(mapped);
    EXPECT_EQ(mapped->jid.local.data(), text.data() + 4);
    EXPECT_EQ(mapped->jid.domain.data(), text.data() + 11);
    EXPECT_EQ(mapped->jid.resource.data(), text.data() + 26);
    EXPECT_FALSE(mapped->is_canonicalised);
}

TEST(Address, DomainsMayDiffer) {
    Arena arena;
    const auto mapped = to_jid(*sip::parse_uri("sip:romeo@sip.example"), arena, "im.example");
    EXPECT_EQ(mapped->jid.full(), "romeo@im.example");
    EXPECT_EQ(uri_of("romeo@im.example/x", {.in_brackets = true, .sip_domain = "sip.example"}),
              "<sip:romeo@sip.example;gr=x>");
}

// Full-width digits behind a backslash become an escape by the width mapping: that would be
// somebody else's address.
TEST(Address, SpellingsOfOneUserAreComparedAsOne) {
    for (const char* spelling : {"sip:Romeo@Fabrikam.example",
                                 "sip:rom%65o:secret@fabrikam.example:5062;transport=tcp",
                                 "sips:ROMEO@fabrikam.example."}) {
        EXPECT_EQ(compared_uri(spelling), "sip:romeo@fabrikam.example") << spelling;
    }
    EXPECT_EQ(compared_uri("sip:%C3%84da@fabrikam.example"),
              compared_uri("sip:%C3%A4da@fabrikam.example"));
    EXPECT_NE(compared_uri("sip:o'hara@fabrikam.example"), "sip:ohara@fabrikam.example");
    EXPECT_EQ(compared_uri("sip:%00@fabrikam.example"), "sip:%00@fabrikam.example");
}

TEST(Address, MappingMustNotMakeEscapes) {
    EXPECT_EQ(jid_of("sip:a%5C%EF%BC%92%EF%BC%90b@example.net"), "precis");
    EXPECT_EQ(jid_of("sip:a%EF%BC%BC20b@example.net"), "precis");
}

TEST(Address, FaultsAreNamed) {
    EXPECT_EQ(jid_of(""), "no-scheme");
    EXPECT_EQ(jid_of(":"), "no-scheme");
    EXPECT_EQ(jid_of("sip:"), "bad-host");
    EXPECT_EQ(jid_of("sip:alice:pw%4@example.net"), "bad-percent");
    EXPECT_EQ(jid_of("sip::pw@example.net"), "empty-user");
    EXPECT_EQ(jid_of("sip:a@example.net;gr=%zz"), "bad-gr");
    EXPECT_EQ(jid_of("sip:a@example.net;gr=x;gr=y"), "bad-gr");
    EXPECT_EQ(jid_of("sip:a@example.net;gr=%FF"), "not-utf8");
    EXPECT_EQ(jid_of("sip:a@example.net;x=<"), "raw-char");
    EXPECT_EQ(jid_of("sip:a@example.net:70000"), "bad-host");
    EXPECT_EQ(jid_of("im:a@b@c"), "at-sign");
    EXPECT_EQ(jid_of("urn:service:sos"), "scheme");
    EXPECT_EQ(uri_of(""), "empty-domain");
    EXPECT_EQ(uri_of("a@b/\x01"), "precis");
    EXPECT_EQ(uri_of("a\xFF@b"), "not-utf8");
}

TEST(Address, ImUrisHaveNoResource) {
    Arena arena;
    const auto mapped = to_jid("im:alice@example.net;gr=x", arena);
    EXPECT_EQ(mapped->jid.full(), "alice@example.net");
    EXPECT_EQ(losses("im:alice@example.net;gr=x", *mapped), std::vector<std::string>{"param:gr"});
}

TEST(Address, XmppIris) {
    Arena arena;
    const auto jid = read_jid("o\\27malley@example.com/a b", arena);
    const std::string_view iri = to_xmpp_iri(*jid, arena);
    EXPECT_EQ(iri, "xmpp:o%5C27malley@example.com/a%20b");
    EXPECT_EQ(from_xmpp_iri(iri, arena)->full(), jid->full());
    EXPECT_EQ(from_xmpp_iri("xmpp:a@b.example?message", arena)->full(), "a@b.example");
    EXPECT_FALSE(from_xmpp_iri("sip:a@b", arena));
    EXPECT_FALSE(from_xmpp_iri("xmpp://a@b/c@d", arena));
}

// --- properties -------------------------------------------------------------------------------

/// Localparts and resources out of what is difficult.
class Texts {
  public:
    std::string next(std::size_t longest) {
        static const std::vector<std::string> kPieces{
            "a",  "B",   "7", ".",  "-",    "_",         "!",    "~",        "*",           "(",
            ")",  "&",   "=", "+",  "$",    ",",         ";",    "?",        "/",           "'",
            "\"", "<",   ">", "@",  ":",    " ",         "\\",   "\\20",     "\\5c",        "\\2F",
            "%",  "%41", "#", "[",  "]",    "{",         "}",    "|",        "^",           "`",
            "ü",  "ß",   "ς", "Σ",  "é",    "e\xCC\x81", "Ａ",   "＠",       "２",          "＼",
            "א",  "ﬁ",   "♚", "👍", "\x01", "\r\n",      "\xFF", "\xC2\xAD", "\xE2\x80\x8D"};
        std::string out;
        for (std::size_t i = random_() % longest + 1; i > 0; --i) {
            out += kPieces[random_() % kPieces.size()];
        }
        return out;
    }

  private:
    std::mt19937 random_{20240917};
};

// Whatever JID we accept: its URI parses, and leads back to it and to no other.
TEST(AddressProperty, JidToUriToJidIsIdentityOrRefusal) {
    Texts texts;
    std::map<std::string, std::string> jid_by_uri;
    int accepted = 0;
    for (int i = 0; i < 60000; ++i) {
        Arena arena;
        const std::string text =
            texts.next(6) + "@example.com" + (i % 2 == 0 ? "/" + texts.next(6) : "");
        const auto jid = read_jid(text, arena);
        if (!jid) {
            continue;
        }
        for (const Scheme scheme : {Scheme::Sip, Scheme::Im}) {
            const auto uri = to_uri(*jid, arena, {.scheme = scheme});
            if (!uri) {
                // A text that begins with "7/" has the domain "7", which is no SIP host.
                EXPECT_EQ(
                    uri.error(),
                    jid->local.empty() ? AddressFault::BadHost : AddressFault::NonCanonicalEscape)
                    << text;
                continue;
            }
            ++accepted;
            const auto back = to_jid(*uri, arena);
            ASSERT_TRUE(back) << *uri << " from " << text;
            const xmpp::Jid expected = scheme == Scheme::Sip ? *jid : jid->bare();
            EXPECT_EQ(back->jid.full(), expected.full()) << *uri;
            EXPECT_FALSE(back->is_canonicalised) << *uri;
            const auto [at, is_new] = jid_by_uri.emplace(std::string(*uri), expected.full());
            EXPECT_TRUE(is_new || at->second == expected.full()) << *uri;
        }
    }
    EXPECT_GT(accepted, 4000);
}

// Whatever URI we accept: its JID is good as it stands, and leads back to a URI of the same user
// unless that is said.
TEST(AddressProperty, UriToJidToUriKeepsTheUserOrSaysSo) {
    Texts texts;
    int accepted = 0;
    for (int i = 0; i < 60000; ++i) {
        Arena arena;
        std::string user;
        for (char c : texts.next(6)) {
            constexpr std::string_view kHex = "0123456789ABCDEF";
            if (text::is_alnum(c) || c == '.' || c == '-') {
                user.push_back(c);
            } else {
                const auto octet = static_cast<unsigned char>(c);
                user.append({'%', kHex[octet >> 4U], kHex[octet & 15U]});
            }
        }
        const std::string text = "sip:" + user + "@example.com";
        const auto mapped = to_jid(text, arena);
        if (!mapped) {
            continue;
        }
        ++accepted;
        const auto again = read_jid(arena.copy(mapped->jid.full()), arena);
        ASSERT_TRUE(again) << user;
        EXPECT_EQ(again->full(), mapped->jid.full());
        const auto uri = to_uri(mapped->jid, arena, {});
        ASSERT_TRUE(uri) << user << " " << mapped->jid.full();
        const auto parsed = sip::parse_uri(*uri);
        const bool is_same = *sip::percent_decode(parsed->user) == *sip::percent_decode(user);
        EXPECT_EQ(is_same, !mapped->is_canonicalised) << user << " " << *uri;
    }
    EXPECT_GT(accepted, 4000);
}

}  // namespace

}  // namespace isthmus::translate
