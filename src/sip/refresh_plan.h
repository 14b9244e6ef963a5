// When to refresh a subscription and when it is over: a value, pure. RFC 6665 §4.1.2, §4.1.3.
#pragma once

#include "base/clock.h"
#include "base/random.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace isthmus::sip {

/// Seconds; a peer that says to come back later than that is not obeyed.
inline constexpr std::uint32_t kGreatestRetryAfter = 3600;

class RefreshPlan {
  public:
    RefreshPlan() = default;

    explicit RefreshPlan(std::uint32_t wanted) : wanted_(wanted) {}

    /// Seconds that we ask for.
    std::uint32_t wanted() const { return wanted_; }

    void want(std::uint32_t wanted) { wanted_ = wanted; }

    /// A 2xx granted that many seconds: refresh at 80 % of them or a little sooner, so that a
    /// million refreshes spread. More than was wanted does not count (§4.1.2.1); less than `least`
    /// is rounded up, so that no peer can make us hurry.
    void grant(TimePoint now, std::uint32_t granted, std::uint32_t least, Random& random);
    /// A NOTIFY says how long it will last, which counts (§4.1.3). Each NOTIFY does, so a plan that
    /// is right stays. True: the plan has changed.
    bool tell(TimePoint now, std::uint32_t left, std::uint32_t least, Random& random);
    /// A refresh failed: again after a back-off, or what the peer asked for.
    void retry(TimePoint now, std::optional<std::uint32_t> retry_after, Random& random);

    /// Many are made or refreshed at this time: the refresh after the next grant comes at any time
    /// before 80 % of it, so that they do not stay together for ever.
    void scatter() { is_scattered_ = true; }

    void forget_failures() { failures_ = 0; }

    bool is_granted() const { return expires_at_ != TimePoint{}; }

    bool is_expired(TimePoint now) const { return now >= expires_at_; }

    std::uint32_t seconds_left(TimePoint now) const {
        return expires_at_ <= now
                   ? 0U
                   : static_cast<std::uint32_t>(
                         std::chrono::ceil<std::chrono::seconds>(expires_at_ - now).count());
    }

    /// When there is something to do.
    TimePoint next() const { return std::min(refresh_at_, expires_at_); }

  private:
    TimePoint expires_at_{};
    TimePoint refresh_at_{};
    std::uint32_t wanted_ = 0;
    std::uint8_t failures_ = 0;  // in a row
    bool is_scattered_ = false;
};

}  // namespace isthmus::sip
