#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace isthmus::metrics {

namespace {

std::string label_text(Labels labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out += out.empty() ? "" : ",";
        out += name;
        out += "=\"";
        for (const char c : value) {
            if (c == '\\' || c == '"') {
                out += '\\';
                out += c;
            } else if (c == '\n') {
                out += "\\n";
            } else {
                out += c;
            }
        }
        out += '"';
    }
    return out;
}

std::string in_braces(const std::string& labels) {
    return labels.empty() ? std::string() : "{" + labels + "}";
}

template <class T>
T& get_or_make(std::map<std::string, std::unique_ptr<T>>& in, Labels labels) {
    auto& place = in[label_text(labels)];
    if (!place) {
        place = std::make_unique<T>();
    }
    return *place;
}

}  // namespace

void Histogram::observe(double seconds) {
    const auto* const bound = std::ranges::lower_bound(kBounds, seconds);
    buckets_[static_cast<std::size_t>(bound - kBounds.begin())].add();
    sum_.store(sum_.load(std::memory_order_relaxed) + seconds, std::memory_order_relaxed);
}

Registry::Family& Registry::family(std::string_view name, std::string_view help, Type type) {
    const auto at = families_.find(name);
    if (at != families_.end()) {
        return at->second;
    }
    Family& made = families_[std::string(name)];
    made.type = type;
    made.help = help;
    return made;
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
    const std::scoped_lock lock(mutex_);
    return get_or_make(family(name, help, Type::Counter).counters, labels);
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
    const std::scoped_lock lock(mutex_);
    return get_or_make(family(name, help, Type::Gauge).gauges, labels);
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, Labels labels) {
    const std::scoped_lock lock(mutex_);
    return get_or_make(family(name, help, Type::Histogram).histograms, labels);
}

void Registry::forget_gauges(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = families_.find(name); found != families_.end()) {
        found->second.gauges.clear();
    }
}

std::string Registry::render() const {
    const std::scoped_lock lock(mutex_);
    std::string out;
    const auto to = std::back_inserter(out);
    for (const auto& [name, family] : families_) {
        constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
        fmt::format_to(to, "# HELP {} {}\n", name, family.help);
        fmt::format_to(to, "# TYPE {} {}\n", name, kTypes[static_cast<std::size_t>(family.type)]);
        for (const auto& [labels, counter] : family.counters) {
            fmt::format_to(to, "{}{} {}\n", name, in_braces(labels), counter->value());
        }
        for (const auto& [labels, gauge] : family.gauges) {
            fmt::format_to(to, "{}{} {}\n", name, in_braces(labels), gauge->value());
        }
        for (const auto& [labels, histogram] : family.histograms) {
            const std::string separator = labels.empty() ? "" : ",";
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
                sum += histogram->buckets_[i].value();
                fmt::format_to(to,
                               "{}_bucket{{{}{}le=\"{}\"}} {}\n",
                               name,
                               labels,
                               separator,
                               Histogram::kBounds[i],
                               sum);
            }
            sum += histogram->buckets_.back().value();
            fmt::format_to(to, "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, separator, sum);
            fmt::format_to(to, "{}_sum{} {}\n", name, in_braces(labels), histogram->sum_.load());
            fmt::format_to(to, "{}_count{} {}\n", name, in_braces(labels), sum);
        }
    }
    return out;
}

}  // namespace isthmus::metrics
