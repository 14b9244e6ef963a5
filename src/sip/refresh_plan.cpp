#include "sip/refresh_plan.h"

#include <utility>

namespace isthmus::sip {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kFirstRetry = seconds(5);
constexpr int kMostDoublings = 5;
// How much sooner than at 80 % a refresh may come, in thousandths of the granted time.
constexpr std::uint64_t kTogether = 50;
constexpr std::uint64_t kScattered = 700;
constexpr Duration kTolerance = seconds(2);  // rounding, and the way

}  // namespace

void RefreshPlan::grant(TimePoint now, std::uint32_t granted, std::uint32_t least, Random& random) {
    const std::uint32_t counted = std::max(std::min(granted, wanted_), least);
    const std::uint64_t spread = std::exchange(is_scattered_, false) ? kScattered : kTogether;
    const auto early = static_cast<std::int64_t>(random.below(counted * spread + 1));
    expires_at_ = now + seconds(counted);
    refresh_at_ = now + milliseconds(std::int64_t{counted} * 800 - early);
}

bool RefreshPlan::tell(TimePoint now, std::uint32_t left, std::uint32_t least, Random& random) {
    const TimePoint told = now + seconds(std::min(left, wanted_));
    if (told > expires_at_ + kTolerance) {
        expires_at_ = told;
        return true;
    }
    if (told + kTolerance >= expires_at_) {
        return false;
    }
    const TimePoint planned = refresh_at_;
    grant(now, left, least, random);
    refresh_at_ = std::min(refresh_at_, planned);
    return true;
}

void RefreshPlan::retry(TimePoint now, std::optional<std::uint32_t> retry_after, Random& random) {
    const Duration back_off = kFirstRetry * (1U << failures_);
    const auto spread = static_cast<std::uint64_t>(back_off / milliseconds(4));
    Duration delay = back_off + milliseconds(random.below(spread));
    if (retry_after) {
        delay = std::max<Duration>(delay, seconds(std::min(*retry_after, kGreatestRetryAfter)));
    }
    failures_ = static_cast<std::uint8_t>(std::min(failures_ + 1, kMostDoublings));
    refresh_at_ = now + delay;
}

}  // namespace isthmus::sip
