// How many messages passed, five minutes by five minutes, for the last 24 hours: in memory, so it
// begins with the process. It asks for the counts now and then. Control thread only.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace isthmus::control {

/// Since the process began.
struct MessageCounts {
    /// Of one direction.
    struct Way {
        std::uint64_t delivered = 0;
        std::uint64_t refused = 0;  ///< by policy, a limit, the other side, or not to be translated
        std::uint64_t failed = 0;   ///< no route, no answer, no stream in time
    };

    std::array<Way, 2> ways{};  ///< sip_to_xmpp, xmpp_to_sip
    std::size_t queued = 0;     ///< now: they wait behind another to the same SIP user
    std::size_t pending = 0;    ///< now: their outcome is not known
};

class MessageSeries {
  public:
    static constexpr std::int64_t kSlice = 300;  ///< seconds
    static constexpr std::size_t kSlices = 288;  ///< that are kept
    static constexpr Duration kInterval = std::chrono::seconds(10);

    struct Slice {
        std::int64_t at = 0;  ///< its beginning: seconds since 1970, a multiple of kSlice
        std::array<MessageCounts::Way, 2> ways{};
        std::size_t queued = 0;   ///< the most that was seen
        std::size_t pending = 0;  ///< likewise
    };

    using Done = std::function<void(const Result<MessageCounts>&)>;
    using Read = std::function<void(Done done)>;
    using WallClock = std::function<std::int64_t()>;  ///< seconds since 1970

    /// `read` calls `done` once, later; all must outlive this.
    MessageSeries(Read read, Timers& timers, WallClock wall_clock);
    MessageSeries(const MessageSeries&) = delete;
    MessageSeries& operator=(const MessageSeries&) = delete;
    MessageSeries(MessageSeries&&) = delete;
    MessageSeries& operator=(MessageSeries&&) = delete;
    ~MessageSeries();

    /// Asks for the counts at once, and then every ten seconds.
    void start();

    /// The oldest first, without gaps up to now; what was before the process began is left out.
    const std::deque<Slice>& slices();

  private:
    void look();
    void take(const MessageCounts& counts);
    Slice& slice_now();

    Read read_;
    WallClock wall_clock_;
    std::deque<Slice> slices_;
    std::array<MessageCounts::Way, 2> before_{};
    bool is_asking_ = false;
    Timer timer_;
    /// Answers that come when this is gone find it empty.
    std::shared_ptr<MessageSeries*> self_;
};

}  // namespace isthmus::control
