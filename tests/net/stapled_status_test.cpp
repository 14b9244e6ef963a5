// OCSP responses that servers staple to their certificates, and certificates that demand one.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tls_pair.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::CertificateAuthority;

class Stapled : public ::testing::Test {
  protected:
    static int staple(SSL* ssl, void* argument) {
        const auto& response = *static_cast<const std::string*>(argument);
        if (response.empty()) {
            return SSL_TLSEXT_ERR_NOACK;
        }
        auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size()));
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<int>(response.size()));
        return SSL_TLSEXT_ERR_OK;
    }

    /// What we make of a server that shows `own` with that response.
    PeerCertificate seen(const Certificate& own, std::string response) {
        const auto theirs = context_of(authority, own);
        SSL_CTX_set_tlsext_status_cb(theirs->native(), staple);
        SSL_CTX_set_tlsext_status_arg(theirs->native(), &response);
        ours = context_of(authority, authority.issue_for("contoso.example"));
        const SessionPair pair(ours, theirs);
        EXPECT_TRUE(pair.is_up());
        return pair.client.peer_certificate() == nullptr ? PeerCertificate{}
                                                         : *pair.client.peer_certificate();
    }

    CertificateAuthority authority;
    Certificate plain = authority.issue_for("fabrikam.example");
    Certificate demanding =
        authority.issue({.dns_names = {"fabrikam.example"}, .must_staple = true});
    std::shared_ptr<const TlsContext> ours;
};

TEST_F(Stapled, ARevocationCounts) {
    for (const auto next_update : {24h, -1h}) {  // what was revoked stays so
        const PeerCertificate revoked =
            seen(plain, authority.ocsp_response(plain, true, next_update));
        EXPECT_FALSE(revoked.is_trusted);
        EXPECT_TRUE(revoked.is_revoked);
        EXPECT_NE(revoked.trust_error.find("revoked"), std::string::npos);
    }
    EXPECT_TRUE(seen(plain, authority.ocsp_response(plain, false)).is_trusted);
}

TEST_F(Stapled, AResponseThatIsNoGoodCountsForNothing) {
    const CertificateAuthority stranger("Stranger");
    const Certificate other = authority.issue_for("other.example");
    const Certificate no_delegate = authority.issue_for("ocsp.example");
    for (const std::string& response : {std::string("no response"),
                                        stranger.ocsp_response(plain, true),
                                        authority.ocsp_response(other, true),
                                        authority.ocsp_response(plain, true, 24h, &no_delegate)}) {
        EXPECT_TRUE(seen(plain, response).is_trusted);
        EXPECT_FALSE(seen(plain, response).is_revoked);
    }
}

TEST_F(Stapled, ADelegateOfTheAuthorityMaySign) {
    const Certificate delegate =
        authority.issue({.common_name = "OCSP", .server_purpose = false, .signs_ocsp = true});
    EXPECT_TRUE(seen(plain, authority.ocsp_response(plain, true, 24h, &delegate)).is_revoked);
}

TEST_F(Stapled, ACertificateThatDemandsOneIsNothingWithout) {
    EXPECT_TRUE(seen(demanding, authority.ocsp_response(demanding, false)).is_trusted);
    const PeerCertificate bare = seen(demanding, "");
    EXPECT_FALSE(bare.is_trusted);
    EXPECT_FALSE(bare.is_revoked);
    EXPECT_NE(bare.trust_error.find("none came"), std::string::npos);
    const PeerCertificate old = seen(demanding, authority.ocsp_response(demanding, false, -1h));
    EXPECT_FALSE(old.is_trusted);
    EXPECT_NE(old.trust_error.find("no good"), std::string::npos);
    EXPECT_FALSE(seen(demanding, authority.ocsp_response(plain, false)).is_trusted);
}

/// Nobody who calls can staple: its server is looked at by dialback.
TEST_F(Stapled, ACallerWhoseCertificateDemandsOneIsNotTrusted) {
    const SessionPair pair(context_of(authority, demanding), context_of(authority, plain));
    ASSERT_TRUE(pair.is_up());
    ASSERT_NE(pair.server.peer_certificate(), nullptr);
    EXPECT_FALSE(pair.server.peer_certificate()->is_trusted);
    EXPECT_NE(pair.server.peer_certificate()->trust_error.find("dialback"), std::string::npos);
    const SessionPair other(context_of(authority, plain), context_of(authority, plain));
    EXPECT_TRUE(other.server.peer_certificate()->is_trusted);
}

TEST_F(Stapled, WhatMustBeFreshIsNotTakenUpAgain) {
    seen(demanding, authority.ocsp_response(demanding, false));
    EXPECT_EQ(ours->sessions().size(), 0U);
    seen(plain, authority.ocsp_response(plain, false));
    EXPECT_EQ(ours->sessions().size(), 0U);
    seen(plain, "");
    EXPECT_EQ(ours->sessions().size(), 1U);
}

}  // namespace
}  // namespace isthmus::net
