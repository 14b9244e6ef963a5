#include "gateway/outbox.h"

#include <utility>

namespace isthmus::gateway {

// A copy of a request whose views have died: all texts in one string that keeps its capacity.
struct Outbox::Item {
    std::string texts;
    std::vector<sip::OutgoingHeader> headers;
    sip::OutgoingRequest request;
    std::uint64_t cookie = 0;
    std::uint32_t target = 0;
    TimePoint since;
    Item* next_of_target = nullptr;
    Item* older = nullptr;
    Item* newer = nullptr;

    void keep(const sip::OutgoingRequest& from) {
        texts.clear();
        headers.clear();
        std::size_t octets = from.request_uri.size() + from.from.size() + from.to.size() +
                             from.call_id.size() + from.content_type.size() + from.body.size();
        for (const sip::OutgoingHeader& header : from.headers) {
            octets += header.name.size() + header.value.size();
        }
        texts.reserve(octets);  // no reallocation below, so the views stay good
        request = from;
        for (std::string_view* view : {&request.request_uri,
                                       &request.from,
                                       &request.to,
                                       &request.call_id,
                                       &request.content_type,
                                       &request.body}) {
            *view = copy(*view);
        }
        for (const sip::OutgoingHeader& header : from.headers) {
            headers.push_back({copy(header.name), copy(header.value)});
        }
        request.headers = headers;
    }

  private:
    std::string_view copy(std::string_view text) {
        const std::size_t at = texts.size();
        texts.append(text);
        return std::string_view(texts).substr(at, text.size());
    }
};

Outbox::Outbox(Sender& sender, Timers& timers, Limits limits)
    : sender_(sender),
      timers_(timers),
      limits_(limits),
      buckets_(64, kNone),
      expiry_(timers, [this] { expire(); }) {}

Outbox::~Outbox() {
    while (oldest_ != nullptr) {
        delete std::exchange(oldest_, oldest_->newer);
    }
}

// Targets without a pending request are forgotten at once, so what is found is pending.
std::uint32_t Outbox::find(std::string_view uri) const {
    const std::uint64_t hash = hash_(uri);
    std::uint32_t at = buckets_[hash & (buckets_.size() - 1)];
    while (at != kNone && (targets_[at].hash != hash || targets_[at].uri != uri)) {
        at = targets_[at].next_in_bucket;
    }
    return at;
}

std::uint32_t Outbox::find_or_make(std::string_view uri) {
    const std::uint64_t hash = hash_(uri);
    const std::size_t mask = buckets_.size() - 1;
    for (std::uint32_t at = buckets_[hash & mask]; at != kNone; at = targets_[at].next_in_bucket) {
        if (targets_[at].hash == hash && targets_[at].uri == uri) {
            return at;
        }
    }
    std::uint32_t made = 0;
    if (free_targets_.empty()) {
        made = static_cast<std::uint32_t>(targets_.size());
        targets_.emplace_back();
    } else {
        made = free_targets_.back();
        free_targets_.pop_back();
    }
    Target& target = targets_[made];
    target.uri.assign(uri);
    target.hash = hash;
    target.next_in_bucket = std::exchange(buckets_[hash & mask], made);
    if (++live_targets_ > buckets_.size()) {
        rehash();
    }
    return made;
}

void Outbox::rehash() {
    std::vector<std::uint32_t> bigger(buckets_.size() * 2, kNone);
    for (const std::uint32_t first : buckets_) {
        for (std::uint32_t at = first; at != kNone;) {
            Target& target = targets_[at];
            const std::uint32_t next = target.next_in_bucket;
            target.next_in_bucket = std::exchange(bigger[target.hash & (bigger.size() - 1)], at);
            at = next;
        }
    }
    buckets_ = std::move(bigger);
}

void Outbox::forget(std::uint32_t index) {
    const Target& target = targets_[index];
    std::uint32_t* link = &buckets_[target.hash & (buckets_.size() - 1)];
    while (*link != index) {
        link = &targets_[*link].next_in_bucket;
    }
    *link = target.next_in_bucket;
    --live_targets_;
    free_targets_.push_back(index);
}

Outbox::Submitted Outbox::submit(const sip::OutgoingRequest& request,
                                 std::uint64_t cookie,
                                 std::string_view key) {
    const std::uint32_t index = find_or_make(key);
    Target& target = targets_[index];
    if (!target.is_pending) {
        target.is_pending = true;
        sender_.transmit(request, cookie);
        return {Fate::Sent, index};
    }
    if (target.waiting >= limits_.per_target || queued_ >= limits_.total) {
        return {};
    }
    std::unique_ptr<Item> made;
    if (pool_.empty()) {
        made = std::make_unique<Item>();
    } else {
        made = std::move(pool_.back());
        pool_.pop_back();
    }
    Item* item = made.release();
    item->keep(request);
    item->cookie = cookie;
    item->target = index;
    item->since = timers_.now();
    item->next_of_target = nullptr;
    (target.first == nullptr ? target.first : target.last->next_of_target) = item;
    target.last = item;
    ++target.waiting;
    item->older = newest_;
    item->newer = nullptr;
    (oldest_ == nullptr ? oldest_ : newest_->newer) = item;
    newest_ = item;
    ++queued_;
    if (!expiry_.is_armed()) {
        arm();
    }
    return {Fate::Queued, index};
}

Outbox::Item* Outbox::take_first(Target& target) {
    Item* item = target.first;
    target.first = item->next_of_target;
    --target.waiting;
    (item->older == nullptr ? oldest_ : item->older->newer) = item->newer;
    (item->newer == nullptr ? newest_ : item->newer->older) = item->older;
    --queued_;
    return item;
}

void Outbox::send_next(std::uint32_t index) {
    std::unique_ptr<Item> item(take_first(targets_[index]));
    sender_.transmit(item->request, item->cookie);
    constexpr std::size_t kKept = 1024;
    if (pool_.size() < kKept) {
        pool_.push_back(std::move(item));
    }
}

void Outbox::finished(std::uint32_t index) {
    Target& target = targets_[index];
    if (target.first != nullptr) {
        send_next(index);
    } else {
        target.is_pending = false;
        forget(index);
    }
}

void Outbox::arm() {
    if (oldest_ != nullptr) {
        expiry_.arm(oldest_->since + limits_.patience - timers_.now());
    }
}

// Items are older the nearer they are to the front of their target's queue, so the oldest of all
// is always the first of its target.
void Outbox::expire() {
    while (oldest_ != nullptr && timers_.now() - oldest_->since >= limits_.patience) {
        const std::unique_ptr<Item> item(take_first(targets_[oldest_->target]));
        sender_.on_expired(item->cookie);
    }
    arm();
}

Duration Outbox::oldest() const {
    return oldest_ == nullptr ? Duration::zero() : timers_.now() - oldest_->since;
}

}  // namespace isthmus::gateway
