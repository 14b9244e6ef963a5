// Files that a command reads.
#pragma once

#include <cstdint>
#include <string>

namespace isthmus::cli {

/// All of it; "-" is the standard input. Throws NotUsable, with `fix`, if it cannot be read or has
/// more than `most` octets.
std::string read_input(const std::string& path, std::uintmax_t most, const char* fix);

}  // namespace isthmus::cli
