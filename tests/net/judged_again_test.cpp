// What a peer showed in its handshake, judged later by what is trusted then. RFC 6120 §13.7.2.3.
#include "net/openssl.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "tls_pair.h"

namespace isthmus::net {
namespace {

using test::Certificate;
using test::CertificateAuthority;

class JudgedAgain : public ::testing::Test {
  protected:
    std::shared_ptr<const TlsContext> trusting(const CertificateAuthority& who,
                                               std::vector<std::string> lists = {}) const {
        return TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                                   .private_key_pem = own.key_pem,
                                   .trust_system = false,
                                   .extra_ca_pems = {who.pem()},
                                   .crl_pems = std::move(lists)})
            .value();
    }

    static std::string der(const Certificate& one) {
        const X509Pointer certificate = read_x509(one.certificate_pem);
        unsigned char* made = nullptr;
        const int size = i2d_X509(certificate.get(), &made);
        const std::string octets(reinterpret_cast<const char*>(made),
                                 static_cast<std::size_t>(size));
        OPENSSL_free(made);
        return octets;
    }

    CertificateAuthority authority;
    CertificateAuthority stranger{"Stranger"};
    Certificate own = authority.issue_for("contoso.example");
    Certificate theirs = authority.issue_for("fabrikam.example");
    SessionPair pair{context_of(authority, own), context_of(authority, theirs)};
};

TEST_F(JudgedAgain, AsBeforeWhereNothingHasChanged) {
    ASSERT_TRUE(pair.is_up());
    const auto shown = pair.client.judge_again(*trusting(authority));
    ASSERT_TRUE(shown);
    EXPECT_TRUE(shown->is_trusted);
    EXPECT_EQ(shown->sha256, pair.client.peer_certificate()->sha256);
    EXPECT_TRUE(pair.server.judge_again(*trusting(authority))->is_trusted);
}

TEST_F(JudgedAgain, WhatWasRevokedMeanwhileIsRevokedInBothDirections) {
    EXPECT_TRUE(
        pair.client.judge_again(*trusting(authority, {authority.revoke({theirs})}))->is_revoked);
    EXPECT_TRUE(
        pair.server.judge_again(*trusting(authority, {authority.revoke({own})}))->is_revoked);
}

TEST_F(JudgedAgain, WhomWeTrustNoLongerIsNotTrusted) {
    EXPECT_FALSE(pair.client.judge_again(*trusting(stranger))->is_trusted);
}

TEST_F(JudgedAgain, WhatTlsaRecordsNamedStays) {
    const SessionPair named(context_of(stranger, own),
                            context_of(authority, theirs),
                            {.server_name = "fabrikam.example",
                             .tlsa = {{3, 0, 0, der(theirs)}},
                             .tlsa_host = "xmpp.fabrikam.example"});
    ASSERT_TRUE(named.is_up());
    EXPECT_EQ(named.client.judge_again(*trusting(stranger))->dane, Dane::EndEntity);
}

}  // namespace
}  // namespace isthmus::net
