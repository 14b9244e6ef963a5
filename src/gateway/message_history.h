// The messages that came last and how each ended, for the administrator who asks afterwards: who,
// when, to whom, with which ids; never what was written. A ring of octets: the oldest goes first.
// Traffic thread; one row a message, on the hot path, so a row is one piece of memory behind the
// last one.
#pragma once

#include "base/clock.h"
#include "gateway/counters.h"
#include "gateway/message_log.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

class MessageHistory {
  public:
    static constexpr std::size_t kRows = 8192;
    static constexpr std::size_t kOctets = 4UL << 20U;
    /// Of one address or id; more is cut, and a comparison with the whole name fails.
    static constexpr std::size_t kLongest = 512;
    static constexpr std::size_t kEvidence = 256;
    /// A second, of messages that neither a peer nor a partner answers for: who floods us must not
    /// wash away what is to be found here.
    static constexpr unsigned kStrangers = 10;

    /// Views into the ring, until the next add().
    struct Row {
        std::uint64_t id = 0;  ///< of the message log; 0: none was given
        TimePoint since{};
        TimePoint ended{};
        bool is_settled = true;  ///< false: it says nothing, look at the others
        Direction direction = Direction::SipToXmpp;
        Outcome outcome = Outcome::Delivered;
        std::string_view code;
        std::string_view step;
        std::string_view from;
        std::string_view to;
        std::string_view call_id;
        std::string_view stanza_id;
        std::string_view evidence;
        std::string_view partner;  ///< empty: as the addresses say
        std::string_view peer;     ///< likewise
    };

    MessageHistory();

    /// A message that got through: nothing but who and which.
    void add_delivered(const MessageReport& report, TimePoint now);

    /// The same for one that is under way, whose names are at hand now and not later; its number is
    /// for one of the two below.
    std::uint64_t add_open(const MessageReport& report);
    /// It got through.
    void settle(std::uint64_t number, TimePoint now);
    /// It did not: add() tells of it.
    void drop(std::uint64_t number);

    void add(const MessageReport& report, Outcome outcome, TimePoint now);

    /// Rows ever added; the last has this number, the first one kept `first()`.
    std::uint64_t last() const { return last_; }

    std::uint64_t first() const { return first_; }

    /// `number` from first() to last().
    Row row(std::uint64_t number) const;

  private:
    struct Head;

    void set_standing(std::uint64_t number, std::uint8_t standing, TimePoint now);
    template <std::size_t Count>
    void put(Head& head, const std::array<std::string_view, Count>& parts);
    char* make_room(std::size_t size);

    std::unique_ptr<char[]> ring_;
    std::vector<std::uint32_t> places_;  ///< of rows in the ring, by number
    std::size_t at_ = 0;                 ///< of the next row
    std::uint64_t first_ = 1;
    std::uint64_t last_ = 0;
    std::int64_t second_ = -1;
    unsigned strangers_ = 0;  ///< in that second
};

}  // namespace isthmus::gateway
