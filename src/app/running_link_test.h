// One test of a link under way, between the XMPP wing and whoever asked for it. Traffic thread.
#pragma once

#include "xmpp/server.h"

#include <functional>
#include <memory>
#include <utility>

namespace isthmus::app {

/// on_step in the order of the steps; on_done is the last call.
struct LinkTestCalls {
    std::function<void(xmpp::TestStep)> on_step;
    std::function<void()> on_done;
};

class RunningLinkTest final : public xmpp::LinkTestHandler {
  public:
    explicit RunningLinkTest(LinkTestCalls calls) : calls_(std::move(calls)) {}

    void begin(xmpp::Server& server, xmpp::LinkTestOrder order) {
        test_ = server.test(std::move(order), *this);
        if (!test_) {
            calls_.on_step({.id = "dns",
                            .state = xmpp::TestState::Skipped,
                            .sentence = "Not ours to test: as a component we reach partners "
                                        "through another server.",
                            .evidence = {},
                            .code = {}});
            calls_.on_done();
        }
    }

    void on_step(xmpp::TestStep step) override { calls_.on_step(std::move(step)); }

    void on_done() override { calls_.on_done(); }

  private:
    LinkTestCalls calls_;
    std::unique_ptr<xmpp::LinkTest> test_;
};

}  // namespace isthmus::app
