#include "gateway/message_history.h"

#include "base/codes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <type_traits>
#include <utility>

namespace isthmus::gateway {

namespace {

constexpr std::size_t kParts = 7;

constexpr std::uint8_t kSettled = 0;
constexpr std::uint8_t kOpen = 1;
constexpr std::uint8_t kDropped = 2;

/// Where a message can fail; a report names no other.
constexpr std::string_view kSteps[] = {
    "", "admission", "policy", "translation", "queue", "delivery"};

std::uint8_t step_number(std::string_view step) {
    const auto* found = std::ranges::find(kSteps, step);
    return found == std::end(kSteps) ? 0 : static_cast<std::uint8_t>(found - kSteps);
}

/// Place in the table of codes and one more; 0: none.
std::uint16_t code_number(std::string_view code) {
    const codes::Code* found = code.empty() ? nullptr : codes::find(code);
    return found == nullptr ? std::uint16_t{0}
                            : static_cast<std::uint16_t>(found - codes::all().data() + 1);
}

}  // namespace

struct MessageHistory::Head {
    std::uint64_t id;
    TimePoint since;
    TimePoint ended;
    std::array<std::uint16_t, kParts> sizes;
    std::uint16_t code;
    std::uint8_t step;
    std::uint8_t standing;
    Direction direction;
    Outcome outcome;
};

MessageHistory::MessageHistory() {
    static_assert(std::is_trivially_copyable_v<Head> && std::is_standard_layout_v<Head>);
}

void MessageHistory::add(const MessageReport& report, Outcome outcome, TimePoint now) {
    if (report.partner.empty() && report.peer.empty()) {
        const auto second =
            std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        if (second != std::exchange(second_, second)) {
            strangers_ = 0;
        }
        if (strangers_++ >= kStrangers) {
            return;
        }
    }
    Head head{.id = report.id,
              .since = report.since == TimePoint() ? now : report.since,
              .ended = now,
              .sizes = {},
              .code = code_number(report.code),
              .step = step_number(report.step),
              .standing = kSettled,
              .direction = report.direction,
              .outcome = outcome};
    put(head,
        std::array{report.from,
                   report.to,
                   report.call_id,
                   report.stanza_id,
                   report.text.substr(0, kEvidence),
                   report.partner,
                   report.peer});
}

void MessageHistory::add_delivered(const MessageReport& report, TimePoint now) {
    Head head{.id = report.id,
              .since = report.since,
              .ended = now,
              .sizes = {},
              .code = 0,
              .step = 0,
              .standing = kSettled,
              .direction = report.direction,
              .outcome = Outcome::Delivered};
    put(head, std::array{report.from, report.to, report.call_id, report.stanza_id});
}

std::uint64_t MessageHistory::add_open(const MessageReport& report) {
    Head head{.id = report.id,
              .since = report.since,
              .ended = report.since,
              .sizes = {},
              .code = 0,
              .step = 0,
              .standing = kOpen,
              .direction = report.direction,
              .outcome = Outcome::Delivered};
    put(head, std::array{report.from, report.to, report.call_id, report.stanza_id});
    return last_;
}

void MessageHistory::settle(std::uint64_t number, TimePoint now) {
    set_standing(number, kSettled, now);
}

void MessageHistory::drop(std::uint64_t number) {
    set_standing(number, kDropped, {});
}

void MessageHistory::set_standing(std::uint64_t number, std::uint8_t standing, TimePoint now) {
    if (number < first_ || number > last_) {
        return;  // so many have come since
    }
    char* at = ring_.get() + places_[number % kRows];
    std::memcpy(at + offsetof(Head, ended), &now, sizeof now);
    std::memcpy(at + offsetof(Head, standing), &standing, sizeof standing);
}

template <std::size_t Count>
void MessageHistory::put(Head& head, const std::array<std::string_view, Count>& parts) {
    std::size_t size = sizeof head;
    for (std::size_t i = 0; i < Count; ++i) {
        const std::size_t kept = std::min(parts[i].size(), kLongest);
        head.sizes[i] = static_cast<std::uint16_t>(kept);
        size += kept;
    }
    char* to = make_room(size);
    std::memcpy(to, &head, sizeof head);
    to += sizeof head;
    for (std::size_t i = 0; i < Count; ++i) {
        if (head.sizes[i] != 0) {
            std::memcpy(to, parts[i].data(), head.sizes[i]);
            to += head.sizes[i];
        }
    }
}

/// The rows that lie there are forgotten; places_ knows the new one.
char* MessageHistory::make_room(std::size_t size) {
    if (ring_ == nullptr) {
        ring_ = std::make_unique_for_overwrite<char[]>(kOctets);
        places_.resize(kRows);
    }
    const bool wraps = at_ + size > kOctets;
    const std::size_t begin = wraps ? 0 : at_;
    const std::size_t end = begin + size;
    while (first_ <= last_) {
        const std::size_t oldest = places_[first_ % kRows];
        const bool is_overwritten = (oldest >= begin && oldest < end) || (wraps && oldest >= at_);
        if (!is_overwritten && last_ - first_ + 1 < kRows) {
            break;
        }
        ++first_;
    }
    places_[++last_ % kRows] = static_cast<std::uint32_t>(begin);
    at_ = end;
    return ring_.get() + begin;
}

MessageHistory::Row MessageHistory::row(std::uint64_t number) const {
    const char* from = ring_.get() + places_[number % kRows];
    Head head;
    std::memcpy(&head, from, sizeof head);
    from += sizeof head;
    std::array<std::string_view, kParts> parts;
    for (std::size_t i = 0; i < kParts; ++i) {
        parts[i] = {from, head.sizes[i]};
        from += head.sizes[i];
    }
    return {.id = head.id,
            .since = head.since,
            .ended = head.ended,
            .is_settled = head.standing == kSettled,
            .direction = head.direction,
            .outcome = head.outcome,
            .code = head.code == 0 ? std::string_view() : codes::all()[head.code - 1].id,
            .step = kSteps[head.step],
            .from = parts[0],
            .to = parts[1],
            .call_id = parts[2],
            .stanza_id = parts[3],
            .evidence = parts[4],
            .partner = parts[5],
            .peer = parts[6]};
}

}  // namespace isthmus::gateway
