// How much one partner may bring in while others want to be heard too. Alone it may use all of the
// gateway; beside others it gets a multiple of what the quietest of them uses, so that a flood of
// one does not make the others wait, and two floods do not lift each other. Pure; cost per stanza
// is a comparison and an addition.
#pragma once

#include "base/clock.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::xmpp {

class FairShare {
  public:
    struct Limits {
        double least = 2000;  ///< stanzas a second that each may bring whatever the others do
        double factor = 4;    ///< of what the quietest of the others brings
        /// Seconds' worth that may come at once. Who comes next waits behind it.
        double burst = 0.004;
    };

    /// One partner, on however many streams. Lives as long as one of them holds it, and not longer
    /// than the FairShare.
    class Member {
      public:
        Member(FairShare& share, std::string_view partner) : share_(share), partner_(partner) {}

        Member(const Member&) = delete;
        Member& operator=(const Member&) = delete;
        Member(Member&&) = delete;
        Member& operator=(Member&&) = delete;

        ~Member() {
            if (window_ == share_.window_ && count_ != 0) {
                share_.active_[place_] = share_.active_.back();
                share_.active_[place_]->place_ = place_;
                share_.active_.pop_back();
            }
            share_.by_partner_.erase(partner_);
        }

        /// A stanza has come. Zero: go on; else rest for so long.
        Duration spend(TimePoint now) {
            share_.roll(now);
            if (window_ != share_.window_) {
                count_before_ = window_ + 1 == share_.window_ ? count_ : 0;
                count_ = 0;
                window_ = share_.window_;
            }
            if (++count_ == 1) {
                place_ = share_.active_.size();
                share_.active_.push_back(this);
                share_.has_newcomer_ |= count_before_ == 0;
            }
            const double rate = share_.allowed(count_before_);
            return rate == 0 ? Duration{} : charge(now, rate);
        }

      private:
        friend class FairShare;

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
        std::string partner_;
        std::size_t place_ = 0;  ///< among the active
        std::uint64_t window_ = 0;
        std::uint32_t count_ = 0;  ///< in this window
        std::uint32_t count_before_ = 0;
        double tokens_ = 0;
        TimePoint last_{};
    };

    FairShare() = default;

    explicit FairShare(Limits limits) : limits_(limits) {}

    /// That of all streams with this partner.
    std::shared_ptr<Member> of(std::string_view partner) {
        if (const auto found = by_partner_.find(partner); found != by_partner_.end()) {
            return found->second.lock();
        }
        auto made = std::make_shared<Member>(*this, partner);
        by_partner_.emplace(partner, made);
        return made;
    }

  private:
    static constexpr Duration kWindow = std::chrono::seconds(1);
    static constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

    void roll(TimePoint now) {
        if (now - window_start_ < kWindow) {
            return;
        }
        const bool is_next = now - window_start_ < 2 * kWindow;
        quietest_ = next_quietest_ = kNobody;
        if (is_next) {
            for (const Member* member : active_) {
                next_quietest_ = std::min(next_quietest_, std::max(quietest_, member->count_));
                quietest_ = std::min(quietest_, member->count_);
            }
        }
        active_.clear();
        has_newcomer_ = false;
        window_ += is_next ? 1 : 2;
        window_start_ = now;
    }

    /// Stanzas a second; 0: nobody else is there.
    double allowed(std::uint32_t own_before) const {
        const std::uint32_t other = own_before == quietest_ ? next_quietest_ : quietest_;
        if (other == kNobody && active_.size() < 2) {
            return 0;
        }
        // Who was silent until now may be the quietest of all.
        return has_newcomer_ ? limits_.least : std::max(limits_.least, limits_.factor * other);
    }

    Limits limits_;
    TimePoint window_start_{};
    std::uint64_t window_ = 1;
    std::vector<Member*> active_;       ///< have brought something in this window
    bool has_newcomer_ = false;         ///< one of them had brought nothing in the one before
    std::uint32_t quietest_ = kNobody;  ///< what they brought in the one before
    std::uint32_t next_quietest_ = kNobody;
    std::map<std::string, std::weak_ptr<Member>, std::less<>> by_partner_;
};

}  // namespace isthmus::xmpp
