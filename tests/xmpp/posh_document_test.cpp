// Which documents of web sites name certificates, and which none (RFC 7711 §3).
#include "xmpp/posh_document.h"

#include "base/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace isthmus::test {
namespace {

using testing::HasSubstr;
using xmpp::PoshDocument;

const std::string kOne(32, '\x11');
const std::string kTwo(32, '\x22');
const std::string kLong(64, '\x33');

std::string json_hash(std::string_view hash) {
    return '"' + digest::base64_encode(hash) + '"';
}

net::PeerCertificate shown(std::string_view sha256, std::string_view sha512 = "") {
    net::PeerCertificate certificate;
    certificate.sha256 = digest::to_hex(sha256);
    certificate.sha512 = digest::to_hex(sha512);
    return certificate;
}

std::string fault_of(std::string_view text) {
    const auto parsed = PoshDocument::parse(text);
    return parsed ? "none" : parsed.error().detail;
}

TEST(PoshDocument, NamesSeveralCertificatesWhileOneFollowsAnother) {
    const auto parsed = PoshDocument::parse(
        R"({"fingerprints": [{"sha-1": "UpjRI/A3afKE8/AIeTZ5o1dECTY=", "sha-256": )" +
        json_hash(kOne) + R"(}, {"sha-256": )" + json_hash(kTwo) + R"(}], "expires": 604800})");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->expires, std::chrono::seconds(604800));
    EXPECT_EQ(parsed->url, "");
    EXPECT_TRUE(parsed->names(shown(kOne)));
    EXPECT_TRUE(parsed->names(shown(kTwo)));
    EXPECT_FALSE(parsed->names(shown(std::string(32, '\x12'))));
}

TEST(PoshDocument, EveryHashOfACertificateMustFit) {
    const auto parsed =
        PoshDocument::parse(R"({"fingerprints": [{"sha-256": )" + json_hash(kOne) +
                            R"(, "sha-512": )" + json_hash(kLong) + R"(}], "expires": 1})");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->names(shown(kOne, kLong)));
    EXPECT_FALSE(parsed->names(shown(kOne, std::string(64, '\x34'))));
    EXPECT_FALSE(parsed->names(shown(kTwo, kLong)));
}

TEST(PoshDocument, OneHashIsEnoughIfOnlyOneIsNamed) {
    const auto parsed = PoshDocument::parse(R"({"expires": 60, "fingerprints": [{"sha-512": )" +
                                            json_hash(kLong) + R"(}]})");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->names(shown(kOne, kLong)));
    EXPECT_FALSE(parsed->names(shown(kOne, "")));
}

TEST(PoshDocument, AReferenceNamesNone) {
    const auto parsed =
        PoshDocument::parse(R"({"url": "https://hosting.example/posh.json", "expires": 86400})");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->url, "https://hosting.example/posh.json");
    EXPECT_FALSE(parsed->names(shown(kOne)));
    EXPECT_FALSE(parsed->names(net::PeerCertificate{}));
}

/// Abuse case B23.
TEST(PoshDocument, SaysWhatIsWrongWithIt) {
    const std::string good = R"("fingerprints": [{"sha-256": )" + json_hash(kOne) + "}]";
    EXPECT_THAT(fault_of(""), HasSubstr("no JSON object"));
    EXPECT_THAT(fault_of("<html>"), HasSubstr("no JSON object"));
    EXPECT_THAT(fault_of("[]"), HasSubstr("no JSON object"));
    EXPECT_THAT(fault_of("{" + good + R"(, "expires": 60} more)"), HasSubstr("no JSON object"));
    EXPECT_THAT(fault_of("{" + good + "}"), HasSubstr("how long"));
    EXPECT_THAT(fault_of("{" + good + R"(, "expires": "60"})"), HasSubstr("how long"));
    EXPECT_THAT(fault_of("{" + good + R"(, "expires": 6.5})"), HasSubstr("how long"));
    EXPECT_THAT(fault_of("{" + good + R"(, "expires": 99999999999999999999})"),
                HasSubstr("how long"));
    EXPECT_THAT(fault_of("{" + good + R"(, "expires": 0})"), HasSubstr("expired"));
    EXPECT_THAT(fault_of("{" + good + R"(, "expires": -1})"), HasSubstr("expired"));
    EXPECT_THAT(fault_of(R"({"expires": 60})"), HasSubstr("neither"));
    EXPECT_THAT(fault_of("{" + good + R"(, "url": "https://a.example/", "expires": 60})"),
                HasSubstr("or both"));
    EXPECT_THAT(fault_of(R"({"url": 7, "expires": 60})"), HasSubstr("no URL"));
    EXPECT_THAT(fault_of(R"({"url": "", "expires": 60})"), HasSubstr("no URL"));
    EXPECT_THAT(fault_of(R"({"url": "https://)" + std::string(1100, 'a') + R"(", "expires": 60})"),
                HasSubstr("no URL"));
    EXPECT_THAT(fault_of(R"({"fingerprints": {}, "expires": 60})"), HasSubstr("no list"));
    EXPECT_THAT(fault_of(R"({"fingerprints": ["x"], "expires": 60})"), HasSubstr("no object"));
    EXPECT_THAT(fault_of(R"({"fingerprints": [], "expires": 60})"), HasSubstr("no certificate"));
    EXPECT_THAT(
        fault_of(R"({"fingerprints": [{"sha-1": "UpjRI/A3afKE8/AIeTZ5o1dECTY="}], "expires": 60})"),
        HasSubstr("no certificate"));
    EXPECT_THAT(fault_of(R"({"fingerprints": [{"sha-256": "AAAA"}], "expires": 60})"),
                HasSubstr("base64"));
    EXPECT_THAT(fault_of(R"({"fingerprints": [{"sha-256": null}], "expires": 60})"),
                HasSubstr("base64"));
    EXPECT_THAT(
        fault_of(R"({"fingerprints": [{"sha-256": )" + json_hash(kLong) + R"(}], "expires": 60})"),
        HasSubstr("base64"));
    EXPECT_THAT(fault_of(std::string(100000, '[')), HasSubstr("16 KiB"));
    EXPECT_THAT(fault_of(std::string(9, '[') + std::string(9, ']')), HasSubstr("no JSON object"));
    std::string many = R"({"expires": 60, "fingerprints": [)";
    for (int i = 0; i < 65; ++i) {
        many += (i == 0 ? "{}" : ",{}");
    }
    EXPECT_THAT(fault_of(many + "]}"), HasSubstr("more than 64"));
}

}  // namespace
}  // namespace isthmus::test
