// The only file where the two threads meet: the control thread hands policies and certificates to
// the traffic thread and reads its status; nothing else crosses.
#pragma once

#include "app/config.h"
#include "app/traffic_wing.h"
#include "base/result.h"
#include "control/status_service.h"
#include "net/event_loop.h"
#include "net/wire.h"
#include "policy/policy.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace isthmus::app {

class Crossing {
  public:
    /// Both must outlive it. Its functions are for the control thread.
    Crossing(TrafficWing& traffic, net::EventLoop& control)
        : traffic_(traffic), control_(control) {}

    /// True when the snapshot is in force, false if the traffic thread did not confirm in a second.
    bool publish(std::shared_ptr<const policy::Policy> policy);
    std::optional<control::Status> read_status();
    void set_tls(std::shared_ptr<const net::TlsContext> context);
    /// Opens all listeners; nothing if there was no answer.
    std::optional<Result<Listening>> listen(const Config& config);
    /// Takes no new work; `on_done` runs on the control thread when all is finished or time is up.
    void drain(std::chrono::seconds patience, std::function<void()> on_done);

  private:
    /// Runs `work` on the traffic thread and waits for its result; nothing after `patience`.
    template <class T>
    std::optional<T> ask(std::function<T()> work, std::chrono::milliseconds patience);

    TrafficWing& traffic_;
    net::EventLoop& control_;
};

}  // namespace isthmus::app
