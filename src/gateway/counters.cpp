#include "gateway/counters.h"

#include <algorithm>
#include <iterator>

namespace isthmus::gateway {

std::string_view direction_name(Direction direction) {
    return direction == Direction::SipToXmpp ? "sip_to_xmpp" : "xmpp_to_sip";
}

namespace {

constexpr std::string_view kNames[] = {
    "delivered", "denied", "invalid", "refused", "failed", "limited", "dropped"};

}  // namespace

std::string_view outcome_name(Outcome outcome) {
    return kNames[static_cast<std::size_t>(outcome)];
}

Outcome outcome_named(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name);
    return found == std::end(kNames) ? Outcome::Failed : static_cast<Outcome>(found - kNames);
}

Counters::Counters(metrics::Registry& registry, const Timers& timers)
    : pending(
          registry.gauge("isthmus_messages_pending", "Messages whose outcome is not known yet.")),
      queued(registry.gauge("isthmus_message_queue_length",
                            "Messages that wait behind a pending one to the same SIP target.")),
      late_errors(registry.counter("isthmus_message_late_errors_total",
                                   "Stanza errors that came after the SIP sender had its 2xx.")),
      registry_(registry),
      timers_(timers) {
    for (const Direction direction : {Direction::SipToXmpp, Direction::XmppToSip}) {
        durations_[static_cast<std::size_t>(direction)] =
            &registry_.histogram("isthmus_message_duration_seconds",
                                 "From receipt to the known outcome.",
                                 {{"direction", direction_name(direction)}});
    }
    for (std::size_t gate = 0; gate < decisions_.size(); ++gate) {
        const auto as_gate = static_cast<policy::Gate>(gate);
        decisions_[gate] = &registry_.counter(
            "isthmus_policy_decisions_total",
            "Policy decisions by the gate that decided.",
            {{"verdict", gate == 0 ? "allow" : "deny"}, {"gate", policy::gate_name(as_gate)}});
    }
    other_ = std::make_unique<Row>(make_row("other"));
}

Counters::Row Counters::make_row(std::string_view label) {
    Row made{.partner = std::string(label), .last_delivered = {}, .counters = {}};
    for (const Direction direction : {Direction::SipToXmpp, Direction::XmppToSip}) {
        for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
            made.counters[static_cast<std::size_t>(direction)][outcome] =
                &registry_.counter("isthmus_messages_total",
                                   "Messages accepted for processing, by how they ended.",
                                   {{"direction", direction_name(direction)},
                                    {"partner", label},
                                    {"result", outcome_name(static_cast<Outcome>(outcome))}});
        }
    }
    return made;
}

void Counters::set_policy(const policy::Policy& policy) {
    partners_ = &policy.partners();
    if (rows_.size() < partners_->places()) {
        rows_.resize(partners_->places());
    }
    std::erase_if(block_hits_, [&policy](const auto& one) {
        const policy::BlockedDomain* block = policy.block_of(one.first);
        return block == nullptr || block->domain != one.first;
    });
}

Counters::Row& Counters::row(std::uint32_t partner) {
    const policy::Partner* now = partners_ != nullptr ? partners_->at(partner) : nullptr;
    if (now == nullptr) {
        // Who was deleted with messages on their way is still counted under his name.
        return partner < rows_.size() && rows_[partner] ? *rows_[partner] : *other_;
    }
    std::unique_ptr<Row>& place = rows_[partner];
    if (!place || place->partner != now->domain) {
        place = std::make_unique<Row>(make_row(now->domain));
    }
    return *place;
}

void Counters::count(Direction direction, std::uint32_t partner, Outcome outcome) {
    const auto way = static_cast<std::size_t>(direction);
    Row& at = row(partner);
    at.counters[way][static_cast<std::size_t>(outcome)]->add();
    if (outcome == Outcome::Delivered) {
        at.last_delivered = timers_.now();
    }
    ++totals_[way][static_cast<std::size_t>(outcome)];
}

void Counters::count(Direction direction, const policy::Decision& decision, Outcome outcome) {
    count(direction, decision.partner != nullptr ? decision.partner_place : kOther, outcome);
}

void Counters::observe(Direction direction, Duration taken) {
    durations_[static_cast<std::size_t>(direction)]->observe(
        std::chrono::duration<double>(taken).count());
}

void Counters::count_decision(const policy::Decision& decision) {
    decisions_[static_cast<std::size_t>(decision.gate)]->add();
    if (decision.block != nullptr) {
        count_block(*decision.block);
    }
}

void Counters::count_block(const policy::BlockedDomain& block) {
    const auto found = block_hits_.find(block.domain);
    if (found == block_hits_.end()) {
        block_hits_.emplace(block.domain, 1);
    } else {
        ++found->second;
    }
}

std::optional<TimePoint> Counters::last_delivered(std::string_view partner) const {
    const std::uint32_t place = partners_ != nullptr ? partners_->find(partner) : kOther;
    if (place >= rows_.size() || !rows_[place] || rows_[place]->partner != partner ||
        rows_[place]->last_delivered == TimePoint{}) {
        return std::nullopt;
    }
    return rows_[place]->last_delivered;
}

std::uint64_t Counters::block_hits(std::string_view pattern) const {
    const auto found = block_hits_.find(pattern);
    return found == block_hits_.end() ? 0 : found->second;
}

}  // namespace isthmus::gateway
