// What somebody may have meant: the known word that is nearest to a misspelt one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

/// The nearest of very many: most of them cost one look at their letters.
class NearestSearch {
  public:
    /// What is further away than a quarter of the word, or than three octets, is not near.
    explicit NearestSearch(std::string_view word);

    void offer(std::string_view known);

    /// Empty if nothing was near.
    const std::string& best() const { return best_; }

  private:
    std::string word_;
    std::array<std::uint8_t, 256> letters_{};  ///< how often each octet is in the word
    std::size_t limit_ = 0;                    ///< what is further away cannot become the best
    std::string best_;
};

}  // namespace isthmus::text
