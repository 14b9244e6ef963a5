// Requests and keys: what goes out is what was asked for, as another program reads it.
#include "net/certificate_request.h"

#include "net/certificate_facts.h"
#include "net/private_key.h"
#include "support/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::net {
namespace {

using test::CertificateAuthority;
using ::testing::ElementsAre;

TEST(PrivateKey, KindsAreNamedInManyWays) {
    const std::pair<const char*, KeyKind> rows[] = {{"rsa-2048", KeyKind::Rsa2048},
                                                    {"RSA", KeyKind::Rsa2048},
                                                    {"4096", KeyKind::Rsa4096},
                                                    {"ECDH_P256", KeyKind::P256},
                                                    {"secp384r1", KeyKind::P384},
                                                    {"P-521", KeyKind::P521}};
    for (const auto& [name, kind] : rows) {
        EXPECT_EQ(key_kind_named(name), kind) << name;
    }
    for (const char* name : {"", "1024", "rsa-1024", "ed25519", "dsa"}) {
        EXPECT_FALSE(key_kind_named(name)) << name;
    }
}

TEST(PrivateKey, IsMadeAndRead) {
    const std::pair<KeyKind, const char*> rows[] = {{KeyKind::Rsa2048, "RSA 2048"},
                                                    {KeyKind::P256, "ECDSA P-256"},
                                                    {KeyKind::P384, "ECDSA P-384"},
                                                    {KeyKind::P521, "ECDSA P-521"}};
    for (const auto& [kind, name] : rows) {
        const auto facts = read_key_facts(generate_key(kind));
        ASSERT_TRUE(facts);
        EXPECT_EQ(facts->name, name);
        EXPECT_FALSE(facts->is_weak);
        EXPECT_EQ(facts->public_key.size(), 64U);
    }
    EXPECT_FALSE(read_key_facts("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"));
}

TEST(PrivateKey, SmallOnesAreWeak) {
    const CertificateAuthority authority;
    const auto small = authority.issue({.rsa_bits = 1024});
    EXPECT_TRUE(read_key_facts(small.key_pem)->is_weak);
    const auto facts = read_certificate_facts(small.certificate_pem);
    EXPECT_TRUE(facts->is_weak_key);
    EXPECT_EQ(facts->key, "RSA 1024");
}

TEST(CertificateRequest, CarriesAllKindsOfNames) {
    const CertificateAuthority authority;
    const std::string key = generate_key(KeyKind::P256);
    const auto request = make_certificate_request(key,
                                                  {.common_name = "gateway.contoso.example",
                                                   .organization = "Contoso Gmbh \xC3\xBC",
                                                   .country = "DE"},
                                                  {.dns_names = {"gateway.contoso.example"},
                                                   .srv_names = {"_xmpp-server.contoso.example"},
                                                   .xmpp_addrs = {"contoso.example"},
                                                   .uris = {"sip:contoso.example"},
                                                   .ip_addresses = {"192.0.2.1"}});
    ASSERT_TRUE(request);
    const auto facts = read_certificate_facts(authority.sign(*request));
    ASSERT_TRUE(facts);
    EXPECT_THAT(facts->alternative_names,
                ElementsAre("DNS:gateway.contoso.example",
                            "SRV:_xmpp-server.contoso.example",
                            "XMPP:contoso.example",
                            "URI:sip:contoso.example",
                            "IP:192.0.2.1"));
    EXPECT_TRUE(facts->for_servers && facts->for_clients);
    EXPECT_FALSE(facts->is_authority || facts->is_self_signed || facts->is_weak_signature);
    EXPECT_EQ(facts->public_key, read_key_facts(key)->public_key);
    EXPECT_NE(facts->names.subject.find("CN=gateway.contoso.example"), std::string::npos);
    EXPECT_EQ(facts->serial_number, "1267");
    EXPECT_EQ(facts->thumbprint.size(), 40U);
    EXPECT_FALSE(make_certificate_request(key, {.country = "Germany"}, {}));
    EXPECT_FALSE(make_certificate_request(key, {}, {.ip_addresses = {"no address"}}));
    EXPECT_FALSE(make_certificate_request("no key", {}, {}));
}

TEST(CertificateFacts, WeakSignaturesAndAuthoritiesAreSeen) {
    const CertificateAuthority authority;
    EXPECT_TRUE(read_certificate_facts(authority.pem())->is_authority);
    EXPECT_TRUE(read_certificate_facts(authority.pem())->is_self_signed);
    EXPECT_TRUE(read_certificate_facts(authority.issue({.signed_with_sha1 = true}).certificate_pem)
                    ->is_weak_signature);
    const auto client = read_certificate_facts(
        authority.issue({.server_purpose = false, .client_purpose = true}).certificate_pem);
    EXPECT_FALSE(client->for_servers);
    EXPECT_TRUE(client->for_clients);
    EXPECT_EQ(read_certificate_facts("nothing").error().code, "IST-CERT-010");
}

}  // namespace
}  // namespace isthmus::net
