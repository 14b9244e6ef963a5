// Counts of durations in buckets which keep about 1.6 % of precision at every size.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace isthmus::bench {

class Histogram {
  public:
    void add(std::uint64_t nanoseconds) {
        ++counts_[bucket(nanoseconds)];
        ++total_;
    }

    [[nodiscard]] std::uint64_t total() const { return total_; }

    // The upper edge of the bucket below which the given share (0..1) of the durations lie.
    [[nodiscard]] std::uint64_t quantile(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen > wanted || seen == total_) {
                return upper_edge(i);
            }
        }
        return 0;
    }

    void clear() { *this = Histogram(); }

  private:
    static constexpr unsigned step_bits = 6;
    static constexpr std::uint64_t steps = 1U << step_bits;

    static std::size_t bucket(std::uint64_t value) {
        if (value < steps) {
            return static_cast<std::size_t>(value);
        }
        const auto exponent = static_cast<unsigned>(std::bit_width(value)) - step_bits - 1;
        return (static_cast<std::size_t>(exponent) << step_bits) +
               static_cast<std::size_t>(value >> exponent);
    }

    static std::uint64_t upper_edge(std::size_t index) {
        if (index < 2 * steps) {
            return index;
        }
        const std::size_t exponent = (index >> step_bits) - 1;
        return ((index - (exponent << step_bits) + 1) << exponent) - 1;
    }

    std::array<std::uint64_t, (64 - step_bits + 1) * steps> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace isthmus::bench
