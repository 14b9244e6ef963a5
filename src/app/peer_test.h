// The test of a SIP peer: one OPTIONS through the user agent of live traffic, and what its outcome
// says of each step on the way. Traffic thread.
#pragma once

#include "base/clock.h"
#include "control/test_step.h"
#include "sip/user_agent.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::app {

class PeerTest final : private sip::ResponseHandler {
  public:
    using Done = std::function<void(std::vector<control::TestStep>)>;

    /// `domain`: of users behind the peer, in SIP. `done` is called later, once. It must live until
    /// has_ended().
    PeerTest(sip::UserAgent& user_agent,
             const sip::Target& target,
             std::string domain,
             Timers& timers,
             Done done);
    void start();

    /// dns, connection, tls, certificate or answer: the step that a failure belongs to.
    static std::string_view step_of(std::string_view code);

    /// Everything was told, and the transaction has its outcome.
    bool has_ended() const { return !is_waiting_ && !done_; }

  private:
    void on_response(std::uint64_t cookie, const sip::Response& response) override;
    void on_no_response(std::uint64_t cookie, const Error& error) override;
    void tell(const Error* failure, const std::string& answer);

    sip::UserAgent& user_agent_;
    const sip::Target& target_;
    std::string domain_;
    Timers& timers_;
    Done done_;
    Timer patience_;
    TimePoint started_{};
    bool is_waiting_ = false;
};

}  // namespace isthmus::app
