// The settings of a directory, and what an entry of it says.
#include "control/directory.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace isthmus::control {
namespace {

struct UrlCase {
    const char* url;
    std::optional<bool> start_tls;
    bool allow_plain;
    const char* wanted;  ///< "tls", "starttls", "plain", or a part of the fault
};

TEST(DirectoryUrl, WhatProtectsTheWay) {
    const UrlCase cases[] = {
        {"ldaps://dc1.contoso.example", {}, false, "tls"},
        {"LDAPS://dc1.contoso.example:3269/", {}, false, "tls"},
        {"ldap://dc1.contoso.example", {}, false, "starttls"},
        {"ldap://dc1.contoso.example", {}, true, "plain"},
        {"ldap://dc1.contoso.example", true, true, "starttls"},
        {"ldap://dc1.contoso.example", false, false, "allow_plain"},
        {"ldap://127.0.0.1:3389", {}, false, "plain"},
        {"ldap://[::1]:3389", {}, false, "plain"},
        {"ldap://localhost", {}, false, "plain"},
        {"ldap://localhost", true, false, "127.0.0.1"},
        {"ldaps://localhost", {}, false, "127.0.0.1"},
        {"ldap://127.0.0.1", true, false, "starttls"},
        {"ldap://127.evil.example", {}, false, "starttls"},
        {"ldapi://%2Frun%2Fslapd%2Fldapi", {}, false, "plain"},
        {"ldapi://%2Frun%2Fslapd%2Fldapi", true, false, "start_tls"},
        {"ldaps://dc1.contoso.example", true, false, "start_tls"},
        {"dc1.contoso.example", {}, false, "ldaps://HOST"},
        {"http://dc1.contoso.example", {}, false, "ldaps://HOST"},
        {"ldaps://", {}, false, "HOST:PORT"},
        {"ldaps://dc1:0", {}, false, "HOST:PORT"},
        {"ldaps://dc1:99999", {}, false, "HOST:PORT"},
        {"ldaps://dc1:", {}, false, "HOST:PORT"},
        {"ldaps://user@dc1", {}, false, "HOST:PORT"},
        {"ldaps://dc1/DC=contoso", {}, false, "HOST:PORT"},
        {"ldaps://a b", {}, false, "HOST:PORT"},
        {"ldaps://[::1", {}, false, "HOST:PORT"},
    };
    for (const UrlCase& one : cases) {
        DirectorySettings settings;
        settings.url = one.url;
        settings.start_tls = one.start_tls;
        settings.allow_plain = one.allow_plain;
        const auto made = parse_directory_url(settings);
        const std::string_view wanted = one.wanted;
        if (made) {
            constexpr std::string_view kNames[] = {"tls", "starttls", "plain"};
            EXPECT_EQ(kNames[static_cast<std::size_t>(made->protection)], wanted) << one.url;
        } else {
            EXPECT_NE(made.error().detail.find(wanted), std::string::npos)
                << one.url << ": " << made.error().detail;
        }
    }
}

TEST(DirectoryFilter, Brackets) {
    for (const char* good : {"(objectClass=user)", "(&(a=b)(|(c=d)(!(e=f))))", "(cn=\\28x\\29)"}) {
        EXPECT_EQ(fault_of_filter(good), std::nullopt) << good;
    }
    EXPECT_EQ(fault_of_filter(DirectorySettings().filter), std::nullopt);
    for (const char* bad : {"", "objectClass=user", "(a=b", "(a=b)(c=d)", "((a=b)", "(&(a=b)())"}) {
        EXPECT_NE(fault_of_filter(bad), std::nullopt) << bad;
    }
}

DirectoryEntry entry(std::vector<std::pair<std::string, std::vector<std::string>>> attributes) {
    return {.dn = "CN=Alice", .attributes = std::move(attributes), .too_long = {}};
}

DirectorySettings active_directory() {
    DirectorySettings made;
    made.base = "OU=Staff,DC=contoso,DC=example";
    return made;
}

TEST(DirectoryEntry, TheAttributesOfLync) {
    const auto made =
        read_entry(entry({{"msRTCSIP-PrimaryUserAddress", {"sip:alice@contoso.example"}},
                          {"proxyaddresses", {"smtp:a@contoso.example"}},
                          {"mail", {"other@contoso.example"}},
                          {"displayName", {"Alice Adams"}},
                          {"cn", {"alice"}},
                          {"userPrincipalName", {"alice@contoso.local"}},
                          {"sAMAccountName", {"alice"}},
                          {"userAccountControl", {"512"}},
                          {"msRTCSIP-UserEnabled", {"TRUE"}},
                          {"msRTCSIP-PrimaryHomeServer", {"CN=Lc Services,CN=Microsoft,CN=1:1"}}}),
                   active_directory());
    ASSERT_TRUE(made && *made);
    const DirectoryUser& user = **made;
    EXPECT_EQ(user.address, "alice@contoso.example");
    EXPECT_EQ(user.display_name, "Alice Adams");
    EXPECT_EQ(user.upn, "alice@contoso.local");
    EXPECT_EQ(user.logon, "CONTOSO\\alice");
    EXPECT_TRUE(user.enabled);
    EXPECT_EQ(user.home_server, "CN=Lc Services,CN=Microsoft,CN=1:1");
}

struct AddressCase {
    std::vector<std::pair<std::string, std::vector<std::string>>> attributes;
    const char* wanted;  ///< empty: he is no user of ours
};

TEST(DirectoryEntry, WhichAddress) {
    const AddressCase cases[] = {
        {{{"proxyAddresses", {"smtp:x@a", "sip:b@a", "sip:a@a", "X500:/o=a"}}}, "a@a"},
        {{{"proxyAddresses", {"sip:a@a", "SIP:z@a"}}}, "z@a"},
        {{{"proxyAddresses", {"smtp:x@a"}}, {"mail", {"m@a"}}}, "m@a"},
        {{{"msRTCSIP-PrimaryUserAddress", {"tel:+1"}}, {"mail", {" m@a "}}}, "m@a"},
        {{{"proxyAddresses", {"smtp:x@a"}}}, ""},
        {{{"mail", {"nobody"}}}, ""},
        {{}, ""},
    };
    for (const AddressCase& one : cases) {
        const auto made = read_entry(entry(one.attributes), active_directory());
        ASSERT_TRUE(made);
        EXPECT_EQ(*made ? (*made)->address : "", one.wanted);
    }
}

struct EnabledCase {
    const char* control;
    const char* enabled;
    int wanted;  ///< 1 yes, 0 no, -1 a fault
};

TEST(DirectoryEntry, WhoIsEnabled) {
    for (const EnabledCase& one : {EnabledCase{"512", "TRUE", 1},
                                   EnabledCase{"514", "TRUE", 0},
                                   EnabledCase{"512", "FALSE", 0},
                                   EnabledCase{"66050", "", 0},
                                   EnabledCase{"", "", 1},
                                   EnabledCase{"-2147483646", "", 0},
                                   EnabledCase{"twelve", "", -1},
                                   EnabledCase{"2x", "", -1},
                                   EnabledCase{"512", "maybe", -1},
                                   EnabledCase{"99999999999999999999", "", -1}}) {
        const auto made = read_entry(entry({{"mail", {"m@a"}},
                                            {"userAccountControl", {one.control}},
                                            {"msRTCSIP-UserEnabled", {one.enabled}}}),
                                     active_directory());
        EXPECT_EQ(made ? ((*made)->enabled ? 1 : 0) : -1, one.wanted)
            << one.control << " " << one.enabled;
    }
}

TEST(DirectoryEntry, OtherNamesForThings) {
    DirectorySettings settings;
    settings.base = "o=contoso";
    settings.attributes = {.sip_address = {"telexNumber"},
                           .display_name = {"sn"},
                           .upn = "",
                           .logon = "uid",
                           .account_control = "",
                           .sip_enabled = "",
                           .home_server = "seeAlso",
                           .pool = "l",
                           .site = "st"};
    const auto made = read_entry(entry({{"telexNumber", {"a@a"}},
                                        {"sn", {"Adams"}},
                                        {"uid", {"alice"}},
                                        {"userAccountControl", {"2"}},
                                        {"seeAlso", {"cn=x"}},
                                        {"l", {"Pool1.contoso.example"}},
                                        {"st", {"Paris"}}}),
                                 settings);
    ASSERT_TRUE(made && *made);
    EXPECT_EQ((*made)->display_name, "Adams");
    EXPECT_TRUE((*made)->enabled);
    EXPECT_EQ((*made)->logon, "") << "no domain is known";
    EXPECT_EQ((*made)->pool, "pool1.contoso.example");
    EXPECT_EQ((*made)->home_server, "") << "the pool says it";
    EXPECT_EQ((*made)->site, "Paris");
    settings.logon_domain = "CONTOSO";
    EXPECT_EQ((*read_entry(entry({{"telexNumber", {"a@a"}}, {"uid", {"al"}}}), settings))->logon,
              "CONTOSO\\al");
    EXPECT_EQ(wanted_attributes(settings.attributes),
              (std::vector<std::string>{"l", "seeAlso", "sn", "st", "telexNumber", "uid"}));
}

TEST(DirectoryEntry, TooLong) {
    DirectoryEntry made = entry({{"mail", {"m@a"}}});
    made.too_long = "displayName";
    const auto read = read_entry(made, active_directory());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().public_text, "displayName: is too long.");
}

}  // namespace
}  // namespace isthmus::control
