#include "sip/headers.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>

namespace isthmus::sip {
namespace {

TEST(HeaderNames, EveryNameIsFoundInAnyCase) {
    for (int i = 1; i <= static_cast<int>(HeaderId::WwwAuthenticate); ++i) {
        const auto id = static_cast<HeaderId>(i);
        std::string name(header_name(id));
        ASSERT_FALSE(name.empty());
        EXPECT_EQ(header_id(name), id) << name;
        for (char& c : name) {
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
        EXPECT_EQ(header_id(name), id) << name;
    }
}

TEST(HeaderNames, CompactForms) {
    EXPECT_EQ(header_id("i"), HeaderId::CallId);
    EXPECT_EQ(header_id("V"), HeaderId::Via);
    EXPECT_EQ(header_id("l"), HeaderId::ContentLength);
    EXPECT_EQ(header_id("o"), HeaderId::Event);
    EXPECT_EQ(header_id("u"), HeaderId::AllowEvents);
    EXPECT_EQ(header_id("x"), HeaderId::Other);
    EXPECT_EQ(header_id("@"), HeaderId::Other);
}

TEST(HeaderNames, OthersAreOther) {
    for (std::string_view name : {"", "Vias", "Xia", "C%6Fntact", "Call-IE", "From ", "T\xC3"}) {
        EXPECT_EQ(header_id(name), HeaderId::Other) << name;
    }
    EXPECT_EQ(header_name(HeaderId::Other), "");
}

TEST(Params, AreFoundWithoutCase) {
    EXPECT_EQ(find_param(";a=b;c", "A"), "b");
    EXPECT_EQ(find_param("a=b;c", "c"), "");
    EXPECT_EQ(find_param(" a = b ; TAG = x", "tag"), "x");
    EXPECT_EQ(find_param(R"(a="x;tag=evil\"";tag=y)", "tag"), "y");
    EXPECT_EQ(find_param(R"(q="a b")", "q"), R"("a b")");
    EXPECT_EQ(find_param("", "tag"), std::nullopt);
    EXPECT_EQ(find_param("mytag=1", "tag"), std::nullopt);
    EXPECT_EQ(find_param("a=\"open;tag=1", "tag"), std::nullopt);
}

TEST(NameAddrs, AllForms) {
    const auto quoted = parse_name_addr(R"("A. \"B\" <c>" <sip:a@b;x=1>;tag=t)");
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->display, R"("A. \"B\" <c>")");
    EXPECT_EQ(quoted->uri.params, "x=1");
    EXPECT_EQ(quoted->params, "tag=t");
    EXPECT_EQ(quoted->tag(), "t");

    const auto tokens = parse_name_addr("Alice  van Dyk<sip:a@b>");
    ASSERT_TRUE(tokens);
    EXPECT_EQ(tokens->display, "Alice  van Dyk");
    EXPECT_EQ(tokens->tag(), std::nullopt);

    const auto plain = parse_name_addr("sip:a@b;tag=t ; x");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->uri.text, "sip:a@b");
    EXPECT_EQ(plain->uri.params, "");
    EXPECT_EQ(plain->params, "tag=t ; x");

    const auto anonymous = parse_name_addr("<sip:a@b>");
    ASSERT_TRUE(anonymous);
    EXPECT_EQ(anonymous->display, "");
    EXPECT_EQ(anonymous->params, "");
}

TEST(NameAddrs, ListsAreTakenOneByOne) {
    std::string_view rest;
    const auto first = parse_name_addr(R"("a,b" <sip:a@b,c>;x="1,2" , <sip:d@e>)", &rest);
    EXPECT_FALSE(first);  // a comma is no part of a host
    const auto second = parse_name_addr(R"("a,b" <sip:a,c@b>;x="1,2" , <sip:d@e>)", &rest);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->uri.user, "a,c");
    EXPECT_EQ(rest, "<sip:d@e>");
    EXPECT_FALSE(parse_name_addr("<sip:a@b>, <sip:c@d>"));
}

TEST(NameAddrs, BrokenOnesAreRefused) {
    for (std::string_view value : {"",
                                   "Bell, Alexander <sip:a@b>",
                                   "< sip:a@b >",
                                   "\"open <sip:a@b>",
                                   "\"x\" sip:a@b",
                                   "<sip:a@b",
                                   "<>",
                                   "sip:a@b?Route=x",
                                   "<sip:a@b>;;;",
                                   "<sip:a@b>;tag",
                                   "<sip:a@b>;tag=",
                                   "<sip:a@b>;tag=1;TAG=2",
                                   "<sip:a@b>;tag=\"1\"",
                                   "<sip:a@b> x",
                                   "<sip:a@b>,"}) {
        EXPECT_FALSE(parse_name_addr(value)) << value;
    }
    std::string_view rest;
    EXPECT_FALSE(parse_name_addr("<sip:a@b>,", &rest));
}

TEST(Vias, AllForms) {
    std::string_view rest;
    const auto spaced = parse_via(
        "SIP /  2.0 / TCP   spindle.example.com : 5062 ; branch =  z9hG4bK9 , SIP/2.0/UDP x",
        &rest);
    ASSERT_TRUE(spaced);
    EXPECT_EQ(spaced->transport, "TCP");
    EXPECT_EQ(spaced->host, "spindle.example.com");
    EXPECT_EQ(spaced->port, 5062);
    EXPECT_EQ(spaced->branch, "z9hG4bK9");
    EXPECT_TRUE(spaced->has_magic_cookie());
    EXPECT_EQ(rest, "SIP/2.0/UDP x");

    const auto ipv6 =
        parse_via("SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];rport;branch=x");
    ASSERT_TRUE(ipv6);
    EXPECT_EQ(ipv6->host, "[2001:db8::9:1]");
    EXPECT_EQ(find_param(ipv6->params, "received"), "[2001:db8::9:255]");
    EXPECT_EQ(find_param(ipv6->params, "rport"), "");
    EXPECT_FALSE(ipv6->has_magic_cookie());
}

TEST(Vias, BrokenOnesAreRefused) {
    for (std::string_view value : {"",
                                   "SIP/2.0",
                                   "SIP/2.0/UDP",
                                   "SIP/2.0/UDP ",
                                   "SIP/7.0/UDP host",
                                   "HTTP/2.0/UDP host",
                                   "SIP/2.0/UDPhost",
                                   "SIP/2.0/UDP 192.0.2.15;;,;,,",
                                   "SIP/2.0/UDP host:99999",
                                   "SIP/2.0/UDP 2001:db8::1",
                                   "SIP/2.0/UDP host;branch",
                                   "SIP/2.0/UDP host;branch=a;branch=b",
                                   "SIP/2.0/UDP host,",
                                   "SIP/2.0/UDP host x"}) {
        EXPECT_FALSE(parse_via(value)) << value;
    }
}

TEST(CSeqs, Numbers) {
    EXPECT_EQ(parse_cseq("0009  INVITE")->number, 9U);
    EXPECT_EQ(parse_cseq("4294967295 X")->number, 4294967295U);
    EXPECT_EQ(parse_cseq("4294967295 X")->method, "X");
    for (std::string_view value : {"",
                                   "1",
                                   "1 ",
                                   "INVITE",
                                   "1INVITE",
                                   "-1 INVITE",
                                   "4294967296 INVITE",
                                   "1 IN VITE",
                                   "36893488147419103232 REGISTER",
                                   "+1 A",
                                   "0x1 A"}) {
        EXPECT_FALSE(parse_cseq(value)) << value;
    }
}

TEST(MediaTypes, Parts) {
    const auto text = parse_media_type("Text / plain ; charset=\"UTF-8\";x");
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->is("text", "PLAIN"));
    EXPECT_EQ(text->param("charset"), "UTF-8");
    EXPECT_EQ(text->param("x"), "");
    EXPECT_EQ(text->param("y"), std::nullopt);
    EXPECT_EQ(parse_media_type(R"(a/b;c="d\"e")")->param("c"), R"("d\"e")");
    for (std::string_view value : {"",
                                   "text",
                                   "text/",
                                   "/plain",
                                   "text/plain;",
                                   "text/plain x",
                                   "text/plain, a/b",
                                   "te xt/plain"}) {
        EXPECT_FALSE(parse_media_type(value)) << value;
    }
}

}  // namespace
}  // namespace isthmus::sip
