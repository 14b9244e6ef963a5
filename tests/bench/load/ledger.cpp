// The book of one run; see ledger.h.
#include "load/ledger.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>

namespace isthmus::bench {

namespace {

constexpr std::size_t complaint_size = 1500;

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c >= ' ') {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace

void Ledger::begin(const RunPlan& plan) {
    plan_ = plan;
    const std::uint64_t outstanding = plan.rate > 0 ? 1U << 18 : plan.window;
    entries_.assign(std::bit_ceil(std::max<std::uint64_t>(outstanding + 1, 1024)), Entry{});
    last_of_pair_.assign(plan.pairs, 0);
    first_ = next_;
    start_ = now();
    departed_ = answered_ = arrived_ = 0;
    errors_ = strangers_ = doubles_ = out_of_order_ = overtaken_ = 0;
    measuring_ = false;
    begin_ = end_ = Reading{};
    delivery_.clear();
    answer_.clear();
    first_complaint_.clear();
    octets = Octets{};
}

std::uint64_t Ledger::done() const {
    const bool from_sip = plan_.direction == Direction::SipToXmpp;
    return from_sip ? std::min(answered_, arrived_) : arrived_;
}

// After the measured messages the load goes on until they are all done, so that as many are on
// their way at the second reading as at the first.
std::uint64_t Ledger::total() const {
    return plan_.warmup + plan_.count + (plan_.rate > 0 ? 0 : 2 * plan_.window);
}

std::uint64_t Ledger::allowance(std::uint64_t now) const {
    const std::uint64_t total = this->total();
    const std::uint64_t outstanding = departed_ - std::min(departed_, done());
    std::uint64_t limit = plan_.window;
    if (plan_.rate > 0) {
        // The first one is due at once.
        const auto due =
            1 + static_cast<std::uint64_t>(static_cast<double>(now - start_) * plan_.rate / 1e9);
        limit = std::min<std::uint64_t>(due - std::min(due, departed_), 1U << 17);
        return outstanding >= entries_.size() - limit ? 0 : std::min(limit, total - departed_);
    }
    return outstanding >= limit ? 0 : std::min(limit - outstanding, total - departed_);
}

// Of an open loop; the first message has the number 0.
std::uint64_t Ledger::due_at(std::uint64_t message) const {
    return start_ + static_cast<std::uint64_t>(static_cast<double>(message) * 1e9 / plan_.rate);
}

std::uint64_t Ledger::patience(std::uint64_t now) const {
    constexpr std::uint64_t longest = 10'000'000;
    if (plan_.rate == 0) {
        return longest;
    }
    const std::uint64_t due = due_at(departed_);
    return due > now ? std::min(due - now, longest) : 0;
}

std::uint64_t Ledger::depart(std::uint64_t now) {
    const std::uint64_t number = next_++;
    Entry& entry = entries_[number & (entries_.size() - 1)];
    entry = Entry{number, now, false, false};
    if (plan_.rate > 0) {
        entry.since =
            start_ + static_cast<std::uint64_t>(static_cast<double>(departed_) * 1e9 / plan_.rate);
    }
    ++departed_;
    return number;
}

Ledger::Entry* Ledger::find(std::uint64_t number) {
    Entry& entry = entries_[number & (entries_.size() - 1)];
    if (entry.number != number || number < first_) {
        ++strangers_;
        return nullptr;
    }
    return &entry;
}

void Ledger::answered(std::uint64_t number,
                      unsigned status,
                      std::string_view message,
                      std::uint64_t now) {
    Entry* const entry = find(number);
    if (entry == nullptr || status < 200) {
        return;
    }
    if (entry->answered) {
        ++doubles_;
        return;
    }
    entry->answered = true;
    ++answered_;
    if (status >= 300) {
        ++errors_;
        complain(message);
    }
    if (measuring_) {
        answer_.add(now - entry->since);
    }
}

void Ledger::arrived(std::uint64_t number, std::uint64_t now) {
    Entry* const entry = find(number);
    if (entry == nullptr) {
        return;
    }
    if (entry->arrived) {
        ++doubles_;
        return;
    }
    entry->arrived = true;
    ++arrived_;
    std::uint64_t& last = last_of_pair_[number % plan_.pairs];
    if (number < last) {
        ++out_of_order_;
    }
    last = number;
    if (measuring_) {
        delivery_.add(now - entry->since);
    }
    if (plan_.is_state) {
        overtake(number, now);
    }
}

// Earlier states of the pair, which nobody needs to hear any more, arrived with this one.
void Ledger::overtake(std::uint64_t number, std::uint64_t now) {
    while (number >= first_ + plan_.pairs) {
        number -= plan_.pairs;
        Entry& entry = entries_[number & (entries_.size() - 1)];
        if (entry.number != number || entry.arrived) {
            return;
        }
        entry.arrived = true;
        ++arrived_;
        ++overtaken_;
        if (measuring_) {
            delivery_.add(now - entry.since);
        }
    }
}

void Ledger::refused(std::string_view text) {
    ++errors_;
    complain(text);
}

void Ledger::answered_in_bulk(std::uint64_t messages) {
    answered_ += messages;
}

void Ledger::arrived_in_bulk(std::uint64_t messages, std::uint64_t now) {
    for (std::uint64_t i = 0; i < messages; ++i) {
        arrived(first_ + arrived_, now);
    }
}

void Ledger::complain(std::string_view text) {
    if (first_complaint_.empty()) {
        first_complaint_ = text.substr(0, complaint_size);
    }
}

Ledger::Reading Ledger::read(std::uint64_t now) const {
    return Reading{now, cpu_time(plan_.processes), cpu_time({getpid()}), done(), octets, true};
}

bool Ledger::settle(std::uint64_t now) {
    const std::uint64_t finished = done();
    if (!begin_.taken && finished >= plan_.warmup) {
        begin_ = read(now);
        measuring_ = true;
    }
    if (begin_.taken && !end_.taken && finished >= plan_.warmup + plan_.count) {
        end_ = read(now);
        measuring_ = false;
    }
    return end_.taken && finished == departed_ && departed_ == total();
}

std::uint32_t Ledger::pair_of(std::uint64_t number) const {
    return plan_.first_pair + static_cast<std::uint32_t>(number % plan_.pairs) * plan_.stride;
}

std::string Ledger::report(bool timed_out) const {
    const Reading last = end_.taken ? end_ : read(now());
    const double messages = std::max(1.0, static_cast<double>(last.done - begin_.done));
    const double wall = static_cast<double>(last.wall - begin_.wall);
    const auto per_message = [messages](std::uint64_t later, std::uint64_t earlier) {
        return static_cast<double>(later - earlier) / messages;
    };
    char text[1024];
    std::snprintf(
        text,
        sizeof text,
        "{\"ok\":%s,\"messages\":%.0f,\"seconds\":%.6f,\"rate\":%.0f,\"cpu_us\":%.4f,"
        "\"generator_cpu_us\":%.4f,\"delivery_p50_us\":%.1f,\"delivery_p99_us\":%.1f,"
        "\"delivery_max_us\":%.1f,"
        "\"answer_p50_us\":%.1f,\"answer_p99_us\":%.1f,\"departed\":%llu,\"done\":%llu,"
        "\"errors\":%llu,\"doubles\":%llu,\"strangers\":%llu,\"out_of_order\":%llu,\"overtaken\":%"
        "llu,"
        "\"octets\":{\"sip_sent\":%.2f,\"sip_received\":%.2f,\"xmpp_sent\":%.2f,"
        "\"xmpp_received\":%.2f},\"first_complaint\":",
        !timed_out && errors_ == 0 && doubles_ == 0 && out_of_order_ == 0 ? "true" : "false",
        messages,
        wall / 1e9,
        messages * 1e9 / wall,
        per_message(last.cpu, begin_.cpu) / 1e3,
        per_message(last.own_cpu, begin_.own_cpu) / 1e3,
        static_cast<double>(delivery_.quantile(0.5)) / 1e3,
        static_cast<double>(delivery_.quantile(0.99)) / 1e3,
        static_cast<double>(delivery_.quantile(1.0)) / 1e3,
        static_cast<double>(answer_.quantile(0.5)) / 1e3,
        static_cast<double>(answer_.quantile(0.99)) / 1e3,
        static_cast<unsigned long long>(departed_),
        static_cast<unsigned long long>(done()),
        static_cast<unsigned long long>(errors_),
        static_cast<unsigned long long>(doubles_),
        static_cast<unsigned long long>(strangers_),
        static_cast<unsigned long long>(out_of_order_),
        static_cast<unsigned long long>(overtaken_),
        per_message(last.octets.sip_sent, begin_.octets.sip_sent),
        per_message(last.octets.sip_received, begin_.octets.sip_received),
        per_message(last.octets.xmpp_sent, begin_.octets.xmpp_sent),
        per_message(last.octets.xmpp_received, begin_.octets.xmpp_received));
    return text + json_text(first_complaint_) + ",\"timed_out\":" + (timed_out ? "true" : "false") +
           "}";
}

}  // namespace isthmus::bench
