#include "sip/uri.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace isthmus::sip {
namespace {

using namespace std::string_view_literals;

Uri good(std::string_view text) {
    const auto uri = parse_uri(text);
    EXPECT_TRUE(uri) << text;
    return uri ? *uri : Uri{};
}

TEST(Uri, HasAllItsParts) {
    const Uri uri = good("sip:alice:secret@Example.COM:5070;transport=tcp;lr?subject=x&to=y");
    EXPECT_TRUE(uri.is_sip());
    EXPECT_FALSE(uri.is_sips());
    EXPECT_TRUE(uri.has_user);
    EXPECT_EQ(uri.user, "alice");
    EXPECT_TRUE(uri.has_password);
    EXPECT_EQ(uri.password, "secret");
    EXPECT_EQ(uri.host, "Example.COM");
    EXPECT_EQ(uri.port, 5070);
    EXPECT_EQ(uri.params, "transport=tcp;lr");
    EXPECT_EQ(uri.headers, "subject=x&to=y");
    EXPECT_EQ(uri.param("Transport"), "tcp");
    EXPECT_EQ(uri.param("lr"), "");
    EXPECT_EQ(uri.param("maddr"), std::nullopt);
}

TEST(Uri, IsAcceptedByTheGrammar) {
    for (std::string_view text : {
             "sip:example.com"sv,
             "SIPS:bob@192.0.2.1"sv,
             "sip:bob@example.com."sv,
             "sip:+1-212-555-1212@gw.example.com;user=phone"sv,
             "sip:user;par=u%40example.net@example.com"sv,
             "sip:a%00b@example.com"sv,
             "sip:user:@example.com"sv,
             "sip:j@[2001:db8::10]:5070"sv,
             "sip:j@[::ffff:192.0.2.1]"sv,
             "sip:j@[2001:db8:::192.0.2.1]"sv,  // RFC 5118 §4.10
             "sip:j@xn--bcher-kva.example"sv,
             "sip:j@a"sv,
             "sip:j@1.example"sv,
             "sip:j@example.com;gr=urn%3auuid:1;x-(')"sv,
             "tel:+12125551212"sv,
             "im:alice@example.com"sv,
             "http://www.example.com/a?b=c"sv,
             "isbn:2983792873"sv,
         }) {
        EXPECT_TRUE(parse_uri(text)) << text;
    }
}

TEST(Uri, IsRefusedByTheGrammar) {
    for (std::string_view text : {
             ""sv,
             ":"sv,
             "sip"sv,
             "sip:"sv,
             "alice@example.net"sv,
             "5ip:a@b"sv,
             "sip:@example.net"sv,
             "sip:alice@"sv,
             "sip:a@b@example.net"sv,
             "sip:a%4@example.net"sv,
             "sip:a%zz@example.net"sv,
             "sip:a%4"sv,
             "sip:a\"b@example.net"sv,
             "sip:a b@example.net"sv,
             "sip:f\xC3\xBC@example.net"sv,
             "sip:a@exa%6Dple.net"sv,
             "sip:a@exa_mple.net"sv,
             "sip:a@-example.net"sv,
             "sip:a@example-"sv,
             "sip:a@example..net"sv,
             "sip:a@.net"sv,
             "sip:a@192.0.2.256"sv,
             "sip:a@192.0.2"sv,
             "sip:a@2001:db8::1"sv,  // RFC 5118 §4.2
             "sip:a@[2001:db8::1"sv,
             "sip:a@[fe80::1%25eth0]"sv,
             "sip:a@[192.0.2.1]"sv,
             "sip:a@[]"sv,
             "sip:a@[::::]"sv,
             "sip:a@b:0"sv,
             "sip:a@b:65536"sv,
             "sip:a@b:"sv,
             "sip:a@b:+5060"sv,
             "sip:a@b;"sv,
             "sip:a@b;;lr"sv,
             "sip:a@b;gr="sv,
             "sip:a@b?"sv,
             "sip:a@b;x=\"y\""sv,
             "sip:a@b>"sv,
             "sip:a\0@b"sv,
             "sip:a\r\n@b"sv,
             "tel:"sv,
             "tel:1 2"sv,
             "http://a/<b>"sv,
         }) {
        const auto uri = parse_uri(text);
        EXPECT_FALSE(uri) << text;
        if (!uri) {
            EXPECT_EQ(uri.error().kind, ErrorKind::Syntax);
        }
    }
}

TEST(Uri, HostNamesAreBounded) {
    EXPECT_TRUE(parse_uri("sip:a@" + std::string(255, 'a')));
    EXPECT_FALSE(parse_uri("sip:a@" + std::string(256, 'a')));
}

TEST(Uri, PercentDecoding) {
    EXPECT_EQ(percent_decode("%61l%69ce"), "alice");
    EXPECT_EQ(percent_decode("a%00b"), "a\0b"sv);
    EXPECT_EQ(percent_decode("%2561"), "%61");
    EXPECT_EQ(percent_decode("%"), std::nullopt);
    EXPECT_EQ(percent_decode("%4"), std::nullopt);
    EXPECT_EQ(percent_decode("%4g"), std::nullopt);
}

// RFC 3261 §19.1.4, its own examples first.
TEST(Uri, Equivalence) {
    const std::pair<std::string_view, std::string_view> same[] = {
        {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
        {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
        {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on"},
        {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
         "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
        {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
         "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
    };
    for (const auto& [a, b] : same) {
        EXPECT_TRUE(are_equivalent(good(a), good(b))) << a << " " << b;
        EXPECT_TRUE(are_equivalent(good(b), good(a))) << a << " " << b;
    }
    const std::pair<std::string_view, std::string_view> different[] = {
        {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
        {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
        {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
        {"sip:bob@biloxi.com", "sips:bob@biloxi.com"},
        {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
        {"sip:a%3Bb@c", "sip:a;b@c"},
        {"sip:a@c", "sip:c"},
        {"tel:1", "tel:1"},
    };
    for (const auto& [a, b] : different) {
        EXPECT_FALSE(are_equivalent(good(a), good(b))) << a << " " << b;
        EXPECT_FALSE(are_equivalent(good(b), good(a))) << a << " " << b;
    }
}

TEST(Uri, EndlessListsAreNotCompared) {
    std::string many = "sip:a@b";
    for (int i = 0; i < 100; ++i) {
        many += ";p" + std::to_string(i);
    }
    EXPECT_FALSE(are_equivalent(good(many), good("sip:a@b")));
    EXPECT_TRUE(are_equivalent(good(many), good(many)));
}

}  // namespace
}  // namespace isthmus::sip
