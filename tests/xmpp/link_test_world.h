// The test of a link over a wire in memory, and what it tells of each step.
#pragma once

#include "xmpp/link_test.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "world.h"

namespace isthmus::test {

class Steps final : public xmpp::LinkTestHandler {
  public:
    void on_step(xmpp::TestStep step) override {
        constexpr std::string_view kStates[] = {"pass", "warn", "fail", "skipped"};
        told.push_back(std::string(step.id) + " " +
                       std::string(kStates[static_cast<std::size_t>(step.state)]) +
                       (step.code.empty() ? "" : " " + std::string(step.code)));
        steps.push_back(std::move(step));
    }

    void on_done() override { ++done; }

    const xmpp::TestStep& find(std::string_view id) const {
        return *std::ranges::find(steps, id, &xmpp::TestStep::id);
    }

    std::vector<std::string> told;
    std::vector<xmpp::TestStep> steps;
    int done = 0;
};

class LinkTestTest : public LinksTest {
  protected:
    static constexpr std::string_view kDialback = "<dialback xmlns='urn:xmpp:features:dialback'/>";

    void test() {
        order.local = kOurs;
        order.remote = kTheirs;
        running = server->test(order, steps);
        ASSERT_NE(running, nullptr);
        loop.run();
        loop.advance(2ms);
    }

    /// Up to the features after TLS.
    void secure_and_offer(std::string_view offers) {
        fabrikam.negotiate_tls();
        fabrikam.say(header(kTheirs, kOurs, "p2") + features(offers));
    }

    /// The partner's answer to our ping comes on a stream of its own.
    void answer_ping(const std::string& heard) {
        const std::size_t at = heard.find("id='") + 4;
        const std::string id = heard.substr(at, heard.find('\'', at) - at);
        peer = call_us();
        authenticate(*peer);
        peer->send("<iq type='result' from='fabrikam.example' to='contoso.example' id='" + id +
                   "'/>");
        loop.run();
        loop.advance(200ms);
    }

    Steps steps;
    xmpp::LinkTestOrder order;
    std::unique_ptr<xmpp::LinkTest> running;
    std::unique_ptr<StreamPeer> peer;
};

}  // namespace isthmus::test
