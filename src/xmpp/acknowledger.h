// The acknowledging side of a stream (XEP-0198): counts what comes in, and says how much of it has
// a fate when the peer asks, and once more when the rest of what it asked about has one. Traffic
// thread.
#pragma once

#include "base/buffer.h"
#include "xmpp/stream_management.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

namespace isthmus::xmpp {

class Acknowledger;

/// Which stream a message came in on: the upper half of its ticket.
class Tickets {
  public:
    /// Not 0.
    std::uint32_t add(Acknowledger& stream);

    void remove(std::uint32_t number) { streams_.erase(number); }

    /// The fate of a message is known (Message::ticket). Its stream may be gone.
    void settle(std::uint64_t ticket);

  private:
    std::unordered_map<std::uint32_t, Acknowledger*> streams_;
    std::uint32_t last_ = 0;
};

class Acknowledger {
  public:
    /// Called with an answer to be written and sent; never from inside a call of the stream's own.
    using Answer = std::function<void(std::uint32_t h)>;

    Acknowledger(Tickets& tickets, Answer answer) : tickets_(tickets), answer_(std::move(answer)) {}

    Acknowledger(const Acknowledger&) = delete;
    Acknowledger& operator=(const Acknowledger&) = delete;
    Acknowledger(Acknowledger&&) = delete;
    Acknowledger& operator=(Acknowledger&&) = delete;

    ~Acknowledger() { stop(); }

    /// From now on stanzas are counted. False: they are already.
    bool enable();
    /// Nothing can be said any more.
    void stop();

    bool is_enabled() const { return number_ != 0; }

    /// The ticket of the stanza that has just come in; 0 if nobody counts.
    std::uint64_t take() { return handled_ ? std::uint64_t{number_} << 32U | handled_->take() : 0; }

    /// For a ticket of this stream.
    void settle(std::uint64_t ticket);
    /// The peer asks.
    void on_request();
    /// Says the count, if the peer has not heard it yet.
    void say_last();

    /// Called once, when all that has come in has its fate; at once if that is so.
    void when_settled(std::function<void()> then);

  private:
    void say();

    Tickets& tickets_;
    Answer answer_;
    std::optional<management::Handled> handled_;
    std::function<void()> then_;
    std::uint32_t number_ = 0;
    std::uint32_t said_ = 0;         ///< what the peer was told last
    std::uint32_t asked_about_ = 0;  ///< the newest stanza at its last question
    bool owes_answer_ = false;       ///< not all up to that one had a fate then
};

}  // namespace isthmus::xmpp
