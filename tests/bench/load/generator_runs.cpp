// Runs of the load generator; see generator.h.
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "load/generator.h"

namespace isthmus::bench {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t longest_turn = 10'000'000;

std::vector<pid_t> processes_of(const Command& command) {
    std::vector<pid_t> processes;
    const std::string text = command.text("pids");
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        processes.push_back(std::atoi(text.substr(at, comma - at).c_str()));
        at = comma + 1;
    }
    return processes;
}

RunPlan plan_of(const Command& command) {
    RunPlan plan;
    plan.direction =
        command.text("direction", "sip") == "sip" ? Direction::SipToXmpp : Direction::XmppToSip;
    plan.warmup = command.count("warmup", 0);
    plan.count = command.count("count", 1);
    plan.window = command.count("window", plan.window);
    plan.rate = command.number("rate", 0);
    plan.pairs = static_cast<std::uint32_t>(command.count("pairs", plan.pairs));
    plan.first_pair = static_cast<std::uint32_t>(command.count("first-pair", 0));
    plan.stride = static_cast<std::uint32_t>(command.count("stride", 1));
    plan.processes = processes_of(command);
    return plan;
}

// How many of something are due at a steady rate.
class Pace {
  public:
    Pace(double rate, std::uint64_t start) : rate_(rate), start_(start) {}

    // True as often as one is due.
    bool take(std::uint64_t now) {
        if (static_cast<double>(taken_) >= rate_ * static_cast<double>(now - start_) / 1e9) {
            return false;
        }
        ++taken_;
        return true;
    }

    [[nodiscard]] std::uint64_t taken() const { return taken_; }

  private:
    double rate_;
    std::uint64_t start_;
    std::uint64_t taken_ = 0;
};

}  // namespace

bool Generator::turn_until(const std::function<bool()>& condition, double seconds) {
    const std::uint64_t end = now() + static_cast<std::uint64_t>(seconds * 1e9);
    while (!condition() && now() < end && !is_over_) {
        loop_.turn(longest_turn);
    }
    return condition();
}

void Generator::send(Kind kind, std::uint64_t now) {
    if (kind == Kind::Message || kind == Kind::Presence) {
        sip_.send(kind, now);
    } else {
        xmpp_.send(kind, now);
    }
}

void Generator::run(const Command& command) {
    RunPlan plan = plan_of(command);
    const bool is_presence = command.text("what", "message") == "presence";
    plan.is_state = is_presence;
    const Kind kind = plan.direction == Direction::SipToXmpp
                          ? (is_presence ? Kind::Presence : Kind::Message)
                          : (is_presence ? Kind::PresenceBack : Kind::MessageBack);
    ledgers_.begin(kind, plan);
    Ledger& ledger = ledgers_.current();
    const std::uint64_t start = now();
    const auto limit = static_cast<std::uint64_t>(command.number("timeout", 60) * 1e9);
    bool is_done = false;
    bool timed_out = false;
    while (!is_done && !timed_out && !is_over_) {
        loop_.turn(ledger.patience(now()));
        const std::uint64_t time = now();
        is_done = ledger.settle(time);
        timed_out = time - start > limit;
        send(kind, time);
        loop_.flush_all();
    }
    reply(ledger.report(timed_out));
}

void Generator::mix(const Command& command) {
    constexpr std::array<const char*, kinds> names{
        "message-rate", "message-rate", "presence-rate", "presence-back-rate"};
    const double seconds = command.number("seconds", 20);
    for (std::size_t i = 0; i < kinds; ++i) {
        RunPlan plan = plan_of(command);
        const bool is_from_sip = i % 2 == 0;
        plan.direction = is_from_sip ? Direction::SipToXmpp : Direction::XmppToSip;
        plan.rate = command.number(names[i], 1);
        plan.is_state = i >= 2;
        plan.count = static_cast<std::uint64_t>(plan.rate * seconds);
        plan.pairs = static_cast<std::uint32_t>(i < 2 ? std::min<std::uint64_t>(1000, plan.pairs)
                                                      : plan.pairs);
        ledgers_.begin(static_cast<Kind>(i), plan);
    }
    const auto first_new = static_cast<std::uint32_t>(command.count("first-new", 0));
    const std::vector<pid_t> processes = processes_of(command);
    const std::uint64_t start = now();
    const std::uint64_t cpu = cpu_time(processes);
    const std::uint64_t answered = sip_.watches().answered();
    const std::uint64_t refreshes = sip_.watches().refreshes();
    Pace subscribes(command.number("subscribe-rate", 0), start);
    Pace typing(command.number("typing-rate", 0), start);
    const auto typing_pairs =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(1000, command.count("pairs", 1000)));
    const auto end = start + static_cast<std::uint64_t>(seconds * 1e9);
    std::uint64_t time = start;
    while (time < end && !is_over_) {
        loop_.turn(1'000'000);
        time = now();
        for (std::size_t i = 0; i < kinds; ++i) {
            const Kind kind = static_cast<Kind>(i);
            ledgers_.of(kind).settle(time);
            send(kind, time);
        }
        while (subscribes.take(time)) {
            sip_.send_subscribe(first_new + static_cast<std::uint32_t>(subscribes.taken() - 1));
        }
        while (typing.take(time)) {  // by turns one way and the other
            const auto turn = static_cast<std::uint32_t>(typing.taken());
            const std::uint32_t pair = turn / 2 % typing_pairs;
            if (turn % 2 == 0) {
                sip_.send_typing(pair);
            } else {
                xmpp_.send_typing(pair);
            }
        }
        loop_.flush_all();
    }
    const std::uint64_t wall = time - start;
    const std::uint64_t used = cpu_time(processes) - cpu;
    const bool is_done = turn_until(
        [this, &subscribes, answered] {
            bool is_settled = sip_.watches().answered() - answered >= subscribes.taken();
            for (std::size_t i = 0; i < kinds; ++i) {
                is_settled = ledgers_.of(static_cast<Kind>(i)).settle(now()) && is_settled;
            }
            return is_settled;
        },
        10);
    char text[320];
    std::snprintf(text,
                  sizeof text,
                  "{\"ok\":%s,\"seconds\":%.3f,\"core_percent\":%.3f,\"subscribed\":%llu,"
                  "\"typed\":%llu,\"refreshes\":%llu,\"parts\":[",
                  is_done ? "true" : "false",
                  static_cast<double>(wall) / 1e9,
                  100.0 * static_cast<double>(used) / static_cast<double>(wall),
                  static_cast<unsigned long long>(subscribes.taken()),
                  static_cast<unsigned long long>(typing.taken()),
                  static_cast<unsigned long long>(sip_.watches().refreshes() - refreshes));
    std::string json = text;
    for (std::size_t i = 0; i < kinds; ++i) {
        json += (i == 0 ? "" : ",") + ledgers_.of(static_cast<Kind>(i)).report(!is_done);
    }
    reply(json + "]}");
}

void Generator::watch(const Command& command) {
    const auto first = static_cast<std::uint32_t>(command.count("first-pair", 0));
    const std::uint64_t count = command.count("count", 1);
    const std::uint64_t window = command.count("window", 500);
    ledgers_.begin(Kind::PresenceBack, RunPlan{});
    Watches& watches = sip_.watches();
    const std::uint64_t asked = watches.asked();
    const std::uint64_t answered = watches.answered();
    const bool is_done = turn_until(
        [&] {
            for (std::uint64_t sent = watches.asked() - asked;
                 sent < count && sent < watches.answered() - answered + window;
                 ++sent) {
                sip_.send_subscribe(first + static_cast<std::uint32_t>(sent));
            }
            loop_.flush_all();
            return watches.answered() - answered >= count;
        },
        command.number("timeout", 60));
    reply(ledgers_.current().report(!is_done));
}

void Generator::ask(const Command& command) {
    const auto first = static_cast<std::uint32_t>(command.count("first-pair", 0));
    const std::uint64_t count = command.count("count", 1);
    ledgers_.begin(Kind::Presence, RunPlan{});
    const std::uint64_t granted = xmpp_.granted();
    const std::uint64_t wanted = command.count("granted", count);
    Pace pace(command.number("rate", 1000), now());
    const bool is_done = turn_until(
        [&] {
            while (pace.taken() < count && pace.take(now())) {
                xmpp_.send_subscribe(first + static_cast<std::uint32_t>(pace.taken() - 1));
            }
            loop_.flush_all();
            return pace.taken() >= count && xmpp_.granted() - granted >= wanted;
        },
        command.number("timeout", 60));
    reply(ledgers_.current().report(!is_done));
}

void Generator::open_sessions(const Command& command) {
    const std::uint64_t count = command.count("count", 1);
    for (std::uint32_t pair = 0; pair < count; ++pair) {
        sip_.send_invite(pair);
    }
    loop_.flush_all();
    await([this, count] { return sip_.sessions().open() >= count; }, command.number("timeout", 30));
}

void Generator::count_refreshes(const Command& command) {
    const auto window = static_cast<std::uint64_t>(command.number("window", 1) * 1e9);
    const std::uint64_t windows = command.count("windows", 60);
    std::string counts;
    std::uint64_t end = now();
    for (std::uint64_t i = 0; i < windows && !is_over_; ++i) {
        const std::uint64_t before = sip_.watches().refreshes();
        end += window;
        turn_until([end] { return now() >= end; }, static_cast<double>(window) / second + 1);
        counts += (i == 0 ? "" : ",") + std::to_string(sip_.watches().refreshes() - before);
    }
    reply("{\"ok\":true,\"counts\":[" + counts + "]}");
}

}  // namespace isthmus::bench
