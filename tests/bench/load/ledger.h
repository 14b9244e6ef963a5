// The book of one run: which messages left, which were answered, which arrived, and when.
// A message carries its sequence number in the body, the Call-ID and the stanza id; a message
// counts as done once it arrived and, from SIP, was answered. Each is expected exactly once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/clocks.h"
#include "load/histogram.h"

namespace isthmus::bench {

enum class Direction { SipToXmpp, XmppToSip };

// What a run counts. The first hexadecimal digit of a number is its kind.
enum class Kind : std::uint8_t { Message, MessageBack, Presence, PresenceBack, Uncounted };

inline constexpr std::size_t kinds = 4;
inline constexpr unsigned kind_shift = 60;

inline Kind kind_of(std::uint64_t number) {
    const auto kind = static_cast<std::uint8_t>(number >> kind_shift);
    return kind < kinds ? static_cast<Kind>(kind) : Kind::Uncounted;
}

struct RunPlan {
    Direction direction = Direction::SipToXmpp;
    std::uint64_t warmup = 0;  // messages before the measured ones
    std::uint64_t count = 0;   // measured messages
    std::uint64_t window = 1000;
    double rate = 0;  // messages/s of an open loop; 0 = as fast as the window lets
    std::uint32_t pairs = 1000;
    std::uint32_t first_pair = 0;
    std::uint32_t stride = 1;      // between the users of neighbouring pairs
    bool is_state = false;         // what arrives tells what was sent before in its pair, too
    std::vector<pid_t> processes;  // under test
};

struct Octets {
    std::uint64_t sip_sent = 0, sip_received = 0, xmpp_sent = 0, xmpp_received = 0;
};

class Ledger {
  public:
    explicit Ledger(Kind kind)
        : next_((std::uint64_t{static_cast<std::uint8_t>(kind)} << kind_shift) + 1) {}

    void begin(const RunPlan& plan);

    // How many messages may leave now.
    [[nodiscard]] std::uint64_t allowance(std::uint64_t now) const;

    // How long to wait, if nothing happens, before asking again (nanoseconds).
    [[nodiscard]] std::uint64_t patience(std::uint64_t now) const;

    // The next message leaves; its number. `open loop` latency counts from when it was due, so a
    // stall of ours or theirs shows in every message it delayed.
    std::uint64_t depart(std::uint64_t now);

    void answered(std::uint64_t number,
                  unsigned status,
                  std::string_view message,
                  std::uint64_t now);
    void arrived(std::uint64_t number, std::uint64_t now);
    void refused(std::string_view text);  // an error stanza

    // As answered() and arrived() for a peer which sends octets without meaning.
    void answered_in_bulk(std::uint64_t messages);
    void arrived_in_bulk(std::uint64_t messages, std::uint64_t now);

    // Takes the readings at the two ends of the measured part. True when the run is over.
    bool settle(std::uint64_t now);

    [[nodiscard]] std::uint32_t pair_of(std::uint64_t number) const;
    [[nodiscard]] std::string report(bool timed_out) const;

    [[nodiscard]] const RunPlan& plan() const { return plan_; }

    [[nodiscard]] std::uint64_t departed() const { return departed_; }

    [[nodiscard]] std::uint64_t done() const;

    Octets octets;

  private:
    struct Entry {
        std::uint64_t number = 0;
        std::uint64_t since = 0;
        bool answered = false;
        bool arrived = false;
    };

    struct Reading {
        std::uint64_t wall = 0, cpu = 0, own_cpu = 0, done = 0;
        Octets octets;
        bool taken = false;
    };

    [[nodiscard]] std::uint64_t total() const;
    [[nodiscard]] std::uint64_t due_at(std::uint64_t message) const;
    Entry* find(std::uint64_t number);
    void overtake(std::uint64_t number, std::uint64_t now);
    Reading read(std::uint64_t now) const;
    void complain(std::string_view text);

    RunPlan plan_;
    std::vector<Entry> entries_;  // a ring, by number
    std::vector<std::uint64_t> last_of_pair_;
    std::uint64_t first_ = 0;  // number of the run's first message
    std::uint64_t next_;       // numbers are never used twice in a process
    std::uint64_t start_ = 0;
    std::uint64_t departed_ = 0, answered_ = 0, arrived_ = 0;
    std::uint64_t errors_ = 0, strangers_ = 0, doubles_ = 0, out_of_order_ = 0;
    std::uint64_t overtaken_ = 0;
    bool measuring_ = false;
    Reading begin_, end_;
    Histogram delivery_, answer_;
    std::string first_complaint_;
};

// The books of what may run at the same time.
class Ledgers {
  public:
    Ledger& of(Kind kind) { return ledgers_[static_cast<std::size_t>(kind)]; }

    // Null for a number that nobody counts.
    Ledger* of(std::uint64_t number) {
        const Kind kind = kind_of(number);
        return kind == Kind::Uncounted ? nullptr : &of(kind);
    }

    // The one which counts what has no number: octets, errors.
    Ledger& current() { return *current_; }

    void begin(Kind kind, const RunPlan& plan) {
        current_ = &of(kind);
        current_->begin(plan);
    }

  private:
    std::array<Ledger, kinds> ledgers_{Ledger(Kind::Message),
                                       Ledger(Kind::MessageBack),
                                       Ledger(Kind::Presence),
                                       Ledger(Kind::PresenceBack)};
    Ledger* current_ = ledgers_.data();
};

}  // namespace isthmus::bench
