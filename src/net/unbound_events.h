// libunbound's pluggable event interface over EventLoop: its sockets and timers live in the loop,
// with no thread of its own.
#pragma once

#include "net/event_loop.h"

#include <unbound-event.h>

namespace isthmus::net {

/// Must outlive the ub_ctx that was made with it.
class UnboundEvents final : public ub_event_base {
  public:
    explicit UnboundEvents(EventLoop& loop);
    UnboundEvents(const UnboundEvents&) = delete;
    UnboundEvents& operator=(const UnboundEvents&) = delete;
    UnboundEvents(UnboundEvents&&) = delete;
    UnboundEvents& operator=(UnboundEvents&&) = delete;
    ~UnboundEvents() = default;

    EventLoop& loop() { return loop_; }

  private:
    EventLoop& loop_;
};

}  // namespace isthmus::net
