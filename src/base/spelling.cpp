#include "base/spelling.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace isthmus::text {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        before = std::exchange(last, row);
    }
    return last.back();
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    constexpr std::size_t kLongest = 64;  // the work grows with the square
    if (word.size() > kLongest) {
        return {};
    }
    std::string_view best;
    std::size_t least = word.size() + 1;
    for (const std::string& each : known) {
        const std::size_t distance = edit_distance(word, each);
        if (distance < least && 2 * distance < std::max(word.size(), each.size())) {
            least = distance;
            best = each;
        }
    }
    return std::string(best);
}

NearestSearch::NearestSearch(std::string_view word)
    : word_(word.substr(0, 255)), limit_(std::clamp<std::size_t>(word_.size() / 4, 1, 3)) {
    for (const char c : word_) {
        ++letters_[static_cast<unsigned char>(c)];
    }
}

void NearestSearch::offer(std::string_view known) {
    const std::size_t longer = std::max(known.size(), word_.size());
    const std::size_t shorter = std::min(known.size(), word_.size());
    if (word_.empty() || longer - shorter > limit_) {
        return;
    }
    // Letters that the other does not have must be put there: no distance is less than that.
    std::array<std::uint8_t, 256> left = letters_;
    std::size_t foreign = 0;
    for (const char c : known) {
        std::uint8_t& there = left[static_cast<unsigned char>(c)];
        foreign += there == 0 ? 1 : 0;
        there = static_cast<std::uint8_t>(there == 0 ? 0 : there - 1);
    }
    if (foreign > limit_) {
        return;
    }
    const std::size_t distance = edit_distance(word_, known);
    if (distance <= limit_ && distance != 0) {
        best_ = known;
        limit_ = distance - 1;
        if (limit_ == 0) {
            word_.clear();  // nothing can be nearer
        }
    }
}

}  // namespace isthmus::text
