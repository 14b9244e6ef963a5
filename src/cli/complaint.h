// What the command line says when something was not done: one line what, one why, one what to do
// about it. On stderr.
#pragma once

#include <string>

namespace isthmus::cli {

struct Complaint {
    std::string what;
    std::string why;  ///< may be empty, as may `fix`
    std::string fix;
};

/// "what", "  why: ..", "  fix: ..", each on its own line; empty ones are left out.
std::string to_text(const Complaint& complaint);

}  // namespace isthmus::cli
