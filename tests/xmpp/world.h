// A Server among scripted peers on a wire in memory: ours at 192.0.2.1, fabrikam.example at
// 192.0.2.2, and always a bystander who must hear nothing.
#pragma once

#include "base/metrics.h"
#include "support/counting_random.h"
#include "support/fixed_resolver.h"
#include "support/manual_loop.h"
#include "support/memory_wire.h"
#include "xmpp/server.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialogue.h"

namespace isthmus::test {

using namespace std::chrono_literals;

/// Any pointer will do: the wire in memory does not look inside.
inline std::shared_ptr<const net::TlsContext> some_tls() {
    auto owner = std::make_shared<int>(0);
    return {owner, reinterpret_cast<const net::TlsContext*>(owner.get())};
}

class RecordingHandler final : public xmpp::StanzaHandler {
  public:
    void on_message(const xmpp::Message& message) override {
        std::string body = message.bodies.empty() ? "" : std::string(message.bodies.front().text);
        messages.push_back(message.from.full() + " -> " + message.to.full() + ": " + body);
        tickets.push_back(message.ticket);
    }

    void on_presence(const xmpp::Presence& presence) override {
        presences.push_back(presence.from.full() + " -> " + presence.to.full());
    }

    void on_sent(std::uint64_t cookie) override {
        sent.push_back(cookie);
        ++outcomes[cookie];
    }

    void on_not_sent(std::uint64_t cookie, const Error& error) override {
        not_sent.emplace_back(cookie, std::string(error.code));
        errors.push_back(error);
        ++outcomes[cookie];
    }

    void on_link(std::string_view remote_domain, xmpp::LinkEvent event) override {
        links.emplace_back(remote_domain, event);
    }

    std::optional<xmpp::LinkPolicy> link_policy(std::string_view remote_domain) override {
        auto found = partners.find(remote_domain);
        return found == partners.end() ? std::nullopt : std::optional(found->second);
    }

    std::map<std::string, xmpp::LinkPolicy, std::less<>> partners;
    std::vector<std::string> messages;
    std::vector<std::uint64_t> tickets;  ///< of the messages
    std::vector<std::string> presences;
    std::vector<std::uint64_t> sent;
    std::vector<std::pair<std::uint64_t, std::string>> not_sent;
    std::vector<Error> errors;
    std::vector<std::pair<std::string, xmpp::LinkEvent>> links;
    std::map<std::uint64_t, int> outcomes;
};

/// A peer's server as a test plays it: what it hears is taken, what it says is written down.
class ScriptedServer {
  public:
    ScriptedServer(ManualLoop& loop, MemoryHost& host, std::string_view at)
        : loop_(loop), server_(host, at) {}

    /// Of the newest connection: all that was said since the last hear().
    std::string hear() {
        loop_.run();
        return server_.peers().empty() ? "" : peer().take();
    }

    std::string hear(std::size_t connection) {
        loop_.run();
        return server_.peers().at(connection)->take();
    }

    void say(std::string_view text) {
        peer().send(text);
        loop_.run();
    }

    void say(std::size_t connection, std::string_view text) {
        server_.peers().at(connection)->send(text);
        loop_.run();
    }

    /// <proceed/> and the handshake.
    void start_tls() {
        peer().send(kProceed);
        peer().start_tls({.role = net::TlsRole::Server});
        loop_.run();
    }

    /// From our side's first header to the handshake; what it says under TLS.
    std::string negotiate_tls(std::string_view remote = kOurs, std::string_view us = kTheirs) {
        hear();
        say(header(us, remote, "p1") + features(kStartTls));
        hear();
        start_tls();
        return hear();
    }

    /// Answers headers and features until our side may send stanzas.
    void let_in_by_external(std::string_view remote = kOurs, std::string_view us = kTheirs) {
        negotiate_tls(remote, us);
        say(header(us, remote, "p2") + features(kExternalOffer));
        hear();
        say(kSuccess);
        hear();
        say(header(us, remote, "p3") + features(""));
        last_heard_ = hear();
    }

    /// What came as soon as we were let in.
    const std::string& last_heard() const { return last_heard_; }

    StreamPeer& peer() { return server_.last(); }

    StreamPeer& peer(std::size_t connection) { return *server_.peers().at(connection); }

    std::size_t connections() const { return server_.peers().size(); }

    void stop() { server_.stop(); }

    /// Every later connection has TLS from its first octet.
    void use_direct_tls(std::vector<std::string> alpn = {"xmpp-server"}) {
        server_.use_tls({.role = net::TlsRole::Server, .alpn = std::move(alpn)});
    }

  private:
    ManualLoop& loop_;
    StreamServer server_;
    std::string last_heard_;
};

class World : public testing::Test {
  protected:
    static constexpr std::string_view kOurAddress = "192.0.2.1:5269";
    static constexpr std::string_view kOurDirectTls = "192.0.2.1:5270";

    World() {
        resolver.add_srv("_xmpp-server._tcp.fabrikam.example",
                         {0, 0, 5269, "xmpp.fabrikam.example"});
        resolver.add_address("xmpp.fabrikam.example", "192.0.2.2");
        resolver.add_srv("_xmpp-server._tcp.bystander.example", {0, 0, 5269, "bystander.example"});
        resolver.add_address("bystander.example", "192.0.2.9");
        handler.partners["fabrikam.example"] = {};
        handler.partners["bystander.example"] = {};
        ours.set_certificate(certificate_for(kOurs));
        theirs.set_certificate(certificate_for(kTheirs));
        config.domains = {"contoso.example", "other.contoso.example"};
        config.dialback_secret = "s3cr3t";
    }

    ~World() override {
        for (const auto& [cookie, count] : handler.outcomes) {
            EXPECT_EQ(count, 1) << "outcomes of cookie " << cookie;
        }
        EXPECT_EQ(bystander.connections(), 0U);
    }

    void start() {
        server = xmpp::make_server(config, ours, resolver, loop.timers(), random, metrics, handler);
        server->set_tls(some_tls());
        auto bound = server->listen({endpoint(kOurAddress)}, false);
        ASSERT_TRUE(bound.has_value());
        ASSERT_TRUE(server->listen({endpoint(kOurDirectTls)}, true).has_value());
    }

    void send(std::uint64_t cookie,
              std::string_view text = "hello",
              std::string_view to_domain = kTheirs,
              std::string_view from_domain = kOurs) {
        xmpp::Message message;
        message.from = {"alice", from_domain, {}};
        message.to = {"bob", to_domain, {}};
        message.bodies.push_back({{}, text});
        server->send(message, cookie);
        loop.run();
    }

    static std::string message_text(std::string_view text) {
        return "<message from='alice@contoso.example' to='bob@fabrikam.example'><body>" +
               std::string(text) + "</body></message>";
    }

    /// A connection from their server to ours.
    std::unique_ptr<StreamPeer> call_us(MemoryHost* from = nullptr) {
        auto peer = std::make_unique<StreamPeer>(from != nullptr ? *from : theirs, kOurAddress);
        loop.run();
        return peer;
    }

    std::string say(StreamPeer& peer, std::string_view text) {
        peer.send(text);
        loop.run();
        return peer.take();
    }

    void secure(StreamPeer& peer) {
        say(peer, header(kTheirs, kOurs));
        EXPECT_EQ(say(peer, kStartTls), kProceed);
        peer.start_tls({.role = net::TlsRole::Client, .server_name = std::string(kOurs)});
        loop.run();
    }

    /// Another partner than fabrikam.example, authenticated by its certificate.
    std::unique_ptr<StreamPeer> call_as_bystander() {
        MemoryHost& host = wire.host("192.0.2.9");
        host.set_certificate(certificate_for("bystander.example"));
        auto peer = call_us(&host);
        say(*peer, header("bystander.example", kOurs));
        say(*peer, kStartTls);
        peer->start_tls({.role = net::TlsRole::Client});
        loop.run();
        say(*peer, header("bystander.example", kOurs));
        say(*peer, auth("="));
        say(*peer, header("bystander.example", kOurs));
        return peer;
    }

    void authenticate(StreamPeer& peer) {
        secure(peer);
        say(peer, header(kTheirs, kOurs));
        EXPECT_EQ(say(peer, auth("=")), kSuccess);
        say(peer, header(kTheirs, kOurs));
    }

    std::size_t count(std::string_view needle) const {
        std::string text = metrics.render();
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find(needle, at)) != std::string::npos; ++at) {
            ++found;
        }
        return found;
    }

    ManualLoop loop;
    MemoryWire wire{loop};
    MemoryHost& ours = wire.host("192.0.2.1");
    MemoryHost& theirs = wire.host("192.0.2.2");
    FixedResolver resolver{loop};
    CountingRandom random;
    metrics::Registry metrics;
    RecordingHandler handler;
    xmpp::ServerConfig config;
    ScriptedServer fabrikam{loop, theirs, "192.0.2.2:5269"};
    ScriptedServer bystander{loop, wire.host("192.0.2.9"), "192.0.2.9:5269"};
    std::unique_ptr<xmpp::Server> server;
};

class LinksTest : public World {
  protected:
    void dial() { loop.advance(2ms); }

    bool presence(xmpp::PresenceType type) {
        xmpp::Presence stanza;
        stanza.from = {"alice", kOurs, "desk"};
        stanza.to = {"juliet", kTheirs, {}};
        stanza.type = type;
        return server->send(stanza, 0);
    }
};

}  // namespace isthmus::test
