// Connections into the wing, and requests that can be told apart.
#pragma once

#include "sip/user_agent_world.h"

#include <memory>
#include <string>
#include <string_view>

namespace isthmus::sip::test {

class TransportTest : public UserAgentTest {
  protected:
    using UserAgentTest::UserAgentTest;

    std::unique_ptr<StreamPeer> connect(MemoryHost& from, std::string_view to = "192.0.2.1:5060") {
        auto peer = std::make_unique<StreamPeer>(from, to);
        loop.run();
        return peer;
    }

    static MessageFields number(int i) {
        MessageFields fields;
        fields.branch = "z9hG4bK" + std::to_string(i);
        fields.call_id = "call-" + std::to_string(i);
        fields.body = "text " + std::to_string(i);
        return fields;
    }
};

}  // namespace isthmus::sip::test
