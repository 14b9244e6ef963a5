#include "net/address.h"

#include <gtest/gtest.h>

namespace isthmus::net {
namespace {

std::string canonical(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->to_string() : "";
}

TEST(IpAddress, ReadsAndWritesBothFamilies) {
    EXPECT_EQ(canonical("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(canonical("2001:DB8:0:0::1"), "2001:db8::1");
    EXPECT_EQ(canonical("[2001:db8::1]"), "2001:db8::1");
    EXPECT_EQ(canonical("::"), "::");
    EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_v4());
}

TEST(IpAddress, AMappedAddressIsThatIPv4Address) {
    EXPECT_EQ(canonical("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(IpAddress::parse("::ffff:c000:201"), IpAddress::parse("192.0.2.1"));
}

TEST(IpAddress, RefusesEverythingElse) {
    for (const std::string_view text : {"",
                                        "localhost",
                                        "192.0.2",
                                        "192.0.2.256",
                                        "192.0.2.1.",
                                        "192.0.02.1",
                                        "0x7f.0.0.1",
                                        "[192.0.2.1]",
                                        "[]",
                                        "[::1",
                                        "::1]",
                                        "fe80::1%eth0",
                                        "1::2::3",
                                        " 192.0.2.1",
                                        "2130706433",
                                        "::ffff:192.0.2.1:5060"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
    EXPECT_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0.example", 18)));
}

/// Abuse case B19
TEST(IpAddress, TellsSpecialAddresses) {
    for (const std::string_view text :
         {"127.0.0.1",       "127.255.255.255", "10.1.2.3",     "172.16.0.1", "172.31.255.255",
          "192.168.1.1",     "169.254.169.254", "100.64.0.1",   "0.0.0.0",    "0.1.2.3",
          "224.0.0.1",       "255.255.255.255", "::",           "::1",        "fe80::1",
          "febf::1",         "fec0::1",         "fc00::1",      "fdff::1",    "ff02::1",
          "::ffff:10.0.0.1", "64:ff9b::a00:1",  "2002:a00:1::", "::7f00:1"}) {
        EXPECT_TRUE(IpAddress::parse(text)->is_special()) << text;
    }
    for (const std::string_view text : {"8.8.8.8",
                                        "172.15.255.255",
                                        "172.32.0.1",
                                        "192.167.0.1",
                                        "100.128.0.1",
                                        "11.0.0.1",
                                        "223.255.255.255",
                                        "2001:4860::8888",
                                        "fb00::1",
                                        "64:ff9b::808:808",
                                        "2002:808:808::"}) {
        EXPECT_FALSE(IpAddress::parse(text)->is_special()) << text;
    }
    EXPECT_TRUE(IpAddress::parse("127.1.2.3")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
    EXPECT_FALSE(IpAddress::parse("1::1")->is_loopback());
    EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
}

TEST(Endpoint, NeedsAPortAndBracketsRoundIPv6) {
    EXPECT_EQ(Endpoint::parse("192.0.2.1:5060")->to_string(), "192.0.2.1:5060");
    EXPECT_EQ(Endpoint::parse("[::]:0")->to_string(), "[::]:0");
    for (const std::string_view text : {"",
                                        ":",
                                        "192.0.2.1",
                                        "192.0.2.1:",
                                        "192.0.2.1:65536",
                                        "192.0.2.1:-1",
                                        "192.0.2.1:5a",
                                        "::1:5060",
                                        "[::1]",
                                        "[::1]5060",
                                        "host:5060"}) {
        EXPECT_FALSE(Endpoint::parse(text)) << text;
    }
}

TEST(Cidr, ContainsWhatItSays) {
    const auto in = [](std::string_view block, std::string_view address) {
        return Cidr::parse(block).value().contains(IpAddress::parse(address).value());
    };
    EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(in("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(in("192.0.2.1", "192.0.2.2"));
    EXPECT_TRUE(in("192.0.2.128/25", "192.0.2.129"));
    EXPECT_FALSE(in("192.0.2.128/25", "192.0.2.127"));
    EXPECT_TRUE(in("0.0.0.0/0", "8.8.8.8"));
    EXPECT_FALSE(in("0.0.0.0/0", "::1"));
    EXPECT_TRUE(in("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(in("::ffff:10.0.0.0/104", "10.1.2.3"));
    for (const std::string_view text : {"",
                                        "/8",
                                        "10.0.0.0/",
                                        "10.0.0.0/33",
                                        "10.0.0.0/-1",
                                        "2001:db8::/129",
                                        "::ffff:10.0.0.0/8",
                                        "10.0.0.0/8/8"}) {
        EXPECT_FALSE(Cidr::parse(text)) << text;
    }
}

}  // namespace
}  // namespace isthmus::net
