#include "control/message_series.h"

#include <algorithm>
#include <utility>

namespace isthmus::control {

MessageSeries::MessageSeries(Read read, Timers& timers, WallClock wall_clock)
    : read_(std::move(read)),
      wall_clock_(std::move(wall_clock)),
      timer_(timers, [this] { look(); }),
      self_(std::make_shared<MessageSeries*>(this)) {}

MessageSeries::~MessageSeries() {
    *self_ = nullptr;
}

void MessageSeries::start() {
    look();
}

void MessageSeries::look() {
    timer_.arm(kInterval);
    if (std::exchange(is_asking_, true)) {
        return;
    }
    read_([self = self_](const Result<MessageCounts>& counts) {
        if (*self == nullptr) {
            return;
        }
        (*self)->is_asking_ = false;
        if (counts) {
            (*self)->take(*counts);
        }
    });
}

void MessageSeries::take(const MessageCounts& counts) {
    Slice& slice = slice_now();
    for (std::size_t way = 0; way < counts.ways.size(); ++way) {
        const MessageCounts::Way& now = counts.ways[way];
        const MessageCounts::Way before = std::exchange(before_[way], now);
        slice.ways[way].delivered += now.delivered - before.delivered;
        slice.ways[way].refused += now.refused - before.refused;
        slice.ways[way].failed += now.failed - before.failed;
    }
    slice.queued = std::max(slice.queued, counts.queued);
    slice.pending = std::max(slice.pending, counts.pending);
}

/// A clock that was set back goes on in the slice that is there.
MessageSeries::Slice& MessageSeries::slice_now() {
    const std::int64_t at = wall_clock_() / kSlice * kSlice;
    if (!slices_.empty() && at - slices_.back().at > static_cast<std::int64_t>(kSlices) * kSlice) {
        slices_.clear();  // a clock that was set right: what was counted by the other says nothing
    }
    while (slices_.empty() || slices_.back().at < at) {
        slices_.push_back({.at = slices_.empty() ? at : slices_.back().at + kSlice, .ways = {}});
        if (slices_.size() > kSlices) {
            slices_.pop_front();
        }
    }
    return slices_.back();
}

const std::deque<MessageSeries::Slice>& MessageSeries::slices() {
    slice_now();
    return slices_;
}

}  // namespace isthmus::control
