// What was refused while it was being sent is told after the call: the sender does not expect to
// hear of a stanza before it has its cookie back.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <vector>

namespace isthmus::xmpp {

class StanzaHandler;

/// All calls on the loop's thread.
class Refusals {
  public:
    /// `handler` hears of them by on_not_sent; both outlive this.
    Refusals(Timers& timers, StanzaHandler& handler);

    /// Nobody waits for cookie 0.
    void add(std::uint64_t cookie, const Error& why);

    /// Not yet told.
    std::size_t count() const { return waiting_.size(); }

  private:
    struct Refusal {
        std::uint64_t cookie = 0;
        Error why;
    };

    void tell();

    StanzaHandler& handler_;
    std::vector<Refusal> waiting_;
    Timer timer_;
};

}  // namespace isthmus::xmpp
