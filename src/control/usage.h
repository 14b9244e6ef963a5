// What partners and blocks were used for since the start, for the lists of them; the traffic thread
// counts it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::control {

/// Names as the policy holds them.
struct UsageQuestion {
    std::vector<std::string> partners;
    std::vector<std::string> blocks;
};

/// In the order of the question.
struct Usage {
    std::vector<double> last_message_at;    ///< that got through, seconds since 1970; 0: none yet
    std::vector<std::uint64_t> block_hits;  ///< messages, subscriptions and streams refused
};

/// Asks the traffic thread; nothing if it did not answer within two seconds.
using ReadUsage = std::function<std::optional<Usage>(UsageQuestion question)>;

}  // namespace isthmus::control
