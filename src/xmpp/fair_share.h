// How much one partner may bring in while others want to be heard too. Alone it may use all of the
// gateway; beside others it gets a multiple of what they use, so that a flood of one does not make
// the others wait. Pure; cost per stanza is a comparison and an addition.
#pragma once

#include "base/clock.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace isthmus::xmpp {

class FairShare {
  public:
    struct Limits {
        double least = 2000;  ///< stanzas a second that each may bring whatever the others do
        double factor = 4;    ///< of the others' mean
        double burst = 0.01;  ///< seconds' worth that may come at once
    };

    /// One stream.
    class Member {
      public:
        explicit Member(FairShare& share) : share_(share) {}

        /// A stanza has come. Zero: go on; else rest for so long.
        Duration spend(TimePoint now) {
            share_.roll(now);
            roll();
            ++count_;
            ++share_.count_;
            if (count_ == 1) {
                ++share_.active_;
            }
            const double rate = share_.allowed(count_before_, count_);
            return rate == 0 ? Duration{} : charge(now, rate);
        }

      private:
        void roll() {
            if (window_ != share_.window_) {
                count_before_ = window_ + 1 == share_.window_ ? count_ : 0;
                count_ = 0;
                window_ = share_.window_;
            }
        }

        Duration charge(TimePoint now, double rate) {
            const double most = std::max(1.0, rate * share_.limits_.burst);
            const std::chrono::duration<double> since = now - last_;
            tokens_ = std::min(most, tokens_ + since.count() * rate);
            last_ = now;
            tokens_ -= 1;
            if (tokens_ >= 0) {
                return Duration{};
            }
            // Long enough to earn half a burst: a rest for each stanza would cost more than it.
            return std::chrono::duration_cast<Duration>(
                std::chrono::duration<double>((most / 2 - tokens_) / rate));
        }

        FairShare& share_;
        std::uint64_t window_ = 0;
        std::uint32_t count_ = 0;  ///< in this window
        std::uint32_t count_before_ = 0;
        double tokens_ = 0;
        TimePoint last_{};
    };

    FairShare() = default;

    explicit FairShare(Limits limits) : limits_(limits) {}

  private:
    static constexpr Duration kWindow = std::chrono::seconds(1);

    void roll(TimePoint now) {
        if (now - window_start_ < kWindow) {
            return;
        }
        const bool is_next = now - window_start_ < 2 * kWindow;
        count_before_ = is_next ? count_ : 0;
        active_before_ = is_next ? active_ : 0;
        count_ = 0;
        active_ = 0;
        window_ += is_next ? 1 : 2;
        window_start_ = now;
    }

    /// Stanzas a second; 0: nobody else is there.
    double allowed(std::uint32_t own_before, std::uint32_t own_now) const {
        const std::uint32_t others_before = active_before_ - (own_before != 0 ? 1 : 0);
        const std::uint32_t others_now = active_ - (own_now != 0 ? 1 : 0);
        if (others_before == 0 && others_now == 0) {
            return 0;
        }
        const double mean = others_before == 0
                                ? 0
                                : static_cast<double>(count_before_ - own_before) / others_before;
        return std::max(limits_.least, limits_.factor * mean);
    }

    Limits limits_;
    TimePoint window_start_{};
    std::uint64_t window_ = 1;
    std::uint64_t count_ = 0;  ///< of all, in this window
    std::uint64_t count_before_ = 0;
    std::uint32_t active_ = 0;  ///< members that have brought something in this window
    std::uint32_t active_before_ = 0;
};

}  // namespace isthmus::xmpp
