// The SIP peers as administrators see them: what the configuration says, how they answer, and a
// test. Control thread only.
#pragma once

#include "base/result.h"
#include "control/doctor.h"
#include "control/sip_peer_setup.h"
#include "control/status_service.h"
#include "control/test_step.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::control {

struct SipPeerView {
    SipPeerFacts facts;
    std::optional<PeerStatus> status;  ///< nothing: the traffic thread does not answer
};

class SipPeers {
  public:
    using TestDone = std::function<void(Result<std::vector<TestStep>>)>;
    /// By index of the configuration; `done` is called later, once.
    using TestPeer = std::function<void(std::size_t index, TestDone done)>;

    /// With what is known of the gateway and its partners right now.
    using SetUpPeer = std::function<Result<SipPeerSetup>(const SipPeerOrder& order)>;

    SipPeers(std::vector<SipPeerFacts> facts,
             ReadStatus read_status,
             TestPeer test,
             SetUpPeer set_up = {})
        : facts_(std::move(facts)),
          read_status_(std::move(read_status)),
          test_(std::move(test)),
          set_up_(std::move(set_up)) {}

    std::vector<SipPeerView> list() const;
    /// NotFound with IST-API-002.
    Result<SipPeerView> get(std::string_view name) const;
    void test(std::string_view name, TestDone done) const;

    /// See set_up_peer(): says what is to be done, does nothing.
    Result<SipPeerSetup> set_up(const SipPeerOrder& order) const { return set_up_(order); }

  private:
    std::optional<std::size_t> find(std::string_view name) const;

    std::vector<SipPeerFacts> facts_;
    ReadStatus read_status_;
    TestPeer test_;
    SetUpPeer set_up_;
};

}  // namespace isthmus::control
