#include "net/tls_context.h"
#include "support/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <fstream>

#include "party.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::CertificateAuthority;
using test::CertificateRequest;
using ::testing::ElementsAre;

class Tls : public ::testing::Test, public RealWire {
  protected:
    std::shared_ptr<const TlsContext> context(const Certificate& own,
                                              const std::string& intermediates = "") const {
        return TlsContext::create({.certificate_chain_pem = own.certificate_pem + intermediates,
                                   .private_key_pem = own.key_pem,
                                   .trust_system = false,
                                   .extra_ca_pems = {authority.pem()}})
            .value();
    }

    void start_both(TlsOptions client_options = {}, TlsOptions server_options = {}) {
        client_options.role = TlsRole::Client;
        server_options.role = TlsRole::Server;
        server.stream->start_tls(theirs, server_options);
        client.stream->start_tls(ours, client_options);
    }

    bool secure() {
        connect();
        start_both();
        return loop.run_until([&] {
            return (client.secured || client.closed) && (server.secured || server.closed);
        }) && client.secured &&
               server.secured;
    }

    /// What the server side finds out about a client that shows `own`.
    PeerCertificate seen_by_server(const Certificate& own, const std::string& intermediates = "") {
        client = {};
        server = {};
        ours = context(own, intermediates);
        EXPECT_TRUE(secure());
        const PeerCertificate* seen = server.stream->peer_certificate();
        return seen == nullptr ? PeerCertificate{} : *seen;
    }

    CertificateAuthority authority;
    std::shared_ptr<const TlsContext> ours = context(authority.issue_for("contoso.example"));
    std::shared_ptr<const TlsContext> theirs = context(authority.issue_for("fabrikam.example"));
};

TEST_F(Tls, BothSidesProveThemselvesAndTextPasses) {
    ASSERT_TRUE(secure());
    EXPECT_TRUE(client.stream->is_secure());
    EXPECT_EQ(client.stream->tls_version(), "TLSv1.3");
    EXPECT_EQ(client.stream->tls_cipher(), "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(client.stream->alpn(), "");
    const PeerCertificate* seen = client.stream->peer_certificate();
    ASSERT_NE(seen, nullptr);
    EXPECT_TRUE(seen->is_trusted) << seen->trust_error;
    EXPECT_THAT(seen->dns_names, ElementsAre("fabrikam.example"));
    EXPECT_EQ(seen->subject, "CN=fabrikam.example");
    EXPECT_EQ(seen->sha256.size(), 64U);
    EXPECT_GT(seen->not_after, std::chrono::system_clock::now());
    EXPECT_TRUE(proves_xmpp_domain(*server.stream->peer_certificate(), "contoso.example"));

    client.say("hello");
    server.say("hi");
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "hello" && client.heard == "hi"; }));
    EXPECT_EQ(client.written, 5U);
    EXPECT_EQ(client.stream->appended(), 5U);
}

TEST_F(Tls, StartsOnAnExistingStreamBehindThePlainOutput) {
    connect();
    client.say("<starttls/>");
    server.consume = [&](std::string_view unread) {
        EXPECT_EQ(unread, "<starttls/>");
        server.consume = nullptr;
        server.say("<proceed/>");
        server.stream->start_tls(theirs, {.role = TlsRole::Server});
        server.say("first secret");
        return unread.size();
    };
    client.consume = [&](std::string_view unread) {
        EXPECT_EQ(unread, "<proceed/>");
        client.consume = nullptr;
        client.stream->start_tls(ours, {});
        return unread.size();
    };
    EXPECT_TRUE(loop.run_until([&] { return client.heard == "first secret"; }));
    EXPECT_EQ(server.written, 22U);
    EXPECT_TRUE(server.secured);
}

/// Abuse case B02: what was pipelined in the clear is never read as protected input.
TEST_F(Tls, PlainTextBehindStartTlsIsDropped) {
    connect();
    server.consume = [&](std::string_view /*unread*/) {
        server.consume = nullptr;
        server.stream->start_tls(theirs, {.role = TlsRole::Server});
        return std::size_t{11};
    };
    client.say("<starttls/><message>forged</message>");
    loop.run_until([&] { return !server.consume; });
    client.stream->start_tls(ours, {});
    EXPECT_TRUE(loop.run_until([&] { return client.secured && server.secured; }));
    client.say("real");
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "real"; }));
}

/// Abuse case B02, the other timing: the octets come after the server began to listen for TLS.
TEST_F(Tls, PlainTextInPlaceOfAHandshakeEndsTheStream) {
    connect();
    server.stream->start_tls(theirs, {.role = TlsRole::Server});
    client.say("<message>forged</message>");
    EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.closed->code, "IST-TLS-002");
    EXPECT_NE(server.closed->detail, "");
    EXPECT_EQ(server.heard, "");
}

TEST_F(Tls, MegabytesPassThroughRecords) {
    ASSERT_TRUE(secure());
    std::string sent;
    for (int i = 0; sent.size() < 10'000'000; ++i) {
        sent += std::to_string(i);
    }
    client.say(sent);
    server.say(sent);
    EXPECT_TRUE(loop.run_until(
        [&] { return server.heard.size() == sent.size() && client.heard.size() == sent.size(); }));
    EXPECT_TRUE(server.heard == sent);
    EXPECT_TRUE(client.heard == sent);
    EXPECT_EQ(client.written, sent.size());
}

TEST_F(Tls, PausedReaderGetsTheRestWhenResumed) {
    ASSERT_TRUE(secure());
    server.consume = [&](std::string_view unread) {
        server.heard += unread.substr(0, 1);
        server.stream->pause_reading(true);
        return std::size_t{1};
    };
    client.say("abc");
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "a"; }));
    server.consume = nullptr;
    server.stream->pause_reading(false);
    EXPECT_TRUE(loop.run_until([&] { return server.heard == "abc"; }));
}

TEST_F(Tls, OrderlyEndIsToldFromATruncatedOne) {
    ASSERT_TRUE(secure());
    client.say("bye");
    client.stream->shut_down();
    EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.heard, "bye");
    EXPECT_EQ(server.closed->detail, "");
    server = {};
    client = {};
    ASSERT_TRUE(secure());
    client.stream.reset();
    EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
    EXPECT_NE(server.closed->detail, "");
}

TEST_F(Tls, ApplicationProtocolIsAgreedOn) {
    connect();
    start_both({.alpn = {"sip/2", "xmpp-server"}}, {.alpn = {"xmpp-server"}});
    EXPECT_TRUE(loop.run_until([&] { return client.secured && server.secured; }));
    EXPECT_EQ(client.stream->alpn(), "xmpp-server");
    EXPECT_EQ(server.stream->alpn(), "xmpp-server");
    client = {};
    server = {};
    connect();
    start_both({.alpn = {"h2"}}, {.alpn = {"xmpp-server"}});
    EXPECT_TRUE(loop.run_until([&] { return client.closed && server.closed; }));
    EXPECT_EQ(client.closed->code, "IST-TLS-002");
}

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
    EXPECT_EQ(server.closed->detail, "unsupported protocol");
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

/// Abuse cases B28, C16: a peer that says nothing is dropped after ten seconds.
TEST_F(Tls, AStalledHandshakeEndsAtTheDeadline) {
    connect();
    server.stream->start_tls(theirs, {.role = TlsRole::Server});
    loop.run_once(1ms);
    loop.timers().advance(9s);
    loop.run_once(1ms);
    EXPECT_FALSE(server.closed);
    loop.timers().advance(2s);
    EXPECT_TRUE(loop.run_until([&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.closed->code, "IST-TLS-002");
    EXPECT_EQ(server.closed->detail, "the handshake took too long");
}

TEST_F(Tls, AStreamMayDieInTheMiddleOfAHandshake) {
    for (int turns = 0; turns < 12; ++turns) {
        client = {};
        server = {};
        connect();
        start_both();
        for (int i = 0; i < turns; ++i) {
            loop.run_once(1ms);
        }
        client.stream.reset();
        EXPECT_TRUE(loop.run_until([&] { return server.closed || server.secured; }));
        server.stream.reset();
        loop.run_once(0ms);
    }
}

TEST_F(Tls, AHandlerMayDestroyTheStreamWhenSecured) {
    connect();
    client.when_secured = [&] { client.stream.reset(); };
    server.when_closed = [&] { server.stream.reset(); };
    start_both();
    EXPECT_TRUE(loop.run_until([&] { return !client.stream && !server.stream; }));
}

TEST_F(Tls, AStormOfHandshakesSucceedsOnBothSides) {
    struct Both {
        Party client;
        Party server;
    };

    std::vector<std::unique_ptr<Both>> pairs;
    std::size_t accepted = 0;
    const auto listening = network
                               .listen(at("127.0.0.1:0"),
                                       [&](std::unique_ptr<ByteStream> stream) {
                                           stream->start_tls(theirs, {.role = TlsRole::Server});
                                           pairs[accepted++]->server.take(std::move(stream));
                                       })
                               .value();
    std::vector<std::unique_ptr<Pending>> pending;
    for (int i = 0; i < 100; ++i) {
        pairs.push_back(std::make_unique<Both>());
        Party& party = pairs.back()->client;
        pending.push_back(network.connect({listening->local()}, 10s, [&](auto result) {
            (*result)->start_tls(ours, {.server_name = "fabrikam.example"});
            party.take(std::move(*result));
            party.say("hello");
        }));
    }
    EXPECT_TRUE(loop.run_until([&] {
        return std::ranges::all_of(pairs,
                                   [](const auto& both) { return both->server.heard == "hello"; });
    }));
}

}  // namespace
}  // namespace isthmus::net
