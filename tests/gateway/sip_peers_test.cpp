// Where requests in dialogs go when several SIP peers serve one domain.
#include "gateway/sip_peers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace isthmus::gateway {
namespace {

class SentTo final : public sip::UserAgent {
  public:
    Result<std::vector<sip::ListenAddress>> listen(
        const std::vector<sip::ListenAddress>& at) override {
        return at;
    }

    void set_tls(std::shared_ptr<const net::TlsContext> /*context*/) override {}

    void send(const sip::OutgoingRequest& /*request*/,
              const sip::Target& target,
              sip::ResponseHandler& /*handler*/,
              std::uint64_t /*cookie*/) override {
        hosts.push_back(target.host);
    }

    void acknowledge(const sip::OutgoingRequest& /*request*/, const sip::Target& target) override {
        hosts.push_back(target.host);
    }

    void cancel(const sip::ResponseHandler& /*handler*/, std::uint64_t /*cookie*/) override {}

    std::string contact_host(sip::Transport /*transport*/) const override { return {}; }

    void set_draining(bool /*draining*/) override {}

    std::size_t pending() const override { return 0; }

    std::vector<std::string> hosts;
};

class Nobody final : public sip::ResponseHandler {
  public:
    void on_response(std::uint64_t /*cookie*/, const sip::Response& /*response*/) override {}

    void on_no_response(std::uint64_t /*cookie*/, const Error& /*error*/) override {}
};

SipPeer peer_at(std::string host, std::vector<std::string> domains) {
    SipPeer made{.name = host, .domains = std::move(domains), .certificate_names = {host}};
    made.target.host = std::move(host);
    made.target.transport = sip::Transport::Tls;
    return made;
}

class SipPeersTest : public testing::Test {
  protected:
    SipPeersTest() {
        config_.peers = {peer_at("one.contoso.example", {"contoso.example"}),
                         peer_at("other.example", {"other.example"}),
                         peer_at("two.contoso.example", {"x.example", "contoso.example"})};
    }

    std::string where(std::string_view next_hop) {
        static_cast<sip::SessionPort&>(peers_).send({}, "contoso.example", next_hop, nobody_, 0);
        return agent_.hosts.back();
    }

    GatewayConfig config_;
    SentTo agent_;
    SipPeers peers_{config_, agent_};
    Nobody nobody_;
};

TEST_F(SipPeersTest, OutsideDialogsTheFirstPeerOfTheDomainIsAsked) {
    EXPECT_EQ(where({}), "one.contoso.example");
}

TEST_F(SipPeersTest, InADialogThePeerThatMadeItGoesOn) {
    EXPECT_EQ(where("sip:one.contoso.example:5061;transport=tls"), "one.contoso.example");
    EXPECT_EQ(where("sip:two.contoso.example:5061;transport=tls"), "two.contoso.example");
}

TEST_F(SipPeersTest, NobodyElseIsReachedBecauseADialogNamesHim) {
    EXPECT_EQ(where("sip:other.example:5061;transport=tls"), "one.contoso.example");
    EXPECT_EQ(where("sip:two.contoso.example;transport=tcp"), "one.contoso.example");
    EXPECT_EQ(where("sip:evil.example;transport=tls"), "one.contoso.example");
}

}  // namespace
}  // namespace isthmus::gateway
