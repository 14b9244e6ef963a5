#include "gateway/message_history.h"

#include "base/codes.h"

#include <array>
#include <chrono>
#include <utility>

namespace isthmus::gateway {

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
    if (rows_.empty()) {
        rows_.reserve(kRows);  // once, so that no message pays for moving them
    }
    if (rows_.size() < kRows) {
        rows_.emplace_back();
    }
    Row& row = rows_[added_++ % kRows];
    row.id = report.id;
    row.since = report.since == TimePoint() ? now : report.since;
    row.ended = now;
    row.step = report.step;
    row.direction = report.direction;
    row.outcome = outcome;
    const codes::Code* code = report.code.empty() ? nullptr : codes::find(report.code);
    row.code = code != nullptr ? code->id : std::string_view();
    const std::array<std::string_view, 7> parts = {report.from.substr(0, kLongest),
                                                   report.to.substr(0, kLongest),
                                                   report.call_id.substr(0, kLongest),
                                                   report.stanza_id.substr(0, kLongest),
                                                   report.text.substr(0, kEvidence),
                                                   report.partner.substr(0, kLongest),
                                                   report.peer.substr(0, kLongest)};
    row.text.clear();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        row.text.append(parts[i]);
        row.sizes[i] = static_cast<std::uint16_t>(parts[i].size());
    }
}

}  // namespace isthmus::gateway
