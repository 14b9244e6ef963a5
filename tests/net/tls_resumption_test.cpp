// Sessions that are taken up again: what is proved anew then, and who may.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <vector>

#include "tls_pair.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::CertificateAuthority;

class Resumption : public ::testing::Test {
  protected:
    SessionPair meet(TlsOptions options = {.server_name = "fabrikam.example"}) {
        return {ours, theirs, std::move(options)};
    }

    /// As if the list had been there from the start; a new one makes a new context otherwise.
    static void add_list(const TlsContext& context, const std::string& pem) {
        const BioPointer bio = memory_bio(pem);
        X509_CRL* list = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr);
        X509_STORE* store = SSL_CTX_get_cert_store(context.native());
        X509_STORE_add_crl(store, list);
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        X509_CRL_free(list);
    }

    CertificateAuthority authority;
    Certificate our_own = authority.issue_for("contoso.example");
    Certificate their_own = authority.issue_for("fabrikam.example");
    std::shared_ptr<const TlsContext> ours = context_of(authority, our_own);
    std::shared_ptr<const TlsContext> theirs = context_of(authority, their_own);
};

TEST_F(Resumption, TheSecondConnectionTakesTheSessionUpAndKnowsWhoIsThere) {
    ASSERT_TRUE(meet().is_up());
    EXPECT_EQ(ours->sessions().size(), 1U);
    EXPECT_EQ(theirs->sessions().size(), 1U);
    const SessionPair second = meet();
    ASSERT_TRUE(second.is_resumed());
    ASSERT_NE(second.server.peer_certificate(), nullptr);
    EXPECT_TRUE(second.server.peer_certificate()->is_trusted);
    EXPECT_TRUE(proves_xmpp_domain(*second.server.peer_certificate(), "contoso.example"));
    ASSERT_NE(second.client.peer_certificate(), nullptr);
    EXPECT_TRUE(second.client.peer_certificate()->is_trusted);
    EXPECT_TRUE(proves_xmpp_domain(*second.client.peer_certificate(), "fabrikam.example"));
    EXPECT_TRUE(meet().is_resumed()) << "it got a new ticket";
}

TEST_F(Resumption, InTheLastHourOfACertificateItIsJudgedEachTime) {
    our_own = authority.issue({.dns_names = {"contoso.example"}, .valid_until = 30min});
    their_own = authority.issue({.dns_names = {"fabrikam.example"}, .valid_until = 30min});
    ours = context_of(authority, our_own);
    theirs = context_of(authority, their_own);
    ASSERT_TRUE(meet().is_up());
    add_list(*theirs, authority.revoke({our_own}));
    add_list(*ours, authority.revoke({their_own}));
    const SessionPair second = meet();
    ASSERT_TRUE(second.is_resumed());
    EXPECT_TRUE(second.server.peer_certificate()->is_revoked);
    EXPECT_FALSE(second.server.peer_certificate()->is_trusted);
    EXPECT_TRUE(second.client.peer_certificate()->is_revoked);
    EXPECT_FALSE(second.client.peer_certificate()->is_trusted);
    EXPECT_FALSE(meet().is_resumed()) << "and it got no new ticket";
}

TEST_F(Resumption, TheLastHourIsThatOfWhateverEndsFirstInTheChain) {
    const auto below =
        authority.subordinate({.common_name = "Below", .is_authority = true, .valid_until = 30min});
    Certificate own = below->issue({.dns_names = {"contoso.example"}, .valid_until = 24h});
    own.certificate_pem += below->pem();
    ours = context_of(authority, own);
    ASSERT_TRUE(meet().is_up());
    add_list(*theirs, below->revoke({own}));
    const SessionPair second = meet();
    ASSERT_TRUE(second.is_resumed());
    EXPECT_TRUE(second.server.peer_certificate()->is_revoked);
}

TEST_F(Resumption, BeforeThatAVerdictIsAsOldAsItsContext) {
    our_own = authority.issue({.dns_names = {"contoso.example"}, .valid_until = 2h});
    ours = context_of(authority, our_own);
    ASSERT_TRUE(meet().is_up());
    // Nothing adds a list to a context but this test.
    add_list(*theirs, authority.revoke({our_own}));
    const SessionPair second = meet();
    ASSERT_TRUE(second.is_resumed());
    EXPECT_TRUE(second.server.peer_certificate()->is_trusted);
    EXPECT_EQ(second.server.peer_certificate()->dns_names,
              std::vector<std::string>{"contoso.example"});
    ASSERT_TRUE(second.server.judge_again(*theirs));
    EXPECT_TRUE(second.server.judge_again(*theirs)->is_revoked) << "as the second look does";
}

TEST_F(Resumption, NewCertificatesOrTrustForgetAllSessions) {
    ASSERT_TRUE(meet().is_up());
    theirs = context_of(authority, their_own);
    const SessionPair renewed = meet();
    EXPECT_TRUE(renewed.is_up());
    EXPECT_FALSE(renewed.client.is_resumed());
    ours = context_of(authority, our_own);
    const SessionPair ours_renewed = meet();
    EXPECT_TRUE(ours_renewed.is_up());
    EXPECT_FALSE(ours_renewed.client.is_resumed());
}

TEST_F(Resumption, ASessionIsOfOneNameAndOneOfOurDomains) {
    const TlsOptions options{.server_name = "fabrikam.example", .own_name = "contoso.example"};
    ASSERT_TRUE(meet(options).is_up());
    EXPECT_FALSE(
        meet({.server_name = "other.example", .own_name = "contoso.example"}).is_resumed());
    EXPECT_FALSE(meet({.server_name = "fabrikam.example", .own_name = "a.example"}).is_resumed());
    EXPECT_FALSE(meet({.server_name = "", .own_name = "contoso.example"}).is_resumed());
    TlsOptions direct = options;
    direct.alpn = {"xmpp-server"};
    EXPECT_FALSE(meet(direct).is_resumed());
    EXPECT_TRUE(meet(options).is_resumed());
}

TEST_F(Resumption, OneServerOfManyDomainsHasASessionForEach) {
    const auto meet_as = [&](std::size_t number) {
        return meet({.server_name = std::to_string(number) + ".fabrikam.example"}).is_resumed();
    };
    // What it keeps of us is another matter.
    const std::size_t count = TlsSessions::kLimitOfOne;
    for (std::size_t i = 0; i < count + 8; ++i) {
        EXPECT_FALSE(meet_as(i));
    }
    EXPECT_EQ(ours->sessions().size(), count + 8);
    for (std::size_t i = 8; i < count + 8; ++i) {
        EXPECT_TRUE(meet_as(i)) << i;
    }
}

TEST_F(Resumption, StrangersGetNothingThatWeWouldHaveToKeep) {
    const CertificateAuthority nobody("Nobody");
    ours = context_of(authority, nobody.issue_for("contoso.example"));
    ASSERT_TRUE(meet().is_up());
    ours = TlsContext::create({.trust_system = false, .extra_ca_pems = {authority.pem()}}).value();
    ASSERT_TRUE(meet().is_up());
    EXPECT_EQ(theirs->sessions().size(), 0U);
    EXPECT_EQ(ours->sessions().size(), 0U);
}

TEST_F(Resumption, NorDoWeTrustAServerMoreTheSecondTime) {
    const CertificateAuthority nobody("Nobody");
    theirs = TlsContext::create({.certificate_chain_pem = their_own.certificate_pem,
                                 .private_key_pem = their_own.key_pem,
                                 .trust_system = false,
                                 .extra_ca_pems = {authority.pem()}})
                 .value();
    ours = TlsContext::create({.certificate_chain_pem = our_own.certificate_pem,
                               .private_key_pem = our_own.key_pem,
                               .trust_system = false,
                               .extra_ca_pems = {nobody.pem()}})
               .value();
    ASSERT_TRUE(meet().is_up());
    EXPECT_EQ(ours->sessions().size(), 0U);
    EXPECT_FALSE(meet().client.peer_certificate()->is_trusted);
}

TEST_F(Resumption, KeysAreProvedAgainNowAndThen) {
    ASSERT_TRUE(meet().is_up());
    for (unsigned i = 0; i < TlsSessions::kMaxTimes; ++i) {
        EXPECT_TRUE(meet().is_resumed()) << i;
    }
    const SessionPair anew = meet();
    EXPECT_TRUE(anew.is_up());
    EXPECT_FALSE(anew.client.is_resumed());
    EXPECT_TRUE(meet().is_resumed());
}

TEST_F(Resumption, NotWithTls12) {
    SSL_CTX_set_max_proto_version(theirs->native(), TLS1_2_VERSION);
    ASSERT_TRUE(meet().is_up());
    EXPECT_EQ(theirs->sessions().size(), 0U);
    EXPECT_EQ(ours->sessions().size(), 0U);
    EXPECT_FALSE(meet().is_resumed());
}

/// As servers do that ask for certificates and name no session context.
int break_off_when_resumed(SSL* ssl, int* /*alert*/, void* /*argument*/) {
    return SSL_session_reused(ssl) == 1 ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_OK;
}

TEST_F(Resumption, AServerThatBreaksOffIsNotAskedAgain) {
    SSL_CTX_set_tlsext_servername_callback(theirs->native(), break_off_when_resumed);
    ASSERT_TRUE(meet().is_up());
    EXPECT_FALSE(meet().is_up());
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(meet().is_up());
    }
}

TEST_F(Resumption, ACutConnectionDoesNotSpoilTheSession) {
    {
        ASSERT_TRUE(meet().is_up());
    }
    EXPECT_TRUE(meet().is_resumed());
}

class Sessions : public ::testing::Test {
  protected:
    void keep(const std::string& key, const std::string& owner) {
        sessions.keep(key, owner, {SessionPointer(SSL_SESSION_new()), 0});
    }

    TlsSessions sessions;
};

TEST_F(Sessions, OneOwnerHoldsTheNewestFew) {
    keep("other", "other");
    for (std::size_t i = 0; i < TlsSessions::kLimitOfOne + 3; ++i) {
        keep(std::to_string(i), "one");
    }
    EXPECT_EQ(sessions.size(), TlsSessions::kLimitOfOne + 1);
    EXPECT_FALSE(sessions.find("2"));
    EXPECT_TRUE(sessions.find("3"));
    EXPECT_TRUE(sessions.find("other"));
}

TEST_F(Sessions, TheOldestGoWhenThereAreTooMany) {
    for (std::size_t i = 0; i < TlsSessions::kLimit + 5; ++i) {
        keep(std::to_string(i), std::to_string(i));
    }
    EXPECT_EQ(sessions.size(), TlsSessions::kLimit);
    EXPECT_FALSE(sessions.find("4"));
    EXPECT_TRUE(sessions.find("5"));
}

TEST_F(Sessions, AClientTakesEachOnceAndTheNewestOfAKey) {
    keep("key", "owner");
    keep("key", "owner");
    EXPECT_EQ(sessions.size(), 1U);
    EXPECT_TRUE(sessions.take("key"));
    EXPECT_FALSE(sessions.take("key"));
    sessions.give_up("key");
    keep("key", "owner");
    EXPECT_FALSE(sessions.take("key"));
}

}  // namespace
}  // namespace isthmus::net
