// What a SIP system's refusal of a message means, by its status code, and what to do about it: for
// the administrator. docs/codes/IST-SIP-003.md lists the table, too (tools/code_pages).
#pragma once

#include <span>
#include <string_view>

namespace isthmus::codes {

struct SipAnswer {
    unsigned status = 0;        ///< RFC 3261 §21
    std::string_view sentence;  ///< names it
    std::string_view fix;
};

/// Sorted by status.
std::span<const SipAnswer> sip_answers();
/// Of the status that `evidence` begins with; null if it begins with none, or with another.
const SipAnswer* sip_answer_of(std::string_view evidence);

}  // namespace isthmus::codes
