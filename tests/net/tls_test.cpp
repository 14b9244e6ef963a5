// What passes over TLS and how it begins and ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tls_world.h"

namespace isthmus::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

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
    EXPECT_NE(server.closed->detail.find("the other side does not speak TLS there"),
              std::string::npos)
        << server.closed->detail;
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

TEST_F(Tls, WhatCameBeforeTheEndIsHeardByWhoRests) {
    ASSERT_TRUE(secure());
    rest_after_each_octet();
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
