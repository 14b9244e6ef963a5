// The head of a message: start line and header fields as text, folds undone, nothing interpreted.
// RFC 3261 §7.3.1. Private to the room.
#pragma once

#include "base/arena.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/parser.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace isthmus::sip {

/// The first fault of a message is the one that counts; reading goes on, for the answer needs the
/// other headers.
class Blame {
  public:
    explicit Blame(Arena& arena) : arena_(arena) {}

    void set(int status, std::string_view what) {
        if (status_ == 0) {
            status_ = status;
            what_ = what;
        }
    }

    void set_field(std::string_view name, std::string_view fault) {
        if (status_ == 0) {
            set(400, arena_.concat(name, ": ", fault));
        }
    }

    bool is_set() const { return status_ != 0; }

    int status() const { return status_; }

    std::string_view what() const { return what_; }

  private:
    Arena& arena_;
    int status_ = 0;
    std::string_view what_;
};

class HeadReader {
  public:
    HeadReader(std::string_view octets, Arena& arena, const ParseLimits& limits, Blame& blame)
        : start_(octets.data()),
          at_(octets.data()),
          end_(octets.data() + octets.size()),
          arena_(arena),
          limits_(limits),
          blame_(blame) {}

    /// Cut if it is too long (414).
    std::string_view read_start_line();
    /// Appends to `fields`; call once, after the start line.
    void read_fields(std::vector<HeaderField>& fields);

    /// How often that header was there, long and compact form together.
    std::size_t count(HeaderId id) const { return counts_[static_cast<std::size_t>(id)]; }

    /// What follows the empty line.
    std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

  private:
    bool next_line(std::string_view& line);
    void add_field(std::string_view raw, bool is_folded, std::vector<HeaderField>& fields);

    const char* start_;
    const char* at_;
    const char* end_;
    Arena& arena_;
    const ParseLimits& limits_;
    Blame& blame_;
    std::array<std::uint8_t, kHeaderIds> counts_{};
    unsigned seen_octets_ = 0;   ///< highest bit: there was an octet above 0x7F
    bool has_controls_ = false;  ///< in the line or field at hand
    bool has_line_end_ = true;   ///< of the line read last
};

/// RFC 3261 §7.3.1: a header that is no list may not be there twice.
bool is_single(HeaderId id);

}  // namespace isthmus::sip
