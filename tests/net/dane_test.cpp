// TLSA records against what a server shows. RFC 6698 §2.1, RFC 7671.
#include "net/openssl.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "tls_pair.h"

namespace isthmus::net {
namespace {

using test::Certificate;
using test::CertificateAuthority;

using Octets = std::string;

Octets der(const std::string& pem, unsigned selector) {
    const X509Pointer certificate = read_x509(pem);
    unsigned char* made = nullptr;
    const int size = selector == 0
                         ? i2d_X509(certificate.get(), &made)
                         : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &made);
    const Octets octets(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
    OPENSSL_free(made);
    return octets;
}

TlsaRecord record(std::uint8_t usage,
                  std::uint8_t selector,
                  std::uint8_t matching,
                  const std::string& pem) {
    Octets data = der(pem, selector);
    if (matching != 0) {
        Octets hash(EVP_MAX_MD_SIZE, '\0');
        unsigned size = 0;
        EVP_Digest(data.data(),
                   data.size(),
                   reinterpret_cast<unsigned char*>(hash.data()),
                   &size,
                   matching == 1 ? EVP_sha256() : EVP_sha512(),
                   nullptr);
        data = hash.substr(0, size);
    }
    return {usage, selector, matching, data};
}

class DaneTest : public ::testing::Test {
  protected:
    /// What we make of a server that shows that chain, with these records.
    PeerCertificate seen(const Certificate& own,
                         std::vector<TlsaRecord> records,
                         const std::string& rest_of_chain = "") {
        Certificate chain = own;
        chain.certificate_pem += rest_of_chain;
        const SessionPair pair(ours,
                               context_of(authority, chain),
                               {.server_name = "fabrikam.example",
                                .tlsa = std::move(records),
                                .tlsa_host = "xmpp.fabrikam.example"});
        EXPECT_TRUE(pair.is_up());
        EXPECT_EQ(ours->sessions().size(), 0U) << "records may change: nothing is taken up again";
        return *pair.client.peer_certificate();
    }

    CertificateAuthority authority;
    CertificateAuthority stranger{"Stranger"};
    std::shared_ptr<const TlsContext> ours =
        context_of(authority, authority.issue_for("contoso.example"));
    Certificate good = authority.issue_for("fabrikam.example");
    Certificate strange = stranger.issue_for("fabrikam.example");
    Certificate alone = CertificateAuthority::self_signed(
        {.dns_names = {"whatever"}, .valid_until = std::chrono::seconds(-60)});
};

TEST_F(DaneTest, UsageThreeNamesTheCertificateAndNothingElseCounts) {
    for (std::uint8_t selector = 0; selector < 2; ++selector) {
        for (std::uint8_t matching = 0; matching < 3; ++matching) {
            const PeerCertificate shown =
                seen(alone, {record(3, selector, matching, alone.certificate_pem)});
            EXPECT_EQ(shown.dane, Dane::EndEntity) << int{selector} << int{matching};
            EXPECT_TRUE(shown.is_trusted);
            EXPECT_EQ(shown.dane_host, "xmpp.fabrikam.example");
        }
    }
}

/// Abuse case B21: whoever else trusts it.
TEST_F(DaneTest, AnotherCertificateIsAMismatch) {
    const PeerCertificate shown = seen(good, {record(3, 1, 1, strange.certificate_pem)});
    EXPECT_EQ(shown.dane, Dane::Mismatch);
    EXPECT_FALSE(shown.is_trusted);
    EXPECT_FALSE(shown.trust_error.empty());
}

TEST_F(DaneTest, UsageTwoNamesAnAuthorityThatTheServerShows) {
    const std::vector<TlsaRecord> records = {record(2, 0, 1, stranger.pem())};
    EXPECT_EQ(seen(strange, records, stranger.pem()).dane, Dane::Authority);
    EXPECT_EQ(seen(strange, records).dane, Dane::Mismatch) << "the authority was not shown";
    EXPECT_EQ(seen(good, records, authority.pem()).dane, Dane::Mismatch);
    // Dates count under an authority.
    const Certificate old = stranger.issue(
        {.dns_names = {"fabrikam.example"}, .valid_until = std::chrono::seconds(-60)});
    EXPECT_EQ(seen(old, records, stranger.pem()).dane, Dane::Mismatch);
}

TEST_F(DaneTest, UsagesZeroAndOneWantAnAuthorityThatWeTrustAsWell) {
    EXPECT_EQ(seen(good, {record(1, 1, 1, good.certificate_pem)}).dane, Dane::Authority);
    EXPECT_EQ(seen(strange, {record(1, 1, 1, strange.certificate_pem)}).dane, Dane::Mismatch);
    EXPECT_EQ(seen(good, {record(0, 0, 1, authority.pem())}).dane, Dane::Authority);
    EXPECT_EQ(seen(good, {record(0, 0, 1, stranger.pem())}).dane, Dane::Mismatch);
}

TEST_F(DaneTest, OfSeveralOneIsEnough) {
    EXPECT_EQ(
        seen(strange,
             {record(3, 1, 1, good.certificate_pem), record(3, 1, 1, strange.certificate_pem)})
            .dane,
        Dane::EndEntity);
}

/// RFC 6698 §4.1: as if there were none.
TEST_F(DaneTest, RecordsThatCannotBeUsedCountForNothing) {
    const std::vector<TlsaRecord> records = {{9, 0, 1, std::string(32, 'x')},
                                             {3, 7, 1, std::string(32, 'x')},
                                             {3, 1, 9, std::string(32, 'x')},
                                             {3, 1, 1, "short"},
                                             {3, 1, 1, ""},
                                             {3, 0, 0, "no certificate"}};
    for (const TlsaRecord& one : records) {
        const SessionPair pair(
            ours, context_of(authority, good), {.server_name = "fabrikam.example", .tlsa = {one}});
        ASSERT_TRUE(pair.is_up());
        EXPECT_EQ(pair.client.peer_certificate()->dane, Dane::NotAsked);
        EXPECT_TRUE(pair.client.peer_certificate()->is_trusted);
    }
}

}  // namespace
}  // namespace isthmus::net
