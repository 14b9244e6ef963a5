// A presence flow alone: a SIP side and an XMPP side that take everything, a store that stores at
// once.
#pragma once

#include "base/metrics.h"
#include "base/random.h"
#include "gateway/presence_flow.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace isthmus::gateway {
class NoSip final : public SipSide, public sip::EventSender {
  public:
    bool serves(std::string_view /*sip_domain*/) const override { return true; }

    bool is_congestion_safe(std::string_view /*sip_domain*/) const override { return true; }

    void send(const sip::OutgoingRequest& /*request*/,
              std::string_view /*sip_domain*/,
              sip::ResponseHandler& /*handler*/,
              std::uint64_t /*cookie*/) override {}

    void send(const sip::OutgoingRequest& /*request*/,
              std::string_view /*sip_domain*/,
              std::string_view /*next_hop*/,
              sip::ResponseHandler& /*handler*/,
              std::uint64_t /*cookie*/) override {}

    std::string_view contact(std::string_view /*sip_domain*/) const override { return "<sip:g>"; }
};

class NoXmpp final : public xmpp::Server {
  public:
    Result<std::vector<net::Endpoint>> listen(const std::vector<net::Endpoint>& /*at*/,
                                              bool /*is_direct_tls*/) override {
        return std::vector<net::Endpoint>();
    }

    void set_settings(const xmpp::StreamSettings& /*settings*/) override {}

    void set_tls(std::shared_ptr<const net::TlsContext> /*context*/) override {}

    void send(const xmpp::Message& /*message*/, std::uint64_t /*cookie*/) override {}

    bool send(const xmpp::Presence& /*presence*/, std::uint64_t cookie) override {
        if (cookie != 0) {
            cookies.push_back(cookie);
        }
        return true;
    }

    void settle(std::uint64_t /*ticket*/) override {}

    void send_error(xmpp::Kind /*kind*/,
                    const xmpp::Jid& /*from*/,
                    const xmpp::Jid& /*back_to*/,
                    std::string_view /*id*/,
                    const xmpp::StanzaError& /*error*/) override {}

    void recheck_partners() override {}

    void set_draining(bool /*draining*/) override {}

    std::vector<xmpp::LinkStatus> status() const override { return {}; }

    std::size_t pending() const override { return 0; }

    std::vector<std::uint64_t> cookies;  ///< of stanzas whose outcome is asked for
};

class NoStore final : public subscriptions::Store {
  public:
    void save(subscriptions::Record /*record*/, Done done) override { tell(done); }

    void erase(std::string_view /*user*/, std::string_view /*contact*/, Done done) override {
        tell(done);
    }

  private:
    static void tell(const Done& done) {
        if (done) {
            done(true);
        }
    }
};

class PresenceWorld : public testing::Test {
  protected:
    PresenceWorld() {
        config.domains = {{"contoso.example", "contoso.example"}};
        policy::Objects objects;
        objects.access_edge.allow_federated_users = true;
        objects.rules = {
            {.identity = "Global", .enable_federation_access = true, .enable_xmpp_access = true}};
        for (const char* domain : {"fabrikam.example", "rare.example"}) {
            objects.partners.push_back(
                {.domain = domain, .partner_type = policy::PartnerType::Federated});
        }
        admission.set_policy(policy::Policy::build(objects).value());
        flow.attach(sip, sip, xmpp, store);
    }

    static std::string user(std::size_t number) {
        return "u" + std::to_string(number) + "@contoso.example";
    }

    static subscriptions::Record record(std::size_t number, std::string contact) {
        subscriptions::Record made;
        made.user = user(number);
        made.contact = std::move(contact);
        made.user_uri = "sip:" + made.user;
        made.sip_watches_xmpp = subscriptions::Standing::Active;
        made.xmpp_watches_sip = subscriptions::Standing::Active;
        return made;
    }

    Timers timers;
    SystemRandom random;
    metrics::Registry metrics;
    GatewayConfig config;
    Admission admission{config};
    Counters counters{metrics, timers};
    NoSip sip;
    NoXmpp xmpp;
    NoStore store;
    PresenceFlow flow{config, admission, counters, timers, random, metrics};
};

}  // namespace isthmus::gateway
