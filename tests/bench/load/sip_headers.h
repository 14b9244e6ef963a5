// The header lines which an answer repeats or a dialog remembers, without their line ends.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace isthmus::bench {

struct SipHeaders {
    std::array<std::string_view, 8> vias;
    std::size_t via_count = 0;
    std::string_view from, to, call_id, cseq, contact;
    std::size_t content_length = 0;
    std::size_t expires = 3600;

    void take(std::string_view line);

    // ";branch=z9hG4bK" of our own Via, and what follows.
    [[nodiscard]] std::string_view branch() const;
    [[nodiscard]] std::string_view method() const;  // CSeq's
};

// What stands behind the colon.
std::string_view value_of(std::string_view line);

// The URI between the angle brackets.
std::string_view uri_of(std::string_view line);

// The value of ";tag=", empty if there is none.
std::string_view tag_of(std::string_view line);

}  // namespace isthmus::bench
