// From a certificate to whom peers trust, whatever order the pieces come in.
#include "net/certificate_chain.h"

#include "support/certificates.h"

#include <gtest/gtest.h>

#include <chrono>

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using test::CertificateAuthority;

class ChainTest : public testing::Test {
  protected:
    ChainTest()
        : middle(root.subordinate({.common_name = "Middle", .is_authority = true})),
          low(middle->subordinate({.common_name = "Low", .is_authority = true})),
          leaf(low->issue_for("contoso.example").certificate_pem) {}

    static Authorities trusting(const std::string& pem) { return {false, {pem}}; }

    CertificateAuthority root{"Root"};
    CertificateAuthority stranger{"Stranger"};
    std::unique_ptr<CertificateAuthority> middle;
    std::unique_ptr<CertificateAuthority> low;
    std::string leaf;
};

TEST_F(ChainTest, IsPutInOrder) {
    const Chain chain = complete_chain(
        leaf, {root.pem(), stranger.pem(), middle->pem(), leaf, low->pem()}, trusting(root.pem()));
    EXPECT_EQ(chain.state, ChainState::Trusted) << chain.evidence;
    EXPECT_EQ(chain.intermediates, (std::vector{low->pem(), middle->pem()}));
    // The machine's own roots need not be kept.
    EXPECT_EQ(complete_chain(leaf, {middle->pem(), low->pem()}, trusting(root.pem())).state,
              ChainState::Trusted);
}

TEST_F(ChainTest, ARootThatOnlyItsClientsKnow) {
    const Chain chain =
        complete_chain(leaf, {low->pem(), middle->pem(), root.pem()}, trusting(stranger.pem()));
    EXPECT_EQ(chain.state, ChainState::OtherRoot) << chain.evidence;
    EXPECT_EQ(chain.intermediates, (std::vector{low->pem(), middle->pem()}));
    EXPECT_EQ(chain.root, root.pem());
}

TEST_F(ChainTest, WhoIsMissingIsNamed) {
    const Chain chain = complete_chain(leaf, {middle->pem(), root.pem()}, trusting(root.pem()));
    EXPECT_EQ(chain.state, ChainState::Incomplete);
    EXPECT_EQ(chain.evidence, "CN=Low");
    EXPECT_EQ(complete_chain(leaf, {}, {false, {}}).evidence, "CN=Low");
    EXPECT_EQ(complete_chain(leaf, {low->pem()}, {false, {}}).evidence, "CN=Middle");
}

TEST_F(ChainTest, SelfSigned) {
    const auto own = CertificateAuthority::self_signed({.dns_names = {"contoso.example"}});
    EXPECT_EQ(complete_chain(own.certificate_pem, {root.pem()}, trusting(root.pem())).state,
              ChainState::SelfSigned);
}

TEST_F(ChainTest, AnAuthorityThatHasExpiredOrMayNotIssue) {
    const auto old =
        root.subordinate({.common_name = "Old", .is_authority = true, .valid_until = -60s});
    const Chain expired = complete_chain(
        old->issue_for("x.example").certificate_pem, {old->pem()}, trusting(root.pem()));
    EXPECT_EQ(expired.state, ChainState::Invalid);
    EXPECT_EQ(expired.evidence, "certificate has expired");
    const auto nobody = root.subordinate({.common_name = "Nobody", .is_authority = false});
    EXPECT_NE(
        complete_chain(
            nobody->issue_for("x.example").certificate_pem, {nobody->pem()}, trusting(root.pem()))
            .state,
        ChainState::Trusted);
    // Of the end of the certificate itself is spoken elsewhere.
    EXPECT_EQ(
        complete_chain(root.issue({.valid_until = -60s}).certificate_pem, {}, trusting(root.pem()))
            .state,
        ChainState::Trusted);
}

TEST_F(ChainTest, OfTwoOfOneNameTheOneThatSignedCounts) {
    const CertificateAuthority other_root("Root");
    const Chain chain = complete_chain(
        leaf, {low->pem(), middle->pem(), other_root.pem(), root.pem()}, {false, {}});
    EXPECT_EQ(chain.state, ChainState::OtherRoot);
    EXPECT_EQ(chain.root, root.pem());
}

}  // namespace
}  // namespace isthmus::net
