// Sends the events of one recording as they come, until it ends or nobody listens. It asks for more
// only when what was asked for before has left: a slow client slows itself down alone. Control
// thread only.
#pragma once

#include "admin/http.h"
#include "base/clock.h"
#include "control/author.h"
#include "control/trace_service.h"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace isthmus::admin {

class TraceFollowers {
  public:
    static constexpr std::size_t kMost = 32;
    static constexpr Duration kInterval = std::chrono::milliseconds(250);
    static constexpr Duration kBeat = std::chrono::seconds(15);

    TraceFollowers(const control::TraceService& traces, Timers& timers);
    TraceFollowers(const TraceFollowers&) = delete;
    TraceFollowers& operator=(const TraceFollowers&) = delete;
    TraceFollowers(TraceFollowers&&) = delete;
    TraceFollowers& operator=(TraceFollowers&&) = delete;
    ~TraceFollowers();

    bool is_full() const { return followers_.size() >= kMost; }

    /// From number `after` on.
    void add(std::string id,
             std::uint64_t after,
             std::shared_ptr<HttpStream> stream,
             std::function<control::Author()> author_now);
    /// The daemon stops: all are told.
    void stop();

  private:
    struct Follower {
        std::string id;
        std::uint64_t after = 0;
        std::shared_ptr<HttpStream> stream;
        std::function<control::Author()> author_now;
        TimePoint beat{};
        bool is_asking = false;
    };

    using Shared = std::shared_ptr<Follower>;

    void look();
    void ask(const Shared& follower);
    void take(const Shared& follower, const Result<control::TracePage>& page);
    void end(const Shared& follower, std::string_view why);

    const control::TraceService& traces_;
    Timers& timers_;
    std::list<Shared> followers_;
    std::shared_ptr<TraceFollowers*> self_;
    Timer timer_;
};

}  // namespace isthmus::admin
