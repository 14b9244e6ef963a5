// Threads that are no legal Call-ID (gap G-08): the Call-ID made from such a thread is remembered,
// so that answers from the SIP side carry the thread again. Bounded, the oldest go first.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace isthmus::gateway {

class Threads {
  public:
    explicit Threads(std::size_t limit = 20000) : limit_(limit) {}

    void remember(std::string_view call_id, std::string_view thread);
    /// Empty if unknown; good until the next remember().
    std::string_view find(std::string_view call_id) const;

  private:
    std::size_t limit_;
    std::unordered_map<std::string, std::string> threads_;
    std::deque<std::string> order_;
};

}  // namespace isthmus::gateway
