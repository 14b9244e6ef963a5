#include "net/certificate.h"

#include <gtest/gtest.h>

namespace isthmus::net {
namespace {

PeerCertificate with_dns(std::vector<std::string> names) {
    PeerCertificate certificate;
    certificate.dns_names = std::move(names);
    return certificate;
}

TEST(Certificate, EachKindOfNameProvesAnXmppDomain) {
    PeerCertificate certificate = with_dns({"a.example"});
    certificate.srv_names = {"_xmpp-server.b.example"};
    certificate.xmpp_addrs = {"c.example"};
    certificate.uris = {"xmpp:d.example"};
    EXPECT_TRUE(proves_xmpp_domain(certificate, "a.example"));
    EXPECT_TRUE(proves_xmpp_domain(certificate, "b.example"));
    EXPECT_TRUE(proves_xmpp_domain(certificate, "c.example"));
    EXPECT_FALSE(proves_xmpp_domain(certificate, "d.example"));
    EXPECT_FALSE(proves_xmpp_domain(certificate, ""));
    EXPECT_FALSE(proves_xmpp_domain({}, "a.example"));
}

/// Abuse case B05
TEST(Certificate, AWildcardIsOneWholeLeftMostLabel) {
    const struct {
        const char* name;
        const char* domain;
        bool matches;
    } rows[] = {
        {"*.example.com", "chat.example.com", true},
        {"*.example.com", "CHAT.example.com", true},
        {"*.example.com", "a.chat.example.com", false},
        {"*.example.com", "example.com", false},
        {"*.example.com", ".example.com", false},
        {"*", "example", false},
        {"*", "example.com", false},
        {"*.com", "example.com", false},
        {"f*.example.com", "foo.example.com", false},
        {"*o.example.com", "foo.example.com", false},
        {"*.*.example.com", "a.b.example.com", false},
        {"a.*.example.com", "a.b.example.com", false},
        {"chat.example.com", "example.com", false},
        {"example.com", "notexample.com", false},
        {"xn--bcher-kva.example", "xn--bcher-kva.example", true},
        {"*.example.com", "xn--bcher-kva.example.com", true},
        {"xn--bcher-kva.example",
         "b\xc3\xbc"
         "cher.example",
         false},
    };

    for (const auto& row : rows) {
        EXPECT_EQ(proves_xmpp_domain(with_dns({row.name}), row.domain), row.matches)
            << row.name << " for " << row.domain;
        EXPECT_EQ(names_host(with_dns({row.name}), row.domain), row.matches)
            << row.name << " for " << row.domain;
    }
}

TEST(Certificate, TheCommonNameIsNeverLookedAt) {
    PeerCertificate certificate;
    certificate.subject = "CN=example.org";
    EXPECT_FALSE(proves_xmpp_domain(certificate, "example.org"));
    EXPECT_FALSE(proves_sip_domain(certificate, "example.org"));
    EXPECT_FALSE(names_host(certificate, "example.org"));
}

/// Abuse case B07
TEST(Certificate, OtherServicesProveNothing) {
    PeerCertificate certificate;
    certificate.srv_names = {"_xmpp-client.example.org",
                             "_sips.example.org",
                             "_xmpp-server.",
                             "_xmpp-server.*.example.org",
                             "example.org"};
    EXPECT_FALSE(proves_xmpp_domain(certificate, "example.org"));
    EXPECT_FALSE(proves_xmpp_domain(certificate, "a.example.org"));
}

/// Abuse case B10
TEST(Certificate, AParentIsNotItsChildNorTheReverse) {
    EXPECT_FALSE(proves_xmpp_domain(with_dns({"example.org"}), "chat.example.org"));
    EXPECT_FALSE(proves_xmpp_domain(with_dns({"chat.example.org"}), "example.org"));
    EXPECT_FALSE(proves_sip_domain(with_dns({"example.org"}), "chat.example.org"));
    EXPECT_FALSE(proves_sip_domain(with_dns({"chat.example.org"}), "example.org"));
}

/// RFC 5922 §7.1, §7.2
TEST(Certificate, ASipUriGoesBeforeDnsNamesAndWildcardsDoNotCount) {
    EXPECT_TRUE(proves_sip_domain(with_dns({"example.org"}), "example.org"));
    EXPECT_FALSE(proves_sip_domain(with_dns({"*.example.org"}), "sip.example.org"));
    EXPECT_FALSE(proves_sip_domain(with_dns({"*.example.org"}), "*.example.org"));
    PeerCertificate certificate = with_dns({"other.example"});
    certificate.uris = {"sip:Example.org"};
    EXPECT_TRUE(proves_sip_domain(certificate, "example.org"));
    EXPECT_FALSE(proves_sip_domain(certificate, "other.example"));
    certificate.uris = {"SIP:example.org;transport=tls", "sip:second.example:5061"};
    EXPECT_TRUE(proves_sip_domain(certificate, "example.org"));
    EXPECT_TRUE(proves_sip_domain(certificate, "second.example"));
    // Not identities: user part, other schemes. The dNSName counts again.
    certificate.uris = {"sip:user@example.org", "sips:example.org", "https://example.org"};
    EXPECT_FALSE(proves_sip_domain(certificate, "example.org"));
    EXPECT_TRUE(proves_sip_domain(certificate, "other.example"));
    EXPECT_FALSE(proves_sip_domain(certificate, ""));
}

TEST(Certificate, AHostMayBeAnAddress) {
    PeerCertificate certificate = with_dns({"192.0.2.2"});
    certificate.ip_addresses = {"192.0.2.1", "2001:db8::1"};
    EXPECT_TRUE(names_host(certificate, "192.0.2.1"));
    EXPECT_TRUE(names_host(certificate, "[2001:DB8:0::1]"));
    EXPECT_FALSE(names_host(certificate, "192.0.2.2"));
    EXPECT_FALSE(names_host(certificate, ""));
}

}  // namespace
}  // namespace isthmus::net
