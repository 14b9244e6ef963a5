// The messages that came last and how each ended, for the administrator who asks afterwards: who,
// when, to whom, with which ids; never what was written. A ring: the oldest goes first. Traffic
// thread; one row a message, on the hot path.
#pragma once

#include "base/clock.h"
#include "gateway/counters.h"
#include "gateway/message_log.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::gateway {

class MessageHistory {
  public:
    static constexpr std::size_t kRows = 10'000;
    /// Of one address or id; more is cut, and a comparison with the whole name fails.
    static constexpr std::size_t kLongest = 512;
    static constexpr std::size_t kEvidence = 256;
    /// A second, of messages that neither a peer nor a partner answers for: who floods us must not
    /// wash away what is to be found here.
    static constexpr unsigned kStrangers = 10;

    /// Texts are in one string each: from, to, Call-ID, stanza id, evidence, partner, peer.
    struct Row {
        std::uint64_t id = 0;  ///< of the message log; 0: none was given
        TimePoint since{};
        TimePoint ended{};
        std::string_view code;  ///< of the table in base/codes
        std::string_view step;  ///< a literal
        std::string text;
        std::uint16_t sizes[7] = {};
        Direction direction = Direction::SipToXmpp;
        Outcome outcome = Outcome::Delivered;

        std::string_view from() const { return part(0); }

        std::string_view to() const { return part(1); }

        std::string_view call_id() const { return part(2); }

        std::string_view stanza_id() const { return part(3); }

        std::string_view evidence() const { return part(4); }

        std::string_view partner() const { return part(5); }

        std::string_view peer() const { return part(6); }

      private:
        std::string_view part(std::size_t which) const {
            std::size_t at = 0;
            for (std::size_t i = 0; i < which; ++i) {
                at += sizes[i];
            }
            return std::string_view(text).substr(at, sizes[which]);
        }
    };

    /// `report.code` and `report.step` must be texts that live as long as the process.
    void add(const MessageReport& report, Outcome outcome, TimePoint now);

    /// Rows ever added; the last has this number, the first one kept `first()`.
    std::uint64_t last() const { return added_; }

    std::uint64_t first() const { return added_ < kRows ? 1 : added_ - kRows + 1; }

    /// `number` from first() to last().
    const Row& row(std::uint64_t number) const { return rows_[(number - 1) % kRows]; }

  private:
    std::vector<Row> rows_;
    std::uint64_t added_ = 0;
    std::int64_t second_ = -1;
    unsigned strangers_ = 0;  ///< in that second
};

}  // namespace isthmus::gateway
