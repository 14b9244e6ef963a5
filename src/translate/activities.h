// What somebody is doing, in the names of RPID (RFC 4480 §3.2) and in those of the Lync family, and
// the show that is nearest to it. Ours: RFC 8048 leaves RPID out (gap G-16).
#pragma once

#include <string_view>

namespace isthmus::translate {

struct Activity {
    std::string_view name;
    std::string_view show;
    std::string_view said;  ///< what show cannot express, in English; may be empty
};

/// In any case of letters; null if it means nothing here.
const Activity* find_activity(std::string_view name);

/// Whether `text` is what one of them says.
bool is_said_of_activity(std::string_view text);

}  // namespace isthmus::translate
