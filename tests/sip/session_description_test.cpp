#include "sip/session_description.h"

#include "sip/event_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace isthmus::sip {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kUs = "sip:romeo@fabrikam.example";
constexpr std::string_view kHead = "v=0\r\no=- 0 0 IN IP4 192.0.2.57\r\ns=session\r\nt=0 0\r\n";

std::optional<SessionOffer> offer_of(std::string_view media) {
    return read_offer(std::string(kHead).append(media), kUs);
}

TEST(SessionOffers, TextIsTakenInBothSpellings) {
    for (const std::string media :
         {"m=message 5060 sip null\r\n", "m=x-ms-message 5060 sip null\r\n"}) {
        const auto offer = offer_of(media);
        ASSERT_TRUE(offer) << media;
        EXPECT_TRUE(offer->has_text);
        EXPECT_THAT(offer->answer_media, StartsWith(media.substr(0, media.find(' '))));
        EXPECT_THAT(offer->answer_media, HasSubstr(" 5060 sip sip:romeo@fabrikam.example\r\n"));
    }
}

TEST(SessionOffers, AllElseIsRefusedInItsPlace) {  // RFC 3264 §6
    const auto offer = offer_of(
        "m=audio 5004 RTP/AVP 0 8\r\nm=message 5060 sip null\r\n"
        "m=video 5006 RTP/AVP 31\r\n");
    ASSERT_TRUE(offer);
    EXPECT_TRUE(offer->has_text);
    EXPECT_THAT(offer->answer_media, StartsWith("m=audio 0 RTP/AVP 0\r\nm=message 5060 "));
    EXPECT_THAT(offer->answer_media, HasSubstr("m=video 0 RTP/AVP 31\r\n"));
}

TEST(SessionOffers, WithoutTextThereIsNone) {
    EXPECT_FALSE(offer_of("m=audio 5004 RTP/AVP 0\r\n")->has_text);
    EXPECT_FALSE(offer_of("m=message 5060 TCP/MSRP *\r\n")->has_text) << "RFC 4975 is not spoken";
    EXPECT_FALSE(offer_of("")->has_text);
}

TEST(SessionOffers, NoBodyAsksForAnOfferOfOurs) {
    const auto offer = read_offer("", kUs);
    ASSERT_TRUE(offer && offer->has_text);
    EXPECT_THAT(describe_session(offer->answer_media), HasSubstr("m=message 5060 sip null\r\n"));
}

TEST(SessionOffers, WhatIsNoSdpIsNotRead) {
    EXPECT_FALSE(read_offer("hello", kUs));
    EXPECT_FALSE(offer_of("m=message\r\n"));
    std::string many;
    for (int i = 0; i < 17; ++i) {
        many += "m=audio 1 RTP/AVP 0\r\n";
    }
    EXPECT_FALSE(offer_of(many)) << "sixteen are plenty";
}

TEST(SessionOffers, C18_HostileOnesAreReadInOnePassOrNotAtAll) {
    for (const std::string& media : {std::string("m=message 2147483648 sip null\r\n"),
                                     std::string("m=message 5060/2147483648 sip null\r\n"),
                                     std::string("m=message -1 sip null\r\n"),
                                     "m=message 5060 sip " + std::string(60000, 'x') + "\r\n",
                                     "m=" + std::string(60000, 'm') + " 1 sip null\r\n",
                                     std::string(60000, 'm'),
                                     std::string(60000, '\n'),
                                     std::string("m=message 5060 sip null\0\r\n", 25)}) {
        const auto offer = offer_of(media);
        // What is taken is answered with addresses of ours, not with numbers of theirs.
        if (offer) {
            EXPECT_EQ(offer->answer_media.find("2147483648"), std::string::npos);
            EXPECT_EQ(offer->answer_media.find('\0'), std::string::npos);
            EXPECT_LT(offer->answer_media.size(), 1000U) << media.substr(0, 30);
        }
    }
    std::string attributes = "m=message 5060 sip null\r\n";
    for (int i = 0; i < 5000; ++i) {
        attributes += "a=x:y\r\n";
    }
    EXPECT_TRUE(offer_of(attributes)->has_text);
}

TEST(SessionOffers, BareLineFeedsEndLinesToo) {  // RFC 4566 §5
    const auto offer = read_offer("v=0\nm=message 5060 sip null\na=x:y\n", kUs);
    EXPECT_TRUE(offer && offer->has_text);
}

TEST(BareUris, KeepUserAndHost) {
    EXPECT_EQ(bare_uri("<sip:Romeo@Fabrikam.Example;gr=orchard>;tag=1"),
              "sip:Romeo@fabrikam.example");
    EXPECT_EQ(bare_uri("sip:juliet@corp.example;opaque=user:epid:x;gruu"),
              "sip:juliet@corp.example");
    EXPECT_EQ(bare_uri("no uri"), "no uri");
}

std::string invite_with(const std::string& headers) {
    return "INVITE sip:romeo@fabrikam.example SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\n"
           "From: <sip:juliet@corp.example>;tag=1\r\nTo: <sip:romeo@fabrikam.example>\r\n"
           "Call-ID: 1\r\nCSeq: 1 INVITE\r\n" +
           headers + "Content-Length: 0\r\n\r\n";
}

TEST(BareUris, MayHaveOneSpellingOnly) {
    for (const char* plain : {"sip:romeo@fabrikam.example", "sip:r.o-m_eo7@fabrikam.example"}) {
        EXPECT_TRUE(has_one_spelling(plain)) << plain;
    }
    for (const char* other : {"sip:Romeo@fabrikam.example",
                              "sip:rom%65o@fabrikam.example",
                              "sip:romeo@fabrikam.example.",
                              "sip:o'hara@fabrikam.example",
                              "no uri",
                              ""}) {
        EXPECT_FALSE(has_one_spelling(other)) << other;
    }
}

TEST(SessionExpiries, WhoRefreshes) {  // RFC 4028 §9 Table 2

    struct Row {
        const char* headers;
        std::uint32_t seconds;
        bool is_ours;
    };

    for (const Row& row :
         {Row{"", 0, false},
          Row{"Supported: timer\r\nSession-Expires: 1800\r\n", 1800, false},
          Row{"Supported: timer\r\nx: 1800;refresher=uac\r\n", 1800, false},
          Row{"Supported: timer\r\nSession-Expires: 1800;refresher=uas\r\n", 1800, true},
          Row{"Session-Expires: 1800\r\n", 1800, true},
          Row{"Session-Expires: soon\r\n", 0, false}}) {
        const test::Parsed parsed(invite_with(row.headers));
        const auto expiry = expiry_asked(parsed.request());
        ASSERT_TRUE(expiry) << row.headers;
        EXPECT_EQ(expiry->seconds, row.seconds) << row.headers;
        EXPECT_TRUE(row.seconds == 0 || expiry->is_ours == row.is_ours) << row.headers;
    }
    const test::Parsed hasty(invite_with("Supported: timer\r\nSession-Expires: 89\r\n"));
    EXPECT_FALSE(expiry_asked(hasty.request())) << "422";
}

TEST(Multiparty, IsSeen) {
    for (const auto& [headers, is_many] :
         {std::pair{"", false},
          std::pair{"EndPoints: <sip:a@x.example>, <sip:b@x.example>\r\n", false},
          std::pair{"EndPoints: <sip:a@x.example>, <sip:b@x.example>, <sip:c@x.example>\r\n", true},
          std::pair{"TriggeredInvite: TRUE\r\n", true},
          std::pair{"TriggeredInvite: FALSE\r\n", false}}) {
        const test::Parsed parsed(invite_with(headers));
        EXPECT_EQ(is_multiparty(parsed.request()), is_many) << headers;
    }
}

TEST(BareUri, IsTheSameWithoutACopy) {
    for (const char* text : {"sip:romeo@fabrikam.example",
                             "<sip:romeo@fabrikam.example;gr=balcony>",
                             "\"R\" <sip:Romeo@Fabrikam.Example:5060>",
                             "sips:romeo@fabrikam.example",
                             "sip:fabrikam.example",
                             "sip:a;b@fabrikam.example",
                             "sip:romeo:secret@fabrikam.example",
                             "sip:romeo@[2001:db8::1]",
                             "not a URI",
                             "<",
                             ""}) {
        std::string scratch;
        EXPECT_EQ(bare_uri(text, scratch), bare_uri(text)) << text;
    }
    std::string scratch;
    EXPECT_EQ(bare_uri("<sip:romeo@fabrikam.example;gr=balcony>", scratch),
              "sip:romeo@fabrikam.example");
    EXPECT_TRUE(scratch.empty());
}

}  // namespace
}  // namespace isthmus::sip
