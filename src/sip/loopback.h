// Two user agents in one process: requests of one are requests to the other, without a socket.
// Each end sees what it would see on a wire that loses nothing and keeps the order. Traffic thread
// only.
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/random.h"
#include "sip/parser.h"
#include "sip/user_agent.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace isthmus::sip {

class Loopback {
  public:
    /// One end: it takes requests, and answers each once.
    using Receiver =
        std::function<void(const Request& request, std::unique_ptr<IncomingRequest> transaction)>;

    Loopback(Timers& timers, Random& random);
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;
    Loopback(Loopback&&) = delete;
    Loopback& operator=(Loopback&&) = delete;
    /// IncomingRequests that outlive it answer nobody.
    ~Loopback();

    enum class End : std::uint8_t { First, Second };

    void attach(End end, Receiver receiver) {
        receivers_[static_cast<std::size_t>(end)] = std::move(receiver);
    }

    /// Sends to that end, which hears of it in a later turn; one call of `handler` with `cookie`
    /// follows, later still. Provisional responses do not exist here.
    void send(End to,
              const OutgoingRequest& request,
              ResponseHandler& handler,
              std::uint64_t cookie);

    /// Requests without answer, and answers on their way.
    std::size_t pending() const { return queue_.size() + open_; }

  private:
    class Incoming;

    /// Who waits for an answer.
    struct Asker {
        ResponseHandler* handler = nullptr;
        std::uint64_t cookie = 0;
    };

    struct Item {
        bool is_response = false;
        End to = End::First;  ///< of a request
        std::string octets;
        Asker asker;
    };

    void deliver();
    void answer(const std::string& head, const OutgoingResponse& response, const Asker& asker);

    Random& random_;
    Timer timer_;
    std::array<Receiver, 2> receivers_;
    std::deque<Item> queue_;
    std::size_t open_ = 0;
    Buffer scratch_;
    Arena arena_;
    MessageSlots slots_;
    std::shared_ptr<Loopback*> self_;  ///< what IncomingRequests hold; null when we are gone
};

}  // namespace isthmus::sip
