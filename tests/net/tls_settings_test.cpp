// Certificates, trust, versions and ciphers: what is believed and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <fstream>

#include "tls_world.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::CertificateAuthority;
using ::testing::ElementsAre;

TEST_F(Tls, AClientWithoutCertificateIsSecureButNobody) {
    ours = TlsContext::create({.trust_system = false}).value();
    ASSERT_TRUE(secure());
    EXPECT_EQ(server.stream->peer_certificate(), nullptr);
    // It trusts nobody either, and is told so instead of being refused.
    ASSERT_NE(client.stream->peer_certificate(), nullptr);
    EXPECT_FALSE(client.stream->peer_certificate()->is_trusted);
    EXPECT_NE(client.stream->peer_certificate()->trust_error, "");
}

TEST_F(Tls, AllKindsOfNamesAreRead) {
    const PeerCertificate seen = seen_by_server(
        authority.issue({.common_name = "cn.example",
                         .dns_names = {"Mixed.Example.Org.", "*.example.org", "bad\nname", ""},
                         .srv_names = {"_XMPP-Server.example.org", "_sips.example.org"},
                         .xmpp_addrs = {"Example.org", "user@example.org", "example.org/resource"},
                         .uris = {"sip:example.org"},
                         .ip_addresses = {"192.0.2.1", "2001:db8::1"}}));
    EXPECT_THAT(seen.dns_names, ElementsAre("mixed.example.org", "*.example.org"));
    EXPECT_THAT(seen.srv_names, ElementsAre("_xmpp-server.example.org", "_sips.example.org"));
    EXPECT_THAT(seen.xmpp_addrs, ElementsAre("example.org"));
    EXPECT_THAT(seen.uris, ElementsAre("sip:example.org"));
    EXPECT_THAT(seen.ip_addresses, ElementsAre("192.0.2.1", "2001:db8::1"));
}

/// Abuse case B08, with the certificate on the client's side and on the server's side.
TEST_F(Tls, PurposeMustBeServerInBothDirections) {
    const struct {
        bool server;
        bool client;
        bool is_trusted;
    } rows[] = {
        {true, false, true}, {false, true, false}, {true, true, true}, {false, false, true}};

    for (const auto& row : rows) {
        const Certificate leaf = authority.issue({.dns_names = {"contoso.example"},
                                                  .server_purpose = row.server,
                                                  .client_purpose = row.client});
        theirs = context(leaf);
        EXPECT_EQ(seen_by_server(leaf).is_trusted, row.is_trusted) << row.server << row.client;
        EXPECT_EQ(seen_by_server(leaf).may_be_client, row.client || !row.server);
        EXPECT_EQ(client.stream->peer_certificate()->is_trusted, row.is_trusted)
            << row.server << row.client;
    }
}

/// Abuse case B09: the handshake passes, the reason is exact.
TEST_F(Tls, WhatIsWrongWithAChainIsRecorded) {
    const auto reason = [&](const Certificate& own, const std::string& intermediates = "") {
        const PeerCertificate seen = seen_by_server(own, intermediates);
        EXPECT_EQ(seen.is_trusted, seen.trust_error.empty());
        return seen.trust_error;
    };
    EXPECT_EQ(reason(authority.issue({.valid_from = -2h, .valid_until = -1h})),
              "certificate has expired");
    EXPECT_EQ(reason(authority.issue({.valid_from = 1h, .valid_until = 2h})),
              "certificate is not yet valid");
    EXPECT_EQ(reason(CertificateAuthority::self_signed({})), "self-signed certificate");
    const CertificateAuthority stranger("Stranger");
    EXPECT_EQ(reason(stranger.issue_for("x.example")), "unable to get local issuer certificate");
    EXPECT_EQ(reason(authority.issue({.rsa_bits = 2048})), "");

    const auto middle = authority.subordinate({.common_name = "Middle", .is_authority = true});
    EXPECT_EQ(reason(middle->issue_for("x.example"), middle->pem()), "");
    EXPECT_EQ(reason(middle->issue_for("x.example")), "unable to get local issuer certificate");
    const auto leaf_as_issuer = authority.subordinate({.common_name = "Leaf"});
    EXPECT_NE(reason(leaf_as_issuer->issue_for("x.example"), leaf_as_issuer->pem()), "");
    const auto constrained = authority.subordinate({.common_name = "Constrained",
                                                    .is_authority = true,
                                                    .permitted_dns_name = "contoso.example"});
    EXPECT_EQ(reason(constrained->issue_for("www.contoso.example"), constrained->pem()), "");
    EXPECT_EQ(reason(constrained->issue_for("fabrikam.example"), constrained->pem()),
              "permitted subtree violation");
}

/// What somebody else may vouch for (RFC 7711): all else is as it should be.
TEST_F(Tls, ThatOnlyTheIssuerIsUnknownIsRecorded) {
    const auto lacks = [&](const Certificate& own) {
        return seen_by_server(own).lacks_only_issuer;
    };
    const CertificateAuthority stranger("Stranger");
    EXPECT_TRUE(lacks(stranger.issue_for("x.example")));
    EXPECT_TRUE(lacks(CertificateAuthority::self_signed({})));
    EXPECT_FALSE(lacks(CertificateAuthority::self_signed({.valid_from = -2h, .valid_until = -1h})));
    EXPECT_FALSE(lacks(CertificateAuthority::self_signed({.valid_from = 1h, .valid_until = 2h})));
    EXPECT_FALSE(lacks(stranger.issue({.valid_from = -2h, .valid_until = -1h})));
    EXPECT_FALSE(lacks(authority.issue({.valid_from = -2h, .valid_until = -1h})));
    EXPECT_FALSE(lacks(CertificateAuthority::self_signed({.must_staple = true})));
    EXPECT_FALSE(lacks(authority.issue_for("x.example"))) << "it is trusted";
    EXPECT_EQ(seen_by_server(authority.issue_for("x.example")).sha512.size(), 128U);
}

TEST_F(Tls, ListsOfRevokedCertificatesCountWhereThereAreSome) {
    const Certificate own = authority.issue_for("fabrikam.example");
    const Certificate bad = authority.issue_for("contoso.example");
    const Certificate good = authority.issue_for("contoso.example");
    const CertificateAuthority other("Other");
    const auto with_list = [&](const std::string& list) {
        theirs = TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                                     .private_key_pem = own.key_pem,
                                     .trust_system = false,
                                     .extra_ca_pems = {authority.pem(), other.pem()},
                                     .crl_pems = {list}})
                     .value();
    };
    for (const auto next_update : {24h, -1h}) {  // what an old list has revoked stays so
        with_list(authority.revoke({bad}, next_update));
        const PeerCertificate seen = seen_by_server(bad);
        EXPECT_TRUE(seen.is_revoked);
        EXPECT_FALSE(seen.is_trusted);
        EXPECT_EQ(seen.trust_error, "certificate revoked");
        EXPECT_TRUE(seen_by_server(good).is_trusted);
        EXPECT_FALSE(seen_by_server(good).is_revoked);
        EXPECT_TRUE(seen_by_server(other.issue_for("x.example")).is_trusted)
            << "an issuer without a list is not asked about";
    }
    EXPECT_FALSE(TlsContext::create({.trust_system = false, .crl_pems = {"no list"}}));
    EXPECT_FALSE(TlsContext::create({.trust_system = false, .crl_pems = {good.certificate_pem}}));
}

TEST_F(Tls, AnIntermediateInTheTrustStoreIsEnough) {
    const CertificateAuthority root("Unknown root");
    const auto middle = root.subordinate({.common_name = "Middle", .is_authority = true});
    const Certificate own = authority.issue_for("fabrikam.example");
    theirs = TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                                 .private_key_pem = own.key_pem,
                                 .trust_system = false,
                                 .extra_ca_pems = {middle->pem()}})
                 .value();
    EXPECT_TRUE(seen_by_server(middle->issue_for("contoso.example")).is_trusted);
}

/// Abuse case B28: old versions, static RSA, CBC and renegotiation are refused.
TEST_F(Tls, WeakProtocolsAndCiphersAreNotThere) {
    SSL_CTX* native = ours->native();
    EXPECT_EQ(SSL_CTX_get_min_proto_version(native), TLS1_2_VERSION);
    const auto options = SSL_CTX_get_options(native);
    EXPECT_TRUE(options & SSL_OP_NO_RENEGOTIATION);
    EXPECT_TRUE(options & SSL_OP_NO_COMPRESSION);
    EXPECT_EQ(SSL_CTX_get_num_tickets(native), 0U);
    EXPECT_EQ(SSL_CTX_get_max_early_data(native), 0U);
    STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(native);
    ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 0);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
        const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
        EXPECT_TRUE(SSL_CIPHER_is_aead(cipher)) << SSL_CIPHER_get_name(cipher);
        const int exchange = SSL_CIPHER_get_kx_nid(cipher);
        EXPECT_TRUE(exchange == NID_kx_ecdhe || exchange == NID_kx_any)
            << SSL_CIPHER_get_name(cipher);
    }
}

TEST_F(Tls, Tls12StillWorksAndTls13CanBeDemanded) {
    SSL_CTX_set_max_proto_version(ours->native(), TLS1_2_VERSION);
    ASSERT_TRUE(secure());
    EXPECT_EQ(client.stream->tls_version(), "TLSv1.2");
    client.say("hello");
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "hello"; }));

    const Certificate own = authority.issue_for("fabrikam.example");
    theirs = TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                                 .private_key_pem = own.key_pem,
                                 .trust_system = false,
                                 .only_tls13 = true})
                 .value();
    client = {};
    server = {};
    EXPECT_FALSE(secure());
    EXPECT_EQ(server.closed->code, "IST-TLS-002");
    EXPECT_TRUE(server.closed->detail.starts_with("unsupported protocol: "))
        << server.closed->detail;
}

TEST_F(Tls, UnusableSettingsAreRefusedWithTheReason) {
    const Certificate own = authority.issue_for("contoso.example");
    const Certificate other = authority.issue_for("contoso.example");
    const auto refusal = [](const TlsSettings& settings) {
        const auto made = TlsContext::create(settings);
        return made ? std::string("accepted") : made.error().detail;
    };
    EXPECT_EQ(refusal({.certificate_chain_pem = own.certificate_pem,
                       .private_key_pem = other.key_pem,
                       .trust_system = false}),
              "the private key is not that of the certificate: key values mismatch");
    EXPECT_THAT(refusal({.certificate_chain_pem = own.certificate_pem, .trust_system = false}),
                ::testing::StartsWith("the private key cannot be read"));
    EXPECT_THAT(refusal({.certificate_chain_pem = "rubbish", .private_key_pem = own.key_pem}),
                ::testing::StartsWith("the certificate chain holds no certificate"));
    std::string broken = own.certificate_pem;
    broken[60] = broken[60] == 'A' ? 'B' : 'A';
    EXPECT_NE(refusal({.certificate_chain_pem = own.certificate_pem + broken,
                       .private_key_pem = own.key_pem}),
              "accepted");
    EXPECT_NE(refusal({.trust_system = false, .extra_ca_pems = {"rubbish"}}), "accepted");
    EXPECT_EQ(TlsContext::load({.certificate_chain = "/nonexistent.pem"}).error().detail,
              "cannot read /nonexistent.pem");
    EXPECT_EQ(refusal({.trust_system = true}), "accepted");
}

TEST_F(Tls, FilesAreLoaded) {
    const Certificate own = authority.issue_for("contoso.example");
    const std::string folder = ::testing::TempDir();
    std::ofstream(folder + "net_own.pem") << own.certificate_pem;
    std::ofstream(folder + "net_key.pem") << own.key_pem;
    std::ofstream(folder + "net_ca.pem") << "# comment\n" << authority.pem();
    ours = TlsContext::load({.certificate_chain = folder + "net_own.pem",
                             .private_key = folder + "net_key.pem",
                             .trust_system = false,
                             .extra_cas = {folder + "net_ca.pem"}})
               .value();
    EXPECT_TRUE(ours->has_certificate());
    ASSERT_TRUE(secure());
    EXPECT_TRUE(client.stream->peer_certificate()->is_trusted);
}

}  // namespace
}  // namespace isthmus::net
