// Prometheus metrics, text exposition 0.0.4. Counting is one relaxed load and store: each metric
// has one writing thread; any thread may render.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::metrics {

class Counter {
  public:
    void add(std::uint64_t by = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }

    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

class Gauge {
  public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }

    void add(std::int64_t by) {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }

    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// Seconds; buckets from 0.5 ms to 60 s.
class Histogram {
  public:
    static constexpr std::array<double, 16> kBounds = {
        0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};

    void observe(double seconds);

  private:
    friend class Registry;
    std::array<Counter, kBounds.size() + 1> buckets_;
    std::atomic<double> sum_{0};
};

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Metrics live as long as the registry; references stay valid. get-or-create under a lock: look a
/// metric up once and keep the reference, never per message.
class Registry {
  public:
    Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
    Histogram& histogram(std::string_view name, std::string_view help, Labels labels = {});

    /// Takes all gauges of that name out, for those whose labels come and go with what an
    /// administrator makes; references to them end.
    void forget_gauges(std::string_view name);

    /// The whole exposition; thread-safe.
    std::string render() const;

  private:
    enum class Type : std::uint8_t { Counter, Gauge, Histogram };

    struct Family {
        Type type = Type::Counter;
        std::string help;
        std::map<std::string, std::unique_ptr<Counter>> counters;
        std::map<std::string, std::unique_ptr<Gauge>> gauges;
        std::map<std::string, std::unique_ptr<Histogram>> histograms;
    };

    Family& family(std::string_view name, std::string_view help, Type type);

    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
};

}  // namespace isthmus::metrics
