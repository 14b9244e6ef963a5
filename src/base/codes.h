// Every code an administrator can meet, in one table: docs/codes/ is generated from it.
#pragma once

#include <span>
#include <string_view>

namespace isthmus::codes {

struct Code {
    std::string_view id;        ///< IST-AREA-nnn
    std::string_view sentence;  ///< what happened, plainly
    std::string_view fix;       ///< what to do about it
};

/// Sorted by id.
std::span<const Code> all();
const Code* find(std::string_view id);
/// The same, but what the status means that a SIP peer has refused a message with (IST-SIP-003),
/// where `evidence` begins with it. Empty texts if there is no such code.
Code find(std::string_view id, std::string_view evidence);

}  // namespace isthmus::codes
