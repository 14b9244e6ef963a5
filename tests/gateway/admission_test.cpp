// Who is at the other end and what it may assert; gaps G-22 and G-23, abuse cases C14, C15, D01.
#include "gateway/admission.h"

#include <gtest/gtest.h>

namespace isthmus::gateway {
namespace {

GatewayConfig config() {
    GatewayConfig made;
    made.domains = {{"contoso.example", "contoso.example"},
                    {"xn--bcher-kva.example", "bücher.example"}};
    made.peers.push_back({.name = "listed",
                          .domains = {"contoso.example"},
                          .addresses = {*net::Cidr::parse("192.0.2.0/28")}});
    made.peers.push_back({.name = "certified",
                          .domains = {"northwind.example"},
                          .certificate_names = {"sip.northwind.example"}});
    return made;
}

sip::Origin origin(sip::Transport transport,
                   const char* address,
                   const net::PeerCertificate* certificate = nullptr) {
    return {.transport = transport,
            .remote = *net::Endpoint::parse(address),
            .certificate = certificate};
}

TEST(Admission, AnAddressProvesOnlyThePeerThatListsIt) {
    const GatewayConfig made = config();
    const Admission admission(made);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Udp, "192.0.2.15:5060")), 0);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tcp, "192.0.2.16:5060")), -1);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tcp, "[2001:db8::1]:5060")), -1);
}

TEST(Admission, ACertificateProvesWhenTrustedNamedAndShownOverTls) {
    const GatewayConfig made = config();
    const Admission admission(made);
    net::PeerCertificate certificate;
    certificate.is_trusted = true;
    certificate.dns_names = {"sip.northwind.example"};
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1", &certificate)), 1);
    certificate.is_trusted = false;
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1", &certificate)), -1);
    certificate.is_trusted = true;
    certificate.dns_names = {"evil.example"};
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1", &certificate)), -1);
    EXPECT_EQ(admission.identify(origin(sip::Transport::Tls, "198.51.100.1:1")), -1);
}

TEST(Admission, APeerSpeaksForItsDomainsOnly) {
    const GatewayConfig made = config();
    const Admission admission(made);
    EXPECT_TRUE(admission.may_assert(0, "contoso.example"));
    EXPECT_FALSE(admission.may_assert(0, "northwind.example"));
    EXPECT_FALSE(admission.may_assert(0, "sub.contoso.example"));
    EXPECT_FALSE(admission.may_assert(-1, "contoso.example"));
}

TEST(Admission, ServedDomainsHaveTwoNames) {
    const GatewayConfig made = config();
    const Admission admission(made);
    EXPECT_EQ(admission.served_xmpp("bücher.example")->sip, "xn--bcher-kva.example");
    EXPECT_EQ(admission.served_sip("xn--bcher-kva.example")->xmpp, "bücher.example");
    EXPECT_EQ(admission.served_sip("bücher.example"), nullptr);
}

}  // namespace
}  // namespace isthmus::gateway
