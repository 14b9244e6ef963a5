// The session without sockets: records cut anywhere, and a peer that abuses the protocol.
#include "net/tls_session.h"

#include "net/tls_context.h"
#include "support/certificates.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace isthmus::net {
namespace {

class TlsPair : public ::testing::Test {
  protected:
    TlsPair() {
        EXPECT_EQ(client.handshake(), TlsSession::Step::NeedsInput);
        for (int i = 0; i < 10 && !(client_done && server_done); ++i) {
            pass(client, server, server_done);
            pass(server, client, client_done);
        }
    }

    static std::shared_ptr<const TlsContext> make_context(const std::string& domain) {
        static const test::CertificateAuthority authority;
        const auto own = authority.issue_for(domain);
        return TlsContext::create({.certificate_chain_pem = own.certificate_pem,
                                   .private_key_pem = own.key_pem,
                                   .trust_system = false,
                                   .extra_ca_pems = {authority.pem()}})
            .value();
    }

    /// One octet at a time, as a hostile network might deliver them.
    static void pass(TlsSession& from, TlsSession& to, bool& to_done) {
        const std::string octets(from.outgoing().view());
        from.outgoing().clear();
        for (const char octet : octets) {
            to.incoming().append(octet);
            if (!to_done) {
                const auto step = to.handshake();
                EXPECT_NE(step, TlsSession::Step::Failed) << to.error();
                to_done = step == TlsSession::Step::Done;
            }
        }
    }

    TlsSession client{make_context("contoso.example"), {.role = TlsRole::Client}};
    TlsSession server{make_context("fabrikam.example"), {.role = TlsRole::Server}};
    bool client_done = false;
    bool server_done = false;
};

TEST_F(TlsPair, HandshakeAndRecordsMayArriveOctetByOctet) {
    ASSERT_TRUE(client_done && server_done);
    Buffer cipher;
    ASSERT_TRUE(client.encrypt("hello", cipher));
    Buffer plain;
    for (const char octet : cipher.view()) {
        EXPECT_EQ(server.decrypt({&octet, 1}, plain), TlsSession::Read::Open);
    }
    EXPECT_EQ(plain.view(), "hello");
}

TEST_F(TlsPair, ManyMessagesShareARecordOfSixteenKilobytes) {
    Buffer cipher;
    ASSERT_TRUE(client.encrypt(std::string(32 * 1024, 'x'), cipher));
    EXPECT_LT(cipher.size(), 32 * 1024 + 100U);
}

TEST_F(TlsPair, ADamagedRecordEndsTheSession) {
    Buffer cipher;
    ASSERT_TRUE(client.encrypt("hello", cipher));
    cipher.data()[cipher.size() - 1] ^= 1;
    Buffer plain;
    EXPECT_EQ(server.decrypt(cipher.view(), plain), TlsSession::Read::Failed);
    EXPECT_TRUE(plain.empty());
    EXPECT_FALSE(server.outgoing().empty()) << "the alert";
}

TEST_F(TlsPair, CloseNotifyIsTheOrderlyEnd) {
    Buffer cipher;
    client.close(cipher);
    Buffer plain;
    EXPECT_EQ(server.decrypt(cipher.view(), plain), TlsSession::Read::Ended);
}

TEST_F(TlsPair, KeyUpdatesAreAnsweredButNotForEver) {
    Buffer plain;
    for (int i = 0; i < 100; ++i) {
        SSL_key_update(client.native(), SSL_KEY_UPDATE_REQUESTED);
        Buffer cipher;
        ASSERT_TRUE(client.encrypt("x", cipher));
        const auto read = server.decrypt(cipher.view(), plain);
        if (i < 32) {
            ASSERT_EQ(read, TlsSession::Read::Open);
        } else {
            EXPECT_EQ(read, TlsSession::Read::Failed);
            EXPECT_EQ(server.error(), "too many key updates");
            return;
        }
    }
    FAIL();
}

}  // namespace
}  // namespace isthmus::net
