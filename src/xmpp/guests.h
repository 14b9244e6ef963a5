// Other domains of ours on a stream that one of them has opened: XEP-0220 §2.5. Traffic thread.
#pragma once

#include "base/clock.h"
#include "xmpp/carrier.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

class OutgoingConnection;

class Guests {
  public:
    Guests(OutgoingConnection& host, Timers& timers);

    Guests(const Guests&) = delete;
    Guests& operator=(const Guests&) = delete;
    Guests(Guests&&) = delete;
    Guests& operator=(Guests&&) = delete;
    /// All must have been told of the end, or have let go.
    ~Guests();

    /// `local` has asked for its place. The carrier is there until it is let go, refused or gone.
    Carrier& add(std::string local, Carrier::Candidate& candidate);
    void on_answer(std::string_view local, bool is_granted, const std::string& detail);
    void on_written(std::uint64_t total);
    /// Nobody may send any more, or ask.
    void on_ending(const Error& why);
    /// `is_at_rest`: as in LinkEvent.
    void on_gone(const Error& why, bool is_at_rest);

    std::size_t waiting_for_outcome() const;
    /// The start of time if nobody has sent.
    TimePoint last_sent() const;

  private:
    class Guest;

    /// For what may let go of itself meanwhile.
    template <class Call>
    void for_each(const Call& call);
    void drop_idle();

    OutgoingConnection& host_;
    Timers& timers_;
    std::vector<std::unique_ptr<Guest>> guests_;
    int in_call_ = 0;
};

}  // namespace isthmus::xmpp
