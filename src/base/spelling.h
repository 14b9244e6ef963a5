// What somebody may have meant: the known word that is nearest to a misspelt one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::text {

/// Insertions, deletions and substitutions of octets that lead from one to the other, and swaps of
/// neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word at the least distance, the first of several; empty if there is none that shares
/// more than half of its octets.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace isthmus::text
